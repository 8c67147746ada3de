-- Conversions and dates as T-SQL does them; the same rules as cinchy-cql's `convert` and `functions/dates.rs`, which
-- SQLite runs. `attempt`: what does not convert is NULL, as TRY_CAST gives it. Texts after `cql: ` are for the caller.

CREATE FUNCTION cql_raise(message text) RETURNS text LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    RAISE EXCEPTION 'cql: %', message;
END
$body$;

-- Numbers

-- a / b, digits beyond the scale cut.
CREATE FUNCTION cql_divide(a numeric, b numeric, scale integer) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT AS $body$
    SELECT div(a * ('1e' || scale)::numeric, b) * ('1e-' || scale)::numeric
$body$;

CREATE FUNCTION cql_integer(value numeric, kind text, attempt boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    whole numeric := trunc(value);
    low numeric;
    high numeric;
BEGIN
    low := CASE kind WHEN 'tinyint' THEN 0 WHEN 'smallint' THEN -32768 WHEN 'int' THEN -2147483648
        ELSE -9223372036854775808 END;
    high := CASE kind WHEN 'tinyint' THEN 255 WHEN 'smallint' THEN 32767 WHEN 'int' THEN 2147483647
        ELSE 9223372036854775807 END;
    IF whole BETWEEN low AND high THEN
        RETURN whole::bigint;
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Arithmetic overflow error converting expression to data type %.', kind;
END
$body$;

CREATE FUNCTION cql_integer(value double precision, kind text, attempt boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF abs(value) < 9223372036854775808 THEN
        -- In two parts: a double becomes a numeric of 15 digits only.
        IF abs(value) < 1000000000000000 THEN
            RETURN cql_integer(trunc(value)::numeric, kind, attempt);
        END IF;
        RETURN cql_integer(trunc(value)::bigint::numeric, kind, attempt);
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Arithmetic overflow error converting expression to data type %.', kind;
END
$body$;

CREATE FUNCTION cql_integer(value text, kind text, attempt boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
BEGIN
    IF plain = '' THEN
        RETURN 0;
    ELSIF plain ~ '^[+-]?[0-9]+$' THEN
        RETURN cql_integer(plain::numeric, kind, attempt);
    ELSIF attempt THEN
        RETURN NULL;
    ELSIF kind = 'bigint' THEN
        RAISE EXCEPTION 'cql: Error converting data type varchar to bigint.';
    END IF;
    RAISE EXCEPTION 'cql: Conversion failed when converting the varchar value ''%'' to data type %.', value, kind;
END
$body$;

-- The number with so many digits, halves away from zero.
CREATE FUNCTION cql_exact(value numeric, digits integer, scale integer, source text, target text, attempt boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    rounded numeric := round(value, scale);
BEGIN
    IF abs(rounded) < 10::numeric ^ (digits - scale) THEN
        RETURN rounded;
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Arithmetic overflow error converting % to data type %.', source, target;
END
$body$;

CREATE FUNCTION cql_numeric(value text, attempt boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
BEGIN
    IF plain ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' AND length(plain) <= 100 THEN
        RETURN plain::numeric;
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Error converting data type varchar to numeric.';
END
$body$;

CREATE FUNCTION cql_money(value text, attempt boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := replace(btrim(value, E' \t\n\r\f\x0b'), ',', '');
BEGIN
    IF left(plain, 1) = '-' THEN
        plain := '-' || ltrim(substr(plain, 2), '$');
    ELSE
        plain := ltrim(plain, '$');
    END IF;
    IF plain = '' THEN
        RETURN 0;
    ELSIF plain ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' AND length(plain) <= 100 THEN
        RETURN plain::numeric;
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Cannot convert a char value to money. The char value has incorrect syntax.';
END
$body$;

CREATE FUNCTION cql_float(value text, attempt boolean) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
BEGIN
    IF plain = '' THEN
        RETURN 0;
    ELSIF plain ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$' THEN
        BEGIN
            RETURN plain::double precision;
        EXCEPTION WHEN numeric_value_out_of_range THEN
            NULL;
        END;
    END IF;
    IF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Error converting data type varchar to float.';
END
$body$;

CREATE FUNCTION cql_bit(value text, attempt boolean) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := lower(btrim(value, E' \t\n\r\f\x0b'));
BEGIN
    IF plain IN ('yes', 'true') THEN
        RETURN TRUE;
    ELSIF plain IN ('no', 'false', '') THEN
        RETURN FALSE;
    ELSIF plain ~ '^[+-]?[0-9]{1,18}$' THEN
        RETURN plain::bigint <> 0;
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Conversion failed when converting the varchar value ''%'' to data type bit.', value;
END
$body$;

-- Six digits, as C prints %g, the exponent with three.
CREATE FUNCTION cql_float_text(value double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    exact numeric := abs(value)::numeric;
    power integer;
    rounded numeric;
    digits text;
BEGIN
    IF value = 0 THEN
        RETURN '0';
    END IF;
    -- The power of ten of the first digit.
    power := floor(log(exact))::integer;
    IF exact >= 10::numeric ^ (power + 1) THEN
        power := power + 1;
    ELSIF exact < 10::numeric ^ power THEN
        power := power - 1;
    END IF;
    rounded := round(exact, 5 - power);
    IF rounded >= 10::numeric ^ (power + 1) THEN
        power := power + 1;
    END IF;
    IF power >= -4 AND power < 6 THEN
        RETURN CASE WHEN value < 0 THEN '-' ELSE '' END || trim_scale(rounded)::text;
    END IF;
    digits := rtrim(ltrim(replace(rounded::text, '.', ''), '0'), '0');
    RETURN CASE WHEN value < 0 THEN '-' ELSE '' END || left(digits, 1)
        || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
        || 'e' || CASE WHEN power < 0 THEN '-' ELSE '+' END || lpad(abs(power)::text, 3, '0');
END
$body$;

CREATE FUNCTION cql_money_text(value numeric, style integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    text_of text := round(value, CASE WHEN style IN (2, 126) THEN 4 ELSE 2 END)::text;
BEGIN
    IF style = 1 THEN
        RETURN regexp_replace(split_part(text_of, '.', 1), '([0-9])(?=([0-9]{3})+$)', '\1,', 'g')
            || '.' || split_part(text_of, '.', 2);
    END IF;
    RETURN text_of;
END
$body$;

-- Texts

CREATE FUNCTION cql_fit(value text, size integer, manner text, fill integer, attempt integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    fitted text := value;
BEGIN
    IF length(value) > size THEN
        IF manner = 'text' THEN
            fitted := left(value, size);
        ELSIF manner = 'star' THEN
            fitted := '*';
        ELSIF attempt <> 0 THEN
            RETURN NULL;
        ELSE
            RAISE EXCEPTION 'cql: Arithmetic overflow error converting % to data type varchar.',
                CASE manner WHEN 'int' THEN 'expression' WHEN 'money' THEN 'money' WHEN 'float' THEN 'float'
                ELSE 'numeric' END;
        END IF;
    END IF;
    IF fill <> 0 THEN
        fitted := rpad(fitted, greatest(size, length(fitted)));
    END IF;
    RETURN fitted;
END
$body$;

CREATE FUNCTION cql_guid(value text, attempt integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    bare text := left(rtrim(ltrim(btrim(value), '{'), '}'), 36);
BEGIN
    IF bare ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN upper(bare);
    ELSIF attempt <> 0 THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Conversion failed when converting from a character string to uniqueidentifier.';
END
$body$;

-- Reading dates

CREATE FUNCTION cql_year(digits text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN length(digits) = 4 THEN digits::integer
        WHEN length(digits) > 2 THEN NULL
        WHEN digits::integer < 50 THEN 2000 + digits::integer
        ELSE 1900 + digits::integer
    END
$body$;

CREATE FUNCTION cql_date(y integer, m integer, d integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN y BETWEEN 1 AND 9999 AND m BETWEEN 1 AND 12 AND d >= 1
            AND d <= extract(day FROM make_date(y, m, 1) + interval '1 month' - interval '1 day')
        THEN make_date(y, m, d)
    END
$body$;

CREATE FUNCTION cql_month(word text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT coalesce(
        array_position(ARRAY['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
            lower(word)),
        array_position(ARRAY['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september',
            'october', 'november', 'december'], lower(word)))
$body$;

-- A text as a date: the local moment and minutes east of UTC. NULL when it is none.
CREATE FUNCTION cql_read(value text, style integer, OUT moment timestamp, OUT zone integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
    m text[];
    day_part date;
    rest text;
    hours integer;
    minutes integer;
    fraction text;
    year_part integer;
BEGIN
    IF length(plain) > 64 OR octet_length(plain) <> length(plain) OR plain = '' THEN
        RETURN;
    END IF;
    m := regexp_match(plain, '^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[Tt](.*)|( .*))?$');
    IF m IS NOT NULL THEN
        day_part := cql_date(m[1]::integer, m[2]::integer, m[3]::integer);
        rest := coalesce(m[4], m[5], '');
    END IF;
    IF day_part IS NULL THEN
        m := regexp_match(plain, '^([0-9]{4}|[0-9]{6}|[0-9]{8})( .*)?$');
        IF m IS NOT NULL THEN
            day_part := CASE length(m[1])
                WHEN 8 THEN cql_date(left(m[1], 4)::integer, substr(m[1], 5, 2)::integer, right(m[1], 2)::integer)
                WHEN 6 THEN cql_date(cql_year(left(m[1], 2)), substr(m[1], 3, 2)::integer, right(m[1], 2)::integer)
                ELSE CASE WHEN m[2] IS NULL THEN cql_date(m[1]::integer, 1, 1) END
            END;
            rest := coalesce(m[2], '');
        END IF;
    END IF;
    IF day_part IS NULL THEN
        m := regexp_match(plain, '^([0-9]{1,2})[ ,-]*([A-Za-z]+)[ ,-]+([0-9]{1,4})( .*)?$');
        IF m IS NULL THEN
            m := regexp_match(plain, '^([A-Za-z]+)[ ,-]*([0-9]{1,2})[ ,-]+([0-9]{1,4})( .*)?$');
            IF m IS NOT NULL THEN
                m := ARRAY[m[2], m[1], m[3], m[4]];
            END IF;
        END IF;
        IF m IS NOT NULL THEN
            day_part := cql_date(cql_year(m[3]), cql_month(m[2]), m[1]::integer);
            rest := coalesce(m[4], '');
        END IF;
    END IF;
    IF day_part IS NULL THEN
        m := regexp_match(plain, '^([0-9]{1,2})([-/.])([0-9]{1,2})([-/.])([0-9]{1,4})( .*)?$');
        IF m IS NOT NULL AND m[2] = m[4] THEN
            year_part := cql_year(m[5]);
            day_part := CASE
                WHEN year_part IS NULL THEN NULL
                WHEN style IN (3, 4, 5, 103, 104, 105) THEN cql_date(year_part, m[3]::integer, m[1]::integer)
                WHEN style IN (2, 11, 102, 111) THEN cql_date(cql_year(m[1]), m[3]::integer, year_part % 100)
                ELSE cql_date(year_part, m[1]::integer, m[3]::integer)
            END;
            rest := coalesce(m[6], '');
        END IF;
    END IF;
    IF day_part IS NULL THEN
        day_part := DATE '1900-01-01';
        rest := plain;
    ELSE
        rest := btrim(rest, E' \t\n\r\f\x0b');
        IF rest = '' THEN
            moment := day_part::timestamp;
            RETURN;
        END IF;
    END IF;
    m := regexp_match(rest, '^([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})(?:([.:])([0-9]{1,9}))?)?)?\s*([AaPp][Mm])?\s*([zZ]|[+-][0-9]{1,2}:[0-9]{2})?$');
    IF m IS NULL THEN
        RETURN;
    END IF;
    hours := m[1]::integer;
    IF m[6] IS NOT NULL THEN
        IF hours NOT BETWEEN 1 AND 12 THEN
            RETURN;
        END IF;
        hours := hours % 12 + CASE WHEN lower(m[6]) = 'pm' THEN 12 ELSE 0 END;
    ELSIF m[2] IS NULL THEN
        RETURN;
    END IF;
    IF hours > 23 OR coalesce(m[2]::integer, 0) > 59 OR coalesce(m[3]::integer, 0) > 59 THEN
        RETURN;
    END IF;
    IF m[7] IS NOT NULL THEN
        IF lower(m[7]) = 'z' THEN
            minutes := 0;
        ELSE
            -- The hours are all digits but the last two.
            minutes := left(regexp_replace(m[7], '[^0-9]', '', 'g'), -2)::integer * 60 + right(m[7], 2)::integer;
            IF minutes > 840 OR right(m[7], 2)::integer > 59 THEN
                RETURN;
            END IF;
            IF left(m[7], 1) = '-' THEN
                minutes := -minutes;
            END IF;
        END IF;
    END IF;
    fraction := coalesce(m[5], '');
    IF m[4] = ':' AND length(fraction) < 3 THEN
        fraction := lpad(fraction, 3, '0');
    END IF;
    fraction := left(rpad(fraction, 6, '0'), 6);
    moment := day_part::timestamp + make_interval(hours => hours, mins => coalesce(m[2]::integer, 0),
        secs => coalesce(m[3]::integer, 0)) + fraction::integer * interval '1 microsecond';
    zone := minutes;
END
$body$;

-- To 1/300 of a second, as milliseconds that end in 0, 3 or 7.
CREATE FUNCTION cql_legacy(value timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT date_trunc('second', value)
        + ((((extract(microseconds FROM value)::bigint % 1000000) * 1000 * 3 + 5000000) / 10000000 * 10 + 1) / 3)
        * interval '1 millisecond'
$body$;

CREATE FUNCTION cql_legacy(value timestamp, attempt boolean) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF extract(year FROM cql_legacy(value)) BETWEEN 1753 AND 9999 THEN
        RETURN cql_legacy(value);
    ELSIF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: The conversion of a datetime2 data type to a datetime data type resulted in an out-of-range value.';
END
$body$;

-- `kind`: `column` (an offset is turned into UTC, nothing is rounded), `datetime`, or another type of date.
CREATE FUNCTION cql_moment(value text, kind text, style integer, attempt boolean) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
    found record;
    utc timestamp;
BEGIN
    IF plain = '' THEN
        RETURN TIMESTAMP '1900-01-01';
    END IF;
    SELECT * INTO found FROM cql_read(plain, style);
    IF found.moment IS NOT NULL THEN
        IF kind = 'column' THEN
            utc := found.moment - coalesce(found.zone, 0) * interval '1 minute';
            IF utc >= TIMESTAMP '0001-01-01' AND utc < TIMESTAMP '9999-12-31' + interval '1 day' THEN
                RETURN utc;
            END IF;
        ELSIF kind <> 'datetime' THEN
            RETURN found.moment;
        ELSIF coalesce(found.zone, 0) = 0 THEN
            IF extract(year FROM cql_legacy(found.moment)) BETWEEN 1753 AND 9999 THEN
                RETURN cql_legacy(found.moment);
            ELSIF attempt THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'cql: The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.';
        END IF;
    END IF;
    IF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Conversion failed when converting date and/or time from character string.';
END
$body$;

CREATE FUNCTION cql_isdate(value text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
BEGIN
    IF coalesce(plain, '') = '' THEN
        RETURN 0;
    ELSIF position(':' IN plain) > 0 AND reverse(split_part(reverse(plain), '.', 1)) ~ '^[0-9]{4}'
        AND position('.' IN plain) > 0 THEN
        RETURN 0;
    END IF;
    RETURN (cql_moment(plain, 'datetime', 0, TRUE) IS NOT NULL)::integer;
END
$body$;

-- Dates and numbers

CREATE FUNCTION cql_days(value timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT (extract(epoch FROM value - TIMESTAMP '1900-01-01') * 1000000)::double precision / 86400000000
$body$;

CREATE FUNCTION cql_whole_days(value timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT floor(cql_days(value) + 0.5)
$body$;

CREATE FUNCTION cql_plus_days(value timestamp, days double precision) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    moved timestamp;
BEGIN
    IF abs(days) < 4000000 THEN
        moved := value + floor(days * 86400000000 + 0.5) * interval '1 microsecond';
        IF extract(year FROM moved) BETWEEN 1753 AND 9999 THEN
            RETURN moved;
        END IF;
    END IF;
    RAISE EXCEPTION 'cql: Arithmetic overflow error converting expression to data type datetime.';
END
$body$;

CREATE FUNCTION cql_minus_days(value timestamp, days double precision) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT cql_plus_days(value, -days)
$body$;

CREATE FUNCTION cql_of_days(days double precision, attempt boolean) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    moved timestamp;
BEGIN
    IF abs(days) < 4000000 THEN
        moved := cql_legacy(TIMESTAMP '1900-01-01' + (sign(days) * floor(abs(days) * 86400000000 + 0.5)) * interval '1 microsecond');
        IF extract(year FROM moved) BETWEEN 1753 AND 9999 THEN
            RETURN moved;
        END IF;
    END IF;
    IF attempt THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'cql: Arithmetic overflow error converting expression to data type datetime.';
END
$body$;

CREATE FUNCTION cql_whole_minute(value timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT date_trunc('minute', value) + CASE
        WHEN extract(microseconds FROM value)::bigint / 1000 > 29998 THEN interval '1 minute'
        ELSE interval '0'
    END
$body$;

-- Parts. `kind` is the type of the result in words.

CREATE FUNCTION cql_dateadd(kind text, part text, number integer, value timestamp) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    moved timestamp;
    least_year integer := CASE kind WHEN 'datetime' THEN 1753 ELSE 1 END;
BEGIN
    BEGIN
        moved := CASE part
            WHEN 'year' THEN value + make_interval(months => number * 12)
            WHEN 'quarter' THEN value + make_interval(months => number * 3)
            WHEN 'month' THEN value + make_interval(months => number)
            WHEN 'week' THEN value + make_interval(days => number * 7)
            WHEN 'hour' THEN value + number * interval '1 hour'
            WHEN 'minute' THEN value + number * interval '1 minute'
            WHEN 'second' THEN value + number * interval '1 second'
            WHEN 'millisecond' THEN value + number * interval '1 millisecond'
            WHEN 'microsecond' THEN value + number * interval '1 microsecond'
            WHEN 'nanosecond' THEN value
                + floor(floor((number + 50)::numeric / 100) / 10)::double precision * interval '1 microsecond'
            ELSE value + make_interval(days => number)
        END;
    EXCEPTION WHEN numeric_value_out_of_range OR datetime_field_overflow OR interval_field_overflow THEN
        moved := NULL;
    END;
    IF moved IS NULL OR extract(year FROM moved) NOT BETWEEN least_year AND 9999 THEN
        RAISE EXCEPTION 'cql: Adding a value to a ''%'' column caused an overflow.', kind;
    ELSIF kind = 'datetime' AND part = 'millisecond' THEN
        RETURN cql_legacy(moved);
    END IF;
    RETURN moved;
END
$body$;

CREATE FUNCTION cql_datediff(kind text, part text, start timestamp, finish timestamp) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    unit bigint;
    years integer := extract(year FROM finish)::integer - extract(year FROM start)::integer;
    start_micros numeric;
    finish_micros numeric;
    count numeric;
BEGIN
    count := CASE part
        WHEN 'year' THEN years
        WHEN 'quarter' THEN years * 4 + extract(quarter FROM finish)::integer - extract(quarter FROM start)::integer
        WHEN 'month' THEN years * 12 + extract(month FROM finish)::integer - extract(month FROM start)::integer
    END;
    IF count IS NULL THEN
        unit := CASE part
            WHEN 'week' THEN 604800000000
            WHEN 'hour' THEN 3600000000
            WHEN 'minute' THEN 60000000
            WHEN 'second' THEN 1000000
            WHEN 'millisecond' THEN 1000
            WHEN 'microsecond' THEN 1
            WHEN 'nanosecond' THEN 1
            ELSE 86400000000
        END;
        -- From a Sunday before all dates, since weeks begin with Sunday.
        start_micros := extract(epoch FROM start - TIMESTAMP '0001-01-07') * 1000000 + 604800000000;
        finish_micros := extract(epoch FROM finish - TIMESTAMP '0001-01-07') * 1000000 + 604800000000;
        count := floor(finish_micros / unit) - floor(start_micros / unit);
        IF part = 'nanosecond' THEN
            count := count * 1000;
        END IF;
    END IF;
    IF kind = 'int' AND count NOT BETWEEN -2147483648 AND 2147483647 THEN
        RAISE EXCEPTION 'cql: The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use datediff with a less precise datepart.';
    ELSIF count NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RAISE EXCEPTION 'cql: The datediff_big function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use datediff_big with a less precise datepart.';
    END IF;
    RETURN count::bigint;
END
$body$;

CREATE FUNCTION cql_datepart(kind text, part text, value timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE part
        WHEN 'year' THEN extract(year FROM value)
        WHEN 'quarter' THEN extract(quarter FROM value)
        WHEN 'month' THEN extract(month FROM value)
        WHEN 'dayofyear' THEN extract(doy FROM value)
        WHEN 'day' THEN extract(day FROM value)
        WHEN 'week' THEN floor((extract(doy FROM value) - 1 + extract(dow FROM date_trunc('year', value))) / 7) + 1
        WHEN 'iso_week' THEN extract(week FROM value)
        WHEN 'weekday' THEN extract(dow FROM value) + 1
        WHEN 'hour' THEN extract(hour FROM value)
        WHEN 'minute' THEN extract(minute FROM value)
        WHEN 'second' THEN floor(extract(second FROM value))
        WHEN 'millisecond' THEN floor(extract(microseconds FROM value)::bigint % 1000000 / 1000)
        WHEN 'microsecond' THEN extract(microseconds FROM value)::bigint % 1000000
        WHEN 'nanosecond' THEN extract(microseconds FROM value)::bigint % 1000000 * 1000
        ELSE 0
    END::integer
$body$;

CREATE FUNCTION cql_datename(kind text, part text, value timestamp) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE part
        WHEN 'month' THEN (ARRAY['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
            'September', 'October', 'November', 'December'])[extract(month FROM value)::integer]
        WHEN 'weekday' THEN (ARRAY['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday',
            'Saturday'])[extract(dow FROM value)::integer + 1]
        WHEN 'tzoffset' THEN '+00:00'
        ELSE cql_datepart(kind, part, value)::text
    END
$body$;

CREATE FUNCTION cql_eomonth(kind text, value timestamp, months integer) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    last timestamp;
BEGIN
    IF abs(months::bigint) < 200000 THEN
        last := date_trunc('month', value) + make_interval(months => months) + interval '1 month' - interval '1 day';
        -- The day after the last one is no date here, nor is it T-SQL's.
        IF extract(year FROM last) BETWEEN 1 AND 9999 AND last < TIMESTAMP '9999-12-31' THEN
            RETURN last;
        END IF;
    END IF;
    RAISE EXCEPTION 'cql: Adding a value to a ''date'' column caused an overflow.';
END
$body$;

CREATE FUNCTION cql_from_parts(kind text, y integer, m integer, d integer) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    found date := cql_date(y, m, d);
BEGIN
    IF found IS NULL THEN
        RAISE EXCEPTION 'cql: Cannot construct data type date, some of the arguments have values which are not valid.';
    END IF;
    RETURN found::timestamp;
END
$body$;

-- Printing dates

-- Year, month and day of the Hijri calendar by the Kuwaiti algorithm.
CREATE FUNCTION cql_hijri(value date) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    since integer := (value - DATE '0001-01-01') + 1721426 - 1948440;
    rest integer := ((since % 10631) + 10631) % 10631;
    y integer := ((since - rest) / 10631) * 30 + 1;
    m integer := 1;
    size integer;
BEGIN
    LOOP
        size := 354 + ((((14 + 11 * y) % 30) + 30) % 30 < 11)::integer;
        EXIT WHEN rest < size;
        rest := rest - size;
        y := y + 1;
    END LOOP;
    LOOP
        EXIT WHEN m = 12;
        size := CASE WHEN m % 2 = 1 THEN 30 ELSE 29 END;
        EXIT WHEN rest < size;
        rest := rest - size;
        m := m + 1;
    END LOOP;
    RETURN ARRAY[y, m, rest + 1];
END
$body$;

-- `kind`: date, time, datetime or datetime2; `scale` digits of a second.
CREATE FUNCTION cql_moment_text(value timestamp, kind text, scale integer, style integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    fraction text := left(lpad((extract(microseconds FROM value)::bigint % 1000000)::text, 6, '0') || '0', scale);
    behind_colon text := CASE WHEN fraction = '' THEN '' WHEN kind = 'datetime' THEN ':' || fraction
        ELSE '.' || fraction END;
    behind_point text := CASE WHEN fraction = '' THEN '' ELSE '.' || fraction END;
    month_name text := (ARRAY['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov',
        'Dec'])[extract(month FROM value)::integer];
    day_wide text := lpad(extract(day FROM value)::integer::text, 2);
    half text := CASE WHEN extract(hour FROM value) < 12 THEN 'AM' ELSE 'PM' END;
    hour_wide text := lpad((((extract(hour FROM value)::integer + 11) % 12) + 1)::text, 2);
    clock text := to_char(value, 'HH24:MI:SS');
    hijri integer[];
    day_text text;
    time_text text;
BEGIN
    IF style IN (130, 131) THEN
        hijri := cql_hijri(value::date);
    END IF;
    day_text := CASE
        WHEN style IN (0, 9, 100, 109) THEN month_name || ' ' || day_wide || ' ' || to_char(value, 'YYYY')
        WHEN style IN (1, 22) THEN to_char(value, 'MM/DD/YY')
        WHEN style = 101 THEN to_char(value, 'MM/DD/YYYY')
        WHEN style = 2 THEN to_char(value, 'YY.MM.DD')
        WHEN style = 102 THEN to_char(value, 'YYYY.MM.DD')
        WHEN style = 3 THEN to_char(value, 'DD/MM/YY')
        WHEN style = 103 THEN to_char(value, 'DD/MM/YYYY')
        WHEN style = 4 THEN to_char(value, 'DD.MM.YY')
        WHEN style = 104 THEN to_char(value, 'DD.MM.YYYY')
        WHEN style = 5 THEN to_char(value, 'DD-MM-YY')
        WHEN style = 105 THEN to_char(value, 'DD-MM-YYYY')
        WHEN style = 6 THEN to_char(value, 'DD ') || month_name || to_char(value, ' YY')
        WHEN style IN (106, 13, 113) THEN to_char(value, 'DD ') || month_name || to_char(value, ' YYYY')
        WHEN style = 7 THEN month_name || to_char(value, ' DD, YY')
        WHEN style = 107 THEN month_name || to_char(value, ' DD, YYYY')
        WHEN style = 10 THEN to_char(value, 'MM-DD-YY')
        WHEN style = 110 THEN to_char(value, 'MM-DD-YYYY')
        WHEN style = 11 THEN to_char(value, 'YY/MM/DD')
        WHEN style = 111 THEN to_char(value, 'YYYY/MM/DD')
        WHEN style = 12 THEN to_char(value, 'YYMMDD')
        WHEN style = 112 THEN to_char(value, 'YYYYMMDD')
        WHEN style IN (20, 21, 23, 25, 120, 121, 126, 127) THEN to_char(value, 'YYYY-MM-DD')
        WHEN style IN (8, 14, 24, 108, 114) THEN ''
        WHEN style = 130 THEN lpad(hijri[3]::text, 2) || ' ' || (ARRAY['محرم', 'صفر', 'ربيع الاول', 'ربيع الثاني',
            'جمادى الاولى', 'جمادى الثانية', 'رجب', 'شعبان', 'رمضان', 'شوال', 'ذو القعدة',
            'ذو الحجة'])[hijri[2]] || ' ' || hijri[1]
        WHEN style = 131 THEN lpad(hijri[3]::text, 2) || '/' || lpad(hijri[2]::text, 2, '0') || '/' || hijri[1]
    END;
    IF day_text IS NULL THEN
        RAISE EXCEPTION 'cql: % is not a valid style number when converting from % to a character string.', style, kind;
    END IF;
    time_text := CASE
        WHEN style IN (0, 100) THEN hour_wide || to_char(value, ':MI') || half
        WHEN style = 22 THEN hour_wide || to_char(value, ':MI:SS ') || half
        WHEN style IN (9, 109, 130, 131) THEN hour_wide || to_char(value, ':MI:SS') || behind_colon || half
        WHEN style IN (8, 24, 108, 20, 120) THEN clock
        WHEN style IN (13, 14, 113, 114) THEN clock || behind_colon
        WHEN style IN (21, 25, 121) THEN clock || behind_point
        WHEN style IN (126, 127) AND kind = 'datetime' AND fraction = '000' THEN clock
        WHEN style IN (126, 127) THEN clock || behind_point
        ELSE ''
    END;
    RETURN CASE
        WHEN kind = 'date' THEN day_text
        WHEN kind = 'time' THEN time_text
        WHEN day_text = '' OR time_text = '' THEN day_text || time_text
        ELSE day_text || CASE WHEN style IN (126, 127) THEN 'T' ELSE ' ' END || time_text
    END;
END
$body$;

-- Functions of exact numbers; those of other numbers come with the functions of CQL.

CREATE FUNCTION cql_sign(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sign(x)';
CREATE FUNCTION cql_ceiling(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ceil(x)';
CREATE FUNCTION cql_floor(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT floor(x)';
CREATE FUNCTION cql_round(x numeric, digits bigint, cut bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE WHEN cut = 0 THEN round(x, greatest(least(digits, 50), -50)::integer)
        ELSE trunc(x, greatest(least(digits, 50), -50)::integer) END
$body$;

-- Right-justified, `*` when it is too long.
CREATE FUNCTION cql_str(value double precision, size integer, decimals integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    exact numeric := value::numeric;
    places integer := least(decimals, 16);
    whole text := trunc(exact)::text;
    shown text;
    room integer;
BEGIN
    IF size < 1 OR decimals < 0 THEN
        RETURN NULL;
    END IF;
    size := least(size, 8000);
    room := greatest(size - length(whole) - 1
        - (round(exact, places) < 0 AND left(whole, 1) <> '-')::integer, 0);
    shown := round(exact, least(places, room))::text;
    RETURN CASE WHEN length(shown) > size THEN repeat('*', size) ELSE lpad(shown, size) END;
END
$body$;

CREATE FUNCTION cql_isnumeric(value text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    plain text := btrim(value, E' \t\n\r\f\x0b');
BEGIN
    IF coalesce(plain, '') = '' THEN
        RETURN 0;
    ELSIF plain IN ('+', '-', '.', ',', '$') THEN
        RETURN 1;
    END IF;
    RETURN (cql_float(plain, TRUE) IS NOT NULL
        OR coalesce(abs(cql_money(plain, TRUE)) < 1000000000000000, FALSE))::integer;
END
$body$;
