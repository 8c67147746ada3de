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
    RETURN power(x, y) + 0;
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

-- JSON. Texts are of the type json, which keeps them as they are written; of equal keys the first one counts. What is no JSON
-- makes PostgreSQL raise by itself.

CREATE FUNCTION cql_json_string(value text)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT '"' || cql_json_escaped(value) || '"'
$body$;

-- Not safe for parallel workers, which may not catch errors.
CREATE FUNCTION cql_isjson(value text)
RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
BEGIN
    RETURN (json_typeof(value::json) IN ('object', 'array'))::int4;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
    RETURN 0;
END
$body$;

CREATE FUNCTION cql_json_path_error(path text, place integer)
RETURNS void LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
BEGIN
    IF place > length(path) THEN
        RAISE EXCEPTION 'cql: JSON path is not properly formatted. It ends at position %.', length(path);
    END IF;
    RAISE EXCEPTION 'cql: JSON path is not properly formatted. Unexpected character ''%'' is found at position %.',
        substr(path, place, 1), place - 1;
END
$body$;

-- A path as an array: 'append' or nothing, 'lax' or 'strict', then '.key' or '[index' for each step.
CREATE FUNCTION cql_json_path(path text, may_append boolean)
RETURNS text[] LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    found text[] := regexp_match(path,
        CASE WHEN may_append THEN '^( *(append +)?((?:lax|strict) +)?)' ELSE '^( *()((?:lax|strict) +)?)' END);
    steps text[] := ARRAY[
        CASE WHEN may_append AND found[2] IS NOT NULL THEN 'append' ELSE '' END,
        CASE WHEN left(found[3], 1) = 's' THEN 'strict' ELSE 'lax' END];
    place integer := length(found[1]) + 1;
    step text;
BEGIN
    IF substr(path, place, 1) <> '$' THEN
        PERFORM cql_json_path_error(path, place);
    END IF;
    place := place + 1;
    LOOP
        IF substr(path, place, 2) = '."' THEN
            place := place + 1;
            step := substring(substr(path, place) FROM '^"(?:[^"\\]|\\.)*"');
            IF step IS NULL THEN
                PERFORM cql_json_path_error(path, length(path) + 1);
            END IF;
            place := place + length(step);
            steps := steps || ('.' || regexp_replace(substr(step, 2, length(step) - 2), '\\(.)', '\1', 'g'));
        ELSIF substr(path, place, 1) = '.' THEN
            place := place + 1;
            step := substring(substr(path, place) FROM '^[A-Za-z0-9_$\u0080-\U0010FFFF]+');
            IF step IS NULL THEN
                PERFORM cql_json_path_error(path, place);
            END IF;
            place := place + length(step);
            steps := steps || ('.' || step);
        ELSIF substr(path, place, 1) = '[' THEN
            place := place + 1;
            step := substring(substr(path, place) FROM '^[0-9]{1,9}');
            IF step IS NULL THEN
                PERFORM cql_json_path_error(path, place);
            END IF;
            place := place + length(step);
            IF substr(path, place, 1) <> ']' THEN
                PERFORM cql_json_path_error(path, place);
            END IF;
            place := place + 1;
            steps := steps || ('[' || step::integer);
        ELSE
            EXIT;
        END IF;
    END LOOP;
    place := place + length(substring(substr(path, place) FROM '^ *'));
    IF place <= length(path) THEN
        PERFORM cql_json_path_error(path, place);
    END IF;
    RETURN steps;
END
$body$;

-- The value that the steps from the third element to this one lead to.
CREATE FUNCTION cql_json_find(document json, steps text[], last integer)
RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    node json := document;
    wanted text;
BEGIN
    FOR i IN 3 .. last LOOP
        wanted := substr(steps[i], 2);
        IF left(steps[i], 1) = '.' THEN
            IF json_typeof(node) <> 'object' THEN
                RETURN NULL;
            END IF;
            node := (SELECT m.value FROM json_each(node) WITH ORDINALITY AS m(key, value, number)
                WHERE m.key = wanted ORDER BY m.number LIMIT 1);
        ELSE
            IF json_typeof(node) <> 'array' THEN
                RETURN NULL;
            END IF;
            node := node -> wanted::integer;
        END IF;
        IF node IS NULL THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN node;
