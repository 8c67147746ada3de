-- A number of rows of TOP, FETCH or OFFSET, or T-SQL's error.
CREATE OR REPLACE FUNCTION cql_row_count(clause text, n bigint)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
BEGIN
    IF clause = 'offset' THEN
        IF n IS NULL THEN
            RAISE EXCEPTION 'cql: The number of rows provided for a OFFSET clause must be an integer.';
        ELSIF n < 0 THEN
            RAISE EXCEPTION 'cql: The offset specified in a OFFSET clause may not be negative.';
        END IF;
    ELSIF n IS NULL THEN
        RAISE EXCEPTION 'cql: A TOP or FETCH clause contains an invalid value.';
    ELSIF clause = 'fetch' AND n < 1 THEN
        RAISE EXCEPTION 'cql: The number of rows provided for a FETCH clause must be greater then zero.';
    ELSIF n < 0 THEN
        RAISE EXCEPTION 'cql: A TOP N or FETCH rowcount value may not be negative.';
    END IF;
    RETURN n;
END
$body$;

-- The level of a recursive query, which may not exceed the most.
CREATE OR REPLACE FUNCTION cql_recursion(level bigint, most bigint)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
BEGIN
    IF level > most THEN
        RAISE EXCEPTION 'cql: The statement terminated. The maximum recursion % has been exhausted before statement completion.', most;
    END IF;
    RETURN level;
END
$body$;

-- A float as FOR JSON writes it: 1.500000000000000e+000.
CREATE OR REPLACE FUNCTION cql_json_float(x double precision)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT regexp_replace(ltrim(to_char(x, '9.999999999999999EEEE')), 'e([+-])(\d\d)$', 'e\10\2')
$body$;

-- The object or array that OPENJSON takes apart: at the end of a path.
CREATE OR REPLACE FUNCTION cql_json_container(value text, path text)
RETURNS json LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    steps text[] := cql_json_path(path, false);
    node json := cql_json_find(value::json, steps, cardinality(steps));
BEGIN
    IF node IS NULL THEN
        IF steps[2] = 'strict' THEN
            RAISE EXCEPTION 'cql: Property cannot be found on the specified JSON path.';
        END IF;
    ELSIF json_typeof(node) NOT IN ('object', 'array') THEN
        IF steps[2] = 'strict' THEN
            RAISE EXCEPTION 'cql: Object or array cannot be found in the specified JSON path.';
        END IF;
        RETURN NULL;
    END IF;
    RETURN node;
END
$body$;

-- OPENJSON: key, value, type and number of what is directly inside an object or array.
CREATE OR REPLACE FUNCTION cql_openjson(value text, path text)
RETURNS TABLE (c0 text, c1 text, c2 int4, number bigint) LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    node json := cql_json_container(value, path);
BEGIN
    RETURN QUERY
        SELECT item.key,
            CASE json_typeof(item.value)
                WHEN 'null' THEN NULL
                WHEN 'string' THEN item.value #>> '{}'
                ELSE btrim(item.value::text, E' \t\r\n')
            END,
            CASE json_typeof(item.value)
                WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2
                WHEN 'boolean' THEN 3 WHEN 'array' THEN 4 ELSE 5
            END,
            item.number
        FROM (
            SELECT m.key, m.value, m.number
            FROM json_each(CASE WHEN json_typeof(node) = 'object' THEN node END)
                WITH ORDINALITY AS m(key, value, number)
            UNION ALL
            SELECT (e.number - 1)::text, e.value, e.number
            FROM json_array_elements(CASE WHEN json_typeof(node) = 'array' THEN node END)
                WITH ORDINALITY AS e(value, number)
        ) AS item
        ORDER BY item.number;
END
$body$;

-- OPENJSON WITH: elements of an array, or the one object itself.
CREATE OR REPLACE FUNCTION cql_json_rows(value text, path text)
RETURNS TABLE (c0 text, number bigint) LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    node json := cql_json_container(value, path);
BEGIN
    IF json_typeof(node) = 'array' THEN
        RETURN QUERY
            SELECT btrim(e.value::text, E' \t\r\n'), e.number
            FROM json_array_elements(node) WITH ORDINALITY AS e(value, number);
    ELSIF node IS NOT NULL THEN
        RETURN QUERY SELECT btrim(node::text, E' \t\r\n'), 1::bigint;
    END IF;
END
$body$;
