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
