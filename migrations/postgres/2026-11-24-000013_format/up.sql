-- FORMAT by the format strings of .NET: the same rules as cinchy-cql's `functions/format`, which SQLite runs. What does
-- not fit a format is NULL. Floats by the styles of CONVERT, and dates that are made of their parts.

-- What cultures write in another way; NULL: not known here.
CREATE FUNCTION cql_culture(name text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    english jsonb := '{"name": "en-US", "point": ".", "group": ",", "before": "$", "behind": "", "percent": "%", "slash": "/",
        "d": "M/d/yyyy", "D": "dddd, MMMM d, yyyy", "t": "h:mm tt", "T": "h:mm:ss tt", "M": "MMMM d", "Y": "MMMM yyyy",
        "halves": ["AM", "PM"],
        "months": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"],
        "short_months": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        "days": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        "short_days": ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]}';
BEGIN
    RETURN english || CASE lower(name)
        WHEN 'en-us' THEN '{}'::jsonb
        WHEN 'en-gb' THEN '{"name": "en-GB", "before": "£", "d": "dd/MM/yyyy", "D": "dd MMMM yyyy", "t": "HH:mm",
            "T": "HH:mm:ss", "M": "d MMMM"}'::jsonb
        WHEN 'de-de' THEN '{"name": "de-DE", "point": ",", "group": ".", "before": "", "behind": " €", "percent": " %",
            "slash": ".", "d": "dd.MM.yyyy", "D": "dddd, d. MMMM yyyy", "t": "HH:mm", "T": "HH:mm:ss", "M": "d. MMMM",
            "halves": ["", ""],
            "months": ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
                "November", "Dezember"],
            "short_months": ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
            "days": ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
            "short_days": ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"]}'::jsonb
        WHEN 'fr-fr' THEN '{"name": "fr-FR", "point": ",", "group": "\u00a0", "before": "", "behind": " €",
            "percent": " %", "d": "dd/MM/yyyy", "D": "dddd d MMMM yyyy", "t": "HH:mm", "T": "HH:mm:ss", "M": "d MMMM",
            "halves": ["", ""],
            "months": ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                "novembre", "décembre"],
            "short_months": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
                "déc."],
            "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
            "short_days": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."]}'::jsonb
        WHEN 'zh-cn' THEN '{"name": "zh-CN", "before": "¥", "d": "yyyy/M/d", "D": "yyyy''年''M''月''d''日''", "t": "H:mm",
            "T": "H:mm:ss", "M": "M''月''d''日''", "Y": "yyyy''年''M''月''", "halves": ["上午", "下午"],
            "months": ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
            "short_months": ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
            "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
            "short_days": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"]}'::jsonb
    END;
END
$body$;

-- Numbers