END
$body$;

CREATE FUNCTION cql_json_value(value text, path text)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    steps text[] := cql_json_path(path, false);
    is_strict boolean := steps[2] = 'strict';
    node json := cql_json_find(value::json, steps, cardinality(steps));
    found text;
BEGIN
    IF node IS NULL THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: Property cannot be found on the specified JSON path.';
        END IF;
        RETURN NULL;
    ELSIF json_typeof(node) IN ('object', 'array') THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: Scalar value cannot be found in the specified JSON path.';
        END IF;
        RETURN NULL;
    END IF;
    found := node #>> '{}';
    IF length(found) > 4000 THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: String value in the specified JSON path would be truncated.';
        END IF;
        RETURN NULL;
    END IF;
    RETURN found;
END
$body$;

CREATE FUNCTION cql_json_query(value text, path text)
RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    steps text[] := cql_json_path(path, false);
    is_strict boolean := steps[2] = 'strict';
    node json := cql_json_find(value::json, steps, cardinality(steps));
BEGIN
    IF node IS NULL THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: Property cannot be found on the specified JSON path.';
        END IF;
        RETURN NULL;
    ELSIF json_typeof(node) NOT IN ('object', 'array') THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: Object or array cannot be found in the specified JSON path.';
        END IF;
        RETURN NULL;
    END IF;
    RETURN btrim(node::text, E' \t\r\n');
END
$body$;

-- Where the values directly inside an object or array stand in its text: from the first character to behind the last.
CREATE FUNCTION cql_json_spans(container text)
RETURNS TABLE (number integer, key text, first integer, past integer)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    place integer := 2;
    item record;
BEGIN
    number := 0;
    IF left(container, 1) = '{' THEN
        FOR item IN SELECT m.key, m.value::text AS raw FROM json_each(container::json) AS m LOOP
            first := place + length(substring(substr(container, place)
                FROM '^[ \t\r\n]*,?[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:[ \t\r\n]*'));
            past := first + length(item.raw);
            key := '.' || item.key;
            RETURN NEXT;
            place := past;
            number := number + 1;
        END LOOP;
    ELSIF left(container, 1) = '[' THEN
        FOR item IN SELECT e.value::text AS raw FROM json_array_elements(container::json) AS e LOOP
            first := place + length(substring(substr(container, place) FROM '^[ \t\r\n]*,?[ \t\r\n]*'));
            past := first + length(item.raw);
            key := '[' || number;
            RETURN NEXT;
            place := past;
            number := number + 1;
        END LOOP;
    END IF;
END
$body$;

