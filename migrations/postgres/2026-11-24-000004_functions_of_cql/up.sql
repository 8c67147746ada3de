-- Functions of CQL as PostgreSQL computes them; `crates/cinchy-cql/src/functions` says what each one does, and computes the
-- same for SQLite. Errors begin with `cql: ` and have the text of T-SQL. A function that may raise is STABLE, so that the
-- planner does not run it ahead of time in a branch that is never taken.

-- Texts

CREATE FUNCTION cql_left(value text, n bigint)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF n < 0 THEN
        RAISE EXCEPTION 'cql: Invalid length parameter passed to the LEFT or SUBSTRING function.';
    END IF;
    RETURN left(value, least(n, 2147483647)::int4);
END
$body$;

CREATE FUNCTION cql_right(value text, n bigint)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF n < 0 THEN
        RAISE EXCEPTION 'cql: Invalid length parameter passed to the RIGHT function.';
    END IF;
    RETURN right(value, least(n, 2147483647)::int4);
END
$body$;

CREATE FUNCTION cql_substring(value text, start bigint, length bigint)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    first bigint := greatest(start, 1);
    past bigint;
BEGIN
    IF length < 0 THEN
        RAISE EXCEPTION 'cql: Invalid length parameter passed to the LEFT or SUBSTRING function.';
    END IF;
    past := greatest(least(start::numeric + length, 2147483647)::bigint, 1);
    IF past <= first THEN
        RETURN '';
    END IF;
    RETURN substr(value, first::int4, (past - first)::int4);
END
$body$;