-- Point and commas as the culture has them.
CREATE FUNCTION cql_localized(value text, culture jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT translate(value, '.,', (culture ->> 'point') || (culture ->> 'group'))
$body$;

-- 1234.50 as 1,234.50
CREATE FUNCTION cql_grouped(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT regexp_replace(split_part(value, '.', 1), '([0-9])(?=([0-9]{3})+$)', '\1,', 'g')
        || CASE WHEN value LIKE '%.%' THEN '.' || split_part(value, '.', 2) ELSE '' END
$body$;

-- The power of ten of the first digit.
CREATE FUNCTION cql_power_of_ten(value numeric) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    whole text := split_part(abs(value)::text, '.', 1);
    fraction text := split_part(abs(value)::text, '.', 2);
BEGIN
    IF value = 0 THEN
        RETURN 0;
    ELSIF whole <> '0' THEN
        RETURN length(whole) - 1;
    END IF;
    RETURN length(ltrim(fraction, '0')) - length(fraction) - 1;
END
$body$;

-- 1.234568E+004
CREATE FUNCTION cql_exponential(value numeric, digits integer, letter text, width integer, plus boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    power integer := cql_power_of_ten(value);
    rounded numeric := round(value * ('1e' || -power)::numeric, digits);
BEGIN
    IF rounded >= 10 THEN
        power := power + 1;
        rounded := round(value * ('1e' || -power)::numeric, digits);
    END IF;
    RETURN rounded::text || letter || CASE WHEN power < 0 THEN '-' WHEN plus THEN '+' ELSE '' END
        || lpad(abs(power)::text, greatest(width, length(abs(power)::text)), '0');
END
$body$;

-- The pieces of a custom format: `0`, `#`, `.`, `,`, `%`, `‰` and `;` as they stand, a literal as `L` and the character, an
-- exponent as `E`, its letter, `+` or a blank, and the least digits.
CREATE FUNCTION cql_format_pieces(format text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    pieces text[] := '{}';
    place integer := 1;
    sections integer := 1;
    c text;
    found text[];
BEGIN
    WHILE place <= length(format) LOOP
        c := substr(format, place, 1);
        place := place + 1;
        IF c = ';' THEN
            sections := sections + 1;
            EXIT WHEN sections > 3;
            pieces := pieces || c;
        ELSIF c IN ('0', '#', '.', ',', '%', '‰') THEN
            pieces := pieces || c;
        ELSIF c = '\' THEN
            IF place <= length(format) THEN
                pieces := pieces || ('L' || substr(format, place, 1));
                place := place + 1;
            END IF;
        ELSIF c IN ('''', '"') THEN
            WHILE place <= length(format) LOOP
                place := place + 1;
                EXIT WHEN substr(format, place - 1, 1) = c;
                pieces := pieces || ('L' || substr(format, place - 1, 1));
            END LOOP;
        ELSE
            found := NULL;
            IF c IN ('E', 'e') THEN
                found := regexp_match(substr(format, place), '^([+-]?)(0+)');
            END IF;
            IF found IS NULL THEN
                pieces := pieces || ('L' || c);
            ELSE
                pieces := pieces
                    || ('E' || c || CASE found[1] WHEN '+' THEN '+' ELSE ' ' END || length(found[2])::text);
                place := place + length(found[1]) + length(found[2]);
            END IF;
        END IF;
    END LOOP;
    RETURN pieces;
END
$body$;

-- What the pieces ask of a number before it is written.
CREATE FUNCTION cql_format_plan(
    pieces text[], OUT point integer, OUT places integer, OUT behind integer, OUT shift integer, OUT grouped boolean
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    first integer;
    last integer;
BEGIN
    point := coalesce(array_position(pieces, '.'), cardinality(pieces) + 1);
    SELECT count(*) FILTER (WHERE i < point), count(*) FILTER (WHERE i > point), min(i) FILTER (WHERE i < point),
            max(i) FILTER (WHERE i < point)
        INTO places, behind, first, last
        FROM unnest(pieces) WITH ORDINALITY AS p (piece, i) WHERE piece IN ('0', '#');
    -- Commas right before the point divide by a thousand each, commas between digits group.
    SELECT coalesce(sum(CASE WHEN piece = '%' THEN 2 WHEN piece = '‰' THEN 3 WHEN i > last AND i < point THEN -3 ELSE 0 END), 0),
            coalesce(bool_or(piece = ',' AND i > first AND i < last), FALSE)
        INTO shift, grouped
        FROM unnest(pieces) WITH ORDINALITY AS p (piece, i) WHERE piece IN ('%', '‰', ',');
END
$body$;

-- Whether a number rounds to nothing in a section.
CREATE FUNCTION cql_format_is_zero(value numeric, pieces text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plan record;
BEGIN
    IF EXISTS (SELECT FROM unnest(pieces) AS p (piece) WHERE piece LIKE 'E%') THEN
        RETURN value = 0;
    END IF;
    SELECT * INTO plan FROM cql_format_plan(pieces);
    RETURN round(value * ('1e' || plan.shift)::numeric, plan.behind) = 0;
END
$body$;

-- A number that is not negative, by one section of a custom format.
CREATE FUNCTION cql_format_section(value numeric, pieces text[], culture jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plan record;
    piece text;
    exponent text := '';
    written text;
    whole text;
    fraction text;
    forced integer;
    shown integer;
    taken integer := 0;
    remaining integer;
    wanted integer;
    behind integer := 0;
    result text := '';
BEGIN
    SELECT * INTO plan FROM cql_format_plan(pieces);
    SELECT p INTO piece FROM unnest(pieces) WITH ORDINALITY AS u (p, i) WHERE p LIKE 'E%' ORDER BY i LIMIT 1;
    IF piece IS NULL THEN
        written := round(value * ('1e' || plan.shift)::numeric, plan.behind)::text;
    ELSE
        written := cql_exponential(value, plan.behind, 'E', substr(piece, 4)::integer, substr(piece, 3, 1) = '+');
        exponent := substr(piece, 2, 1) || split_part(written, 'E', 2);
        written := split_part(written, 'E', 1);
    END IF;
    whole := ltrim(split_part(written, '.', 1), '0');
    fraction := split_part(written, '.', 2);
    -- From the first `0` on all places are written.
    SELECT plan.places - min(n) + 1 INTO forced FROM (
        SELECT p, row_number() OVER (ORDER BY i) AS n FROM unnest(pieces) WITH ORDINALITY AS u (p, i)
            WHERE p IN ('0', '#') AND i < plan.point) AS digits WHERE p = '0';
    whole := lpad(whole, greatest(coalesce(forced, 0), length(whole)), '0');
    SELECT max(n) INTO shown FROM (
        SELECT p, row_number() OVER (ORDER BY i) AS n FROM unnest(pieces) WITH ORDINALITY AS u (p, i)
            WHERE p IN ('0', '#') AND i > plan.point) AS digits WHERE p = '0';
    fraction := left(fraction, greatest(length(rtrim(fraction, '0')), coalesce(shown, 0)));
    remaining := plan.places;
    FOR i IN 1 .. cardinality(pieces) LOOP
        piece := pieces[i];
        -- The first place takes all digits that have no place of their own; a point takes what is left.
        wanted := 0;
        IF piece IN ('0', '#') AND i < plan.point THEN
            remaining := remaining - 1;
            wanted := length(whole) - taken - remaining;
        ELSIF i = plan.point THEN
            wanted := length(whole) - taken;
        END IF;
        WHILE wanted > 0 LOOP
            taken := taken + 1;
            wanted := wanted - 1;
            result := result || substr(whole, taken, 1);
            IF plan.grouped AND taken < length(whole) AND (length(whole) - taken) % 3 = 0 THEN
                result := result || (culture ->> 'group');
            END IF;
        END LOOP;
        IF piece IN ('0', '#') AND i > plan.point THEN
            behind := behind + 1;
            result := result || substr(fraction, behind, 1);
        ELSIF i = plan.point AND fraction <> '' THEN
            result := result || (culture ->> 'point');
        ELSIF piece IN ('%', '‰') THEN
            result := result || piece;
        ELSIF piece LIKE 'L%' THEN
            result := result || substr(piece, 2);
        ELSIF piece LIKE 'E%' THEN
            result := result || exponent;
        END IF;
    END LOOP;
    RETURN result;
END
$body$;

-- `whole`: its type is an integer's.
CREATE FUNCTION cql_format(value numeric, whole boolean, format text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    culture jsonb := cql_culture(name);
    letter text;
    digits integer;
    written text;
    sign text := '';
    pieces text[];
    first text[];
    second text[];
    third text[];
    place integer;
    zero boolean;
BEGIN
    IF culture IS NULL THEN
        RAISE EXCEPTION 'cql: the culture % is not supported', name;
    END IF;
    IF format = '' THEN
        letter := 'G';
    ELSIF format ~ '^[A-Za-z][0-9]{0,2}$' THEN
        letter := left(format, 1);
        digits := nullif(substr(format, 2), '')::integer;
    END IF;
    IF letter IS NULL THEN
        pieces := cql_format_pieces(format);
        place := coalesce(array_position(pieces, ';'), cardinality(pieces) + 1);
        first := pieces[:place - 1];
        second := pieces[place + 1:];
        place := coalesce(array_position(second, ';'), cardinality(second) + 1);
        third := second[place + 1:];
        second := second[:place - 1];
        IF value < 0 AND cardinality(second) > 0 THEN
            pieces := second;
        ELSE
            pieces := first;
            sign := CASE WHEN value < 0 THEN '-' ELSE '' END;
        END IF;
        -- What rounds to nothing is a zero.
        zero := cql_format_is_zero(abs(value), pieces);
        IF zero AND cardinality(third) > 0 THEN
            RETURN cql_format_section(0, third, culture);
        ELSIF zero AND (value = 0 OR sign = '-') THEN
            RETURN cql_format_section(0, first, culture);
        END IF;
        RETURN sign || cql_format_section(abs(value), pieces, culture);
    END IF;
    CASE upper(letter)
        WHEN 'C', 'F', 'N' THEN written := round(abs(value), coalesce(digits, 2))::text;
        WHEN 'P' THEN written := round(abs(value) * 100, coalesce(digits, 2))::text;
        WHEN 'D', 'X' THEN
            IF NOT whole THEN
                RETURN NULL;
            END IF;
            written := round(abs(value))::text;
        WHEN 'E' THEN
            written := cql_exponential(abs(value), coalesce(digits, 6), letter, 3, TRUE);
            RETURN CASE WHEN value < 0 THEN '-' ELSE '' END || cql_localized(written, culture);
        WHEN 'G' THEN
            written := value::text;
            IF digits > 0 THEN
                written := trim_scale(round(value, digits - 1 - cql_power_of_ten(value)))::text;
            END IF;
            RETURN cql_localized(written, culture);
        WHEN 'R' THEN
            RETURN CASE WHEN NOT whole THEN cql_localized(value::text, culture) END;
        ELSE RETURN NULL;
    END CASE;
    IF value < 0 AND written ~ '[1-9]' THEN
        sign := '-';
    END IF;
    CASE upper(letter)
        WHEN 'C' THEN
            written := (culture ->> 'before') || cql_localized(cql_grouped(written), culture) || (culture ->> 'behind');
            IF sign = '-' AND culture ->> 'name' = 'en-US' THEN
                RETURN '(' || written || ')';
            END IF;
        WHEN 'F' THEN written := cql_localized(written, culture);
        WHEN 'N' THEN written := cql_localized(cql_grouped(written), culture);
        WHEN 'P' THEN written := cql_localized(cql_grouped(written), culture) || (culture ->> 'percent');
        WHEN 'D' THEN written := lpad(written, greatest(coalesce(digits, 0), length(written)), '0');
        ELSE
            written := CASE WHEN value BETWEEN -2147483648 AND 2147483647 THEN to_hex(value::integer)
                ELSE to_hex(value::bigint) END;
            written := lpad(CASE letter WHEN 'X' THEN upper(written) ELSE written END,
                greatest(coalesce(digits, 0), length(written)), '0');
            sign := '';
    END CASE;
    RETURN sign || written;
END
$body$;

CREATE FUNCTION cql_format(value double precision, format text, name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT cql_format(trim_scale(value::numeric), FALSE, format, name)
$body$;

-- Dates

CREATE FUNCTION cql_format(value timestamp, format text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    culture jsonb := cql_culture(name);
    pattern text := format;
    nanos text := to_char(value, 'US') || '000';
    result text := '';
    place integer := 1;
    run integer;
    c text;
    part text;
BEGIN
    IF culture IS NULL THEN
        RAISE EXCEPTION 'cql: the culture % is not supported', name;
    END IF;
    IF length(format) <= 1 THEN
        -- One letter is a format of its own.
        pattern := CASE
            WHEN format IN ('d', 'D', 't', 'T') THEN culture ->> format
            WHEN format = 'f' THEN (culture ->> 'D') || ' ' || (culture ->> 't')
            WHEN format = 'F' THEN (culture ->> 'D') || ' ' || (culture ->> 'T')
            WHEN format = 'g' THEN (culture ->> 'd') || ' ' || (culture ->> 't')
            WHEN format IN ('', 'G') THEN (culture ->> 'd') || ' ' || (culture ->> 'T')
            WHEN format IN ('m', 'M') THEN culture ->> 'M'
            WHEN format IN ('y', 'Y') THEN culture ->> 'Y'
            WHEN format IN ('o', 'O') THEN 'yyyy-MM-dd''T''HH:mm:ss.fffffff'
            WHEN format IN ('r', 'R') THEN 'ddd, dd MMM yyyy HH:mm:ss ''GMT'''
            WHEN format = 's' THEN 'yyyy-MM-dd''T''HH:mm:ss'
            WHEN format = 'u' THEN 'yyyy-MM-dd HH:mm:ss''Z'''
        END;
        -- These are the same in every culture.
        IF format IN ('o', 'O', 'r', 'R', 's', 'u') THEN
            culture := cql_culture('en-US');
        END IF;
    END IF;
    WHILE place <= length(pattern) LOOP
        c := substr(pattern, place, 1);
        place := place + 1;
        IF c = '\' THEN
            IF place > length(pattern) THEN
                RETURN NULL;
            END IF;
            result := result || substr(pattern, place, 1);
            place := place + 1;
        ELSIF c IN ('''', '"') THEN
            LOOP
                IF place > length(pattern) THEN
                    RETURN NULL;
                END IF;
                part := substr(pattern, place, 1);
                place := place + 1;
                EXIT WHEN part = c;
                IF part = '\' THEN
                    IF place > length(pattern) THEN
                        RETURN NULL;
                    END IF;
                    part := substr(pattern, place, 1);
                    place := place + 1;
                END IF;
                result := result || part;
            END LOOP;
        ELSIF c = '%' THEN
            -- A letter behind it stands for itself, not for a format of one letter.
            IF place > length(pattern) THEN
                RETURN NULL;
            END IF;
        ELSIF c IN ('d', 'f', 'F', 'g', 'h', 'H', 'm', 'M', 's', 't', 'y', 'z') THEN
            run := 1;
            WHILE substr(pattern, place, 1) = c LOOP
                run := run + 1;
                place := place + 1;
            END LOOP;
            IF c IN ('d', 'M') AND run > 2 THEN
                part := CASE c
                    WHEN 'M' THEN culture -> CASE run WHEN 3 THEN 'short_months' ELSE 'months' END
                        ->> (extract(month FROM value)::integer - 1)
                    ELSE culture -> CASE run WHEN 3 THEN 'short_days' ELSE 'days' END
                        ->> extract(dow FROM value)::integer
                END;
            ELSIF c IN ('d', 'M', 'h', 'H', 'm', 's') THEN
                part := to_char(value, CASE c WHEN 'd' THEN 'DD' WHEN 'M' THEN 'MM' WHEN 'h' THEN 'HH12'
                    WHEN 'H' THEN 'HH24' WHEN 'm' THEN 'MI' ELSE 'SS' END);
                IF run = 1 THEN
                    part := part::integer::text;
                END IF;
            ELSIF c IN ('f', 'F') THEN
                IF run > 7 THEN
                    RETURN NULL;
                END IF;
                part := left(nanos, run);
                IF c = 'F' THEN
                    part := rtrim(part, '0');
                    IF part = '' AND right(result, 1) = '.' THEN
                        result := left(result, -1);
                    END IF;
                END IF;
            ELSIF c = 't' THEN
                part := left(culture -> 'halves' ->> CASE WHEN extract(hour FROM value) < 12 THEN 0 ELSE 1 END,
                    least(run, 2));
            ELSIF c = 'y' THEN
                part := extract(year FROM value)::integer::text;
                IF run <= 2 THEN
                    part := (part::integer % 100)::text;
                END IF;
                part := lpad(part, greatest(run, length(part)), '0');
            ELSIF c = 'z' THEN
                part := CASE run WHEN 1 THEN '+0' WHEN 2 THEN '+00' ELSE '+00:00' END;
            ELSE
                part := 'A.D.';
            END IF;
            result := result || part;
        ELSIF c = '/' THEN
            result := result || (culture ->> 'slash');
        ELSIF c <> 'K' THEN
            result := result || c;
        END IF;
    END LOOP;
    RETURN CASE WHEN pattern IS NOT NULL THEN result END;
END
$body$;

-- A time of day, which .NET formats as a span: all but the letters must be escaped.
CREATE FUNCTION cql_format(value time, format text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    clock text := to_char(value, 'HH24:MI:SS');
    ticks text := to_char(value, 'US') || '0';
    result text := '';
    place integer := 1;
    run integer;
    c text;
    part text;
BEGIN
    IF format IN ('', 'c', 't', 'T') THEN
        RETURN clock || CASE ticks WHEN '0000000' THEN '' ELSE '.' || ticks END;
    ELSIF format = 'g' THEN
        RETURN regexp_replace(clock, '^0', '')
            || CASE ticks WHEN '0000000' THEN '' ELSE '.' || rtrim(ticks, '0') END;
    ELSIF format = 'G' THEN
        RETURN '0:' || clock || '.' || ticks;
    END IF;
    WHILE place <= length(format) LOOP
        c := substr(format, place, 1);
        place := place + 1;
        IF c = '\' THEN
            IF place > length(format) THEN
                RETURN NULL;
            END IF;
            result := result || substr(format, place, 1);
            place := place + 1;
        ELSIF c IN ('''', '"') THEN
            LOOP
                IF place > length(format) THEN
                    RETURN NULL;
                END IF;
                part := substr(format, place, 1);
                place := place + 1;
                EXIT WHEN part = c;
                result := result || part;
            END LOOP;
        ELSIF c = '%' THEN
            IF place > length(format) THEN
                RETURN NULL;
            END IF;
        ELSIF c IN ('d', 'h', 'm', 's', 'f', 'F') THEN
            run := 1;
            WHILE substr(format, place, 1) = c LOOP
                run := run + 1;
                place := place + 1;
            END LOOP;
            IF (c IN ('f', 'F') AND run > 7) OR (c IN ('h', 'm', 's') AND run > 2) THEN
                RETURN NULL;
            END IF;
            IF c = 'f' THEN
                part := left(ticks, run);
            ELSIF c = 'F' THEN
                part := rtrim(left(ticks, run), '0');
            ELSE
                part := CASE c WHEN 'd' THEN 0 WHEN 'h' THEN extract(hour FROM value)
                    WHEN 'm' THEN extract(minute FROM value) ELSE floor(extract(second FROM value)) END::integer::text;
                part := lpad(part, greatest(run, length(part)), '0');
            END IF;
            result := result || part;
        ELSE
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN result;
END
$body$;

-- Floats by the styles of CONVERT: 1 always 8 digits and an exponent, 2 always 16, 3 always 17 (9 of a real).
CREATE FUNCTION cql_float_text(value double precision, style integer, single boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    behind integer := CASE style WHEN 1 THEN 7 WHEN 2 THEN 15 WHEN 3 THEN CASE WHEN single THEN 8 ELSE 16 END END;
    written text;
BEGIN
    IF behind IS NULL THEN
        RETURN cql_float_text(value);
    END IF;
    written := ltrim(to_char(value, '9.' || repeat('9', behind) || 'EEEE'));
    RETURN split_part(written, 'e', 1) || 'e' || substr(split_part(written, 'e', 2), 1, 1)
        || lpad(substr(split_part(written, 'e', 2), 2), 3, '0');
END
$body$;

-- ..FROMPARTS

CREATE FUNCTION cql_from_parts(
    kind text, y integer, m integer, d integer, h integer, mi integer, s integer, fraction integer, digits integer
) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    found date := cql_date(y, m, d);
    made timestamp;
BEGIN
    IF found IS NULL OR h NOT BETWEEN 0 AND 23 OR mi NOT BETWEEN 0 AND 59 OR s NOT BETWEEN 0 AND 59 OR fraction < 0
            OR fraction >= 10 ^ digits OR (kind = 'datetime' AND y < 1753) THEN
        RAISE EXCEPTION 'cql: Cannot construct data type %, some of the arguments have values which are not valid.', kind;
    END IF;
    -- PostgreSQL has microseconds.
    made := found + make_interval(hours => h, mins => mi, secs => s)
        + trunc(fraction * (10::numeric ^ (6 - digits)))::bigint * interval '1 microsecond';
    RETURN CASE WHEN kind = 'datetime' THEN cql_legacy(made) ELSE made END;
END
$body$;

CREATE FUNCTION cql_from_parts(
    kind text, y integer, m integer, d integer, h integer, mi integer, s integer, millis integer
) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT cql_from_parts(kind, y, m, d, h, mi, s, millis, 3)
$body$;

CREATE FUNCTION cql_from_parts(kind text, h integer, mi integer, s integer, fraction integer, digits integer)
RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT cql_from_parts(kind, 1900, 1, 1, h, mi, s, fraction, digits)
$body$;