-- Where the value that the steps from the third element to this one lead to stands in the whole text.
CREATE FUNCTION cql_json_place(document text, steps text[], last integer, OUT first integer, OUT past integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    span record;
BEGIN
    first := length(substring(document FROM '^[ \t\r\n]*')) + 1;
    past := length(rtrim(document, E' \t\r\n')) + 1;
    FOR i IN 3 .. last LOOP
        SELECT s.first AS first, s.past AS past INTO span
        FROM cql_json_spans(substr(document, first, past - first)) AS s
        WHERE s.key = steps[i] ORDER BY s.number LIMIT 1;
        past := first + span.past - 1;
        first := first + span.first - 1;
    END LOOP;
END
$body$;

-- Something at the end of the object or array that stands there.
CREATE FUNCTION cql_json_added(document text, first integer, past integer, item text)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    place integer := (SELECT max(s.past) FROM cql_json_spans(substr(document, first, past - first)) AS s);
BEGIN
    RETURN left(document, first + COALESCE(place, 2) - 2)
        || CASE WHEN place IS NULL THEN '' ELSE ',' END || item
        || substr(document, first + COALESCE(place, 2) - 1);
END
$body$;

CREATE FUNCTION cql_json_modify(value text, path text, new text)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    document json;
    steps text[];
    last integer;
    is_strict boolean;
    append boolean;
    node json;
    parent json;
    place record;
    span record;
    around record;
BEGIN
    IF value IS NULL OR path IS NULL THEN
        RETURN NULL;
    END IF;
    steps := cql_json_path(path, true);
    document := value::json;
    last := cardinality(steps);
    append := steps[1] = 'append';
    is_strict := steps[2] = 'strict';
    IF last = 2 AND NOT append THEN
        RAISE EXCEPTION 'cql: Unsupported JSON path found in argument 2 of JSON_MODIFY.';
    END IF;
    node := cql_json_find(document, steps, last);
    IF node IS NULL THEN
        IF is_strict THEN
            RAISE EXCEPTION 'cql: Property cannot be found on the specified JSON path.';
        ELSIF new IS NULL AND NOT append OR left(steps[last], 1) <> '.' THEN
            RETURN value;
        END IF;
        parent := cql_json_find(document, steps, last - 1);
        IF parent IS NULL OR json_typeof(parent) <> 'object' THEN
            RETURN value;
        END IF;
        place := cql_json_place(value, steps, last - 1);
        RETURN cql_json_added(value, place.first, place.past, cql_json_string(substr(steps[last], 2)) || ':'
            || CASE WHEN append THEN '[' || COALESCE(new, 'null') || ']' ELSE new END);
    END IF;
    place := cql_json_place(value, steps, last);
    IF append THEN
        IF json_typeof(node) = 'array' THEN
            RETURN cql_json_added(value, place.first, place.past, COALESCE(new, 'null'));
        ELSIF is_strict THEN
            RAISE EXCEPTION 'cql: Array cannot be found in the specified JSON path.';
        END IF;
        RETURN value;
    ELSIF new IS NOT NULL OR is_strict OR left(steps[last], 1) = '[' THEN
        RETURN left(value, place.first - 1) || COALESCE(new, 'null') || substr(value, place.past);
    END IF;
    -- The member goes, with the comma before it, or behind it where it is the first.
    place := cql_json_place(value, steps, last - 1);
    SELECT s.number, s.past INTO span FROM cql_json_spans(substr(value, place.first, place.past - place.first)) AS s
    WHERE s.key = steps[last] ORDER BY s.number LIMIT 1;
    SELECT max(s.past) FILTER (WHERE s.number = span.number - 1) AS before, count(*) AS members INTO around
    FROM cql_json_spans(substr(value, place.first, place.past - place.first)) AS s;
    IF span.number > 0 THEN
        RETURN left(value, place.first + around.before - 2) || substr(value, place.first + span.past - 1);
    ELSIF around.members > 1 THEN
        RETURN left(value, place.first)
            || substr(value, place.first + span.past - 1 + strpos(substr(value, place.first + span.past - 1), ','));
    END IF;
    RETURN left(value, place.first) || substr(value, place.first + span.past - 1);
END
$body$;

-- Full text

-- Runs a program of `crates/cinchy-cql/src/functions/fulltext.rs` against the words of a text.
CREATE FUNCTION cql_full_text(value text, program text)
RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    words text := ' ' || btrim(regexp_replace(lower(value), '[^0-9a-z_\u0080-\U0010FFFF]+', ' ', 'g')) || ' ';
    results boolean[] := '{}';
    depth integer := 0;
    instruction text;
BEGIN
    FOREACH instruction IN ARRAY string_to_array(program, E'\n') LOOP
        IF instruction IN ('=', '*') THEN
            depth := depth + 1;
            results[depth] := FALSE;
        ELSIF left(instruction, 1) = '=' THEN
            depth := depth + 1;
            results[depth] := strpos(words, ' ' || substr(instruction, 2) || ' ') > 0;
        ELSIF left(instruction, 1) = '*' THEN
            depth := depth + 1;
            results[depth] := words ~ (' ' || replace(substr(instruction, 2), ' ', '[^ ]* '));
        ELSE
            depth := depth - 1;
            results[depth] := CASE instruction
                WHEN '&' THEN results[depth] AND results[depth + 1]
                WHEN '|' THEN results[depth] OR results[depth + 1]
                ELSE results[depth] AND NOT results[depth + 1]
            END;
        END IF;
    END LOOP;
    RETURN COALESCE(results[depth], FALSE)::int4;
END
$body$;