CREATE FUNCTION cql_stuff(value text, start bigint, length bigint, replacement text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE WHEN start >= 1 AND start <= length(value) AND length >= 0 THEN
        left(value, start::int4 - 1) || COALESCE(replacement, '')
        || substr(value, least(start::numeric + length, 2147483647)::int4)
    END
$body$;

CREATE FUNCTION cql_charindex(part text, value text, start bigint)
RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN part = '' OR start > length(value) THEN 0
        WHEN start <= 1 THEN strpos(value, part)
        ELSE COALESCE(NULLIF(strpos(substr(value, start::int4), part), 0) + start::int4 - 1, 0)
    END
$body$;

CREATE FUNCTION cql_replicate(value text, n bigint)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN n < 0 THEN NULL
        WHEN n = 0 OR value = '' THEN ''
        WHEN length(value) >= 8000 THEN value
        ELSE left(repeat(value, least(n, 8000 / length(value) + 1)::int4), 8000)
    END
$body$;

-- Characters and patterns

-- Characters 128 to 159 of code page 1252; a blank is none.
CREATE FUNCTION cql_code_page()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ'
$body$;

CREATE FUNCTION cql_ascii(value text)
RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN value = '' THEN NULL
        WHEN ascii(value) <= 127 OR ascii(value) BETWEEN 160 AND 255 THEN ascii(value)
        ELSE COALESCE(NULLIF(strpos(cql_code_page(), left(value, 1)), 0) + 127, 63)
    END
$body$;

CREATE FUNCTION cql_char(n bigint)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF n < 0 OR n > 255 THEN
        RETURN NULL;
    ELSIF n = 0 THEN
        RAISE EXCEPTION 'cql: The character 0 is not supported.';
    ELSIF n BETWEEN 128 AND 159 THEN
        RETURN NULLIF(substr(cql_code_page(), n::int4 - 127, 1), ' ');
    END IF;
    RETURN chr(n::int4);
END
$body$;

CREATE FUNCTION cql_nchar(n bigint)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF n < 0 OR n > 1114111 OR n BETWEEN 55296 AND 57343 THEN
        RETURN NULL;
    ELSIF n = 0 THEN
        RAISE EXCEPTION 'cql: The character 0 is not supported.';
    END IF;
    RETURN chr(n::int4);
END
$body$;

CREATE FUNCTION cql_patindex(pattern text, value text)
RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    opened text := ltrim(pattern, '%');
BEGIN
    IF NOT cql_like(value, pattern, NULL) THEN
        RETURN 0;
    ELSIF left(pattern, 1) <> '%' THEN
        RETURN 1;
    ELSIF opened = '' THEN
        RETURN (value <> '')::int4;
    END IF;
    FOR i IN 1 .. length(value) LOOP
        IF cql_like(substr(value, i), opened, NULL) THEN
            RETURN i;
        END IF;
    END LOOP;
    RETURN 0;
END
$body$;

CREATE FUNCTION cql_quotename(value text, quote text)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT left(pair, 1) || replace(value, right(pair, 1), right(pair, 1) || right(pair, 1)) || right(pair, 1)
    FROM unnest(ARRAY['[]', '()', '<>', '{}', '''''', '""', '``']) AS pair
    WHERE length(quote) = 1 AND strpos(pair, quote) > 0 AND length(value) <= 128
$body$;

CREATE FUNCTION cql_translate(value text, old text, new text)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF length(old) <> length(new) THEN
        RAISE EXCEPTION 'cql: The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.';
    END IF;
    RETURN translate(value, old, new);
END
$body$;

-- As it stands between the quotes of a JSON string.
CREATE FUNCTION cql_json_escaped(value text)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT replace(substr(quoted, 2, length(quoted) - 2), '/', '\/') FROM (SELECT to_json(value)::text AS quoted) AS q
$body$;

CREATE FUNCTION cql_string_escape(value text, kind text)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF lower(kind) <> 'json' THEN
        RAISE EXCEPTION 'cql: An invalid value was specified for argument 2.';
    END IF;
    RETURN cql_json_escaped(value);
END
$body$;

CREATE FUNCTION cql_soundex(value text)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    letters text := substring(value FROM '^[A-Za-z]+');
    digits text := translate(letters, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
        '01230120022455012623010202' || '01230120022455012623010202');
    code text;
    last text;
    own text;
BEGIN
    IF letters IS NULL THEN
        RETURN '0000';
    END IF;
    code := translate(left(letters, 1), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    last := left(digits, 1);
    IF code IN ('H', 'W') THEN
        last := '-';
    END IF;
    FOR i IN 2 .. length(letters) LOOP
        CONTINUE WHEN substr(letters, i, 1) IN ('h', 'H', 'w', 'W');
        own := substr(digits, i, 1);
        IF own <> '0' AND own <> last THEN
            code := code || own;
        END IF;
        last := own;
    END LOOP;
    RETURN left(code || '000', 4);
END
$body$;

CREATE FUNCTION cql_difference(a text, b text)
RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT count(*)::int4 FROM generate_series(1, 4) AS i
    WHERE substr(cql_soundex(a), i, 1) = substr(cql_soundex(b), i, 1)
$body$;

-- Numbers

CREATE FUNCTION cql_sign(x int4) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sign(x)::int4';
CREATE FUNCTION cql_sign(x int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sign(x)::int8';
CREATE FUNCTION cql_sign(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT sign(x)';

-- Adding 0 makes -0 into 0.
CREATE FUNCTION cql_ceiling(x int4) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT x';
CREATE FUNCTION cql_ceiling(x int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT x';
CREATE FUNCTION cql_ceiling(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ceil(x) + 0';
CREATE FUNCTION cql_floor(x int4) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT x';
CREATE FUNCTION cql_floor(x int8) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT x';
CREATE FUNCTION cql_floor(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT floor(x) + 0';

CREATE FUNCTION cql_round(x int8, digits int8, cut int8)
RETURNS int8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    unit bigint;
    rest bigint;
BEGIN
    IF digits >= 0 THEN
        RETURN x;
    ELSIF digits < -18 THEN
        RETURN 0;
    END IF;
    unit := (10::numeric ^ (-digits))::bigint;
    rest := x % unit;
    IF cut <> 0 OR abs(rest) < unit / 2 THEN
        RETURN x - rest;
    END IF;
    RETURN x - rest + unit * sign(rest)::bigint;
END
$body$;

CREATE FUNCTION cql_round(x int4, digits int8, cut int8)
RETURNS int4 LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT cql_round(x::int8, digits, cut)::int4';

CREATE FUNCTION cql_round(x float8, digits int8, cut int8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    unit float8;
    scaled float8;
    size float8;
BEGIN
    IF digits > 308 THEN
        RETURN x;
    ELSIF digits < -308 THEN
        RETURN 0;
    END IF;
    unit := ('1e' || abs(digits))::float8;
    -- Where the product is out of range there is nothing behind the point to round.
    IF digits > 0 AND abs(x) >= 4503599627370496 THEN
        RETURN x;
    END IF;
    IF digits < 0 THEN
        IF abs(x) < 1 THEN
            RETURN 0;
        END IF;
        scaled := x / unit;
    ELSIF abs(x) > 1e308 / unit THEN
        RETURN x;
    ELSE
        scaled := x * unit;
    END IF;
    -- From 2^52 on every float is whole.
    IF abs(scaled) >= 4503599627370496 THEN
        RETURN x;
    END IF;
    size := floor(CASE WHEN cut <> 0 THEN abs(scaled) ELSE abs(scaled) + 0.5::float8 END);
    IF x < 0 THEN
        size := - size;
    END IF;
    RETURN CASE WHEN digits < 0 THEN size * unit ELSE size / unit END + 0;
END
$body$;

CREATE FUNCTION cql_power(x float8, y float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x = 0 AND y < 0 THEN
        RAISE EXCEPTION 'cql: Divide by zero error encountered.';
    ELSIF x < 0 AND y <> floor(y) THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    ELSIF x <> 0 AND y * ln(abs(x)) < -745.2 THEN
        RETURN 0;
    END IF;
    RETURN power(x, y);
END
$body$;

CREATE FUNCTION cql_sqrt(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x < 0 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN sqrt(x);
END
$body$;

CREATE FUNCTION cql_square(x float8)
RETURNS float8 LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$body$ SELECT CASE WHEN abs(x) <= 1.5717277847026288e-162 THEN 0 ELSE x * x END $body$;

CREATE FUNCTION cql_exp(x float8)
RETURNS float8 LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$body$ SELECT CASE WHEN x < -745.1332191019411 THEN 0 ELSE exp(x) END $body$;

CREATE FUNCTION cql_log(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x <= 0 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN ln(x);
END
$body$;

CREATE FUNCTION cql_log(x float8, base float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x <= 0 OR base <= 0 OR base = 1 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN ln(x) / ln(base);
END
$body$;

CREATE FUNCTION cql_log10(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x <= 0 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN log(x);
END
$body$;

CREATE FUNCTION cql_acos(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF abs(x) > 1 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN acos(x);
END
$body$;

CREATE FUNCTION cql_asin(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF abs(x) > 1 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN asin(x);
END
$body$;

CREATE FUNCTION cql_atn2(y float8, x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF y = 0 AND x = 0 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN atan2(y, x);
END
$body$;

CREATE FUNCTION cql_cot(x float8)
RETURNS float8 LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF x = 0 THEN
        RAISE EXCEPTION 'cql: An invalid floating point operation occurred.';
    END IF;
    RETURN cot(x);
END
$body$;

CREATE FUNCTION cql_rand(seed bigint)
RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT (CASE WHEN difference < 1 THEN difference + 2147483562 ELSE difference END)::float8 * 4.656613e-10::float8
    FROM (SELECT 40014 * (CASE WHEN seed = 0 THEN 12345 ELSE (seed % 2147483563 + 2147483563) % 2147483563 END)
        % 2147483563 - 40692 * 67890::bigint % 2147483399 AS difference) AS d
$body$;

-- Choice

-- Texts by code point; NULLs are left out.
CREATE FUNCTION cql_greatest(VARIADIC items text[])
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT max(item COLLATE "C") FROM unnest(items) AS item';
CREATE FUNCTION cql_least(VARIADIC items text[])
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT min(item COLLATE "C") FROM unnest(items) AS item';
