-- LIKE of T-SQL, with [a-f] and [^a], by way of a regular expression. A pattern that no text can match gives false.
CREATE OR REPLACE FUNCTION cql_like(value text, pattern text, escape text)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
    regex text := '';
    body text;
    item text;
    i integer := 1;
    n integer := length(pattern);
    c text;
    negated boolean;
BEGIN
    IF value IS NULL OR pattern IS NULL THEN
        RETURN NULL;
    END IF;
    WHILE i <= n LOOP
        c := substr(pattern, i, 1);
        i := i + 1;
        IF c = escape THEN
            IF i > n THEN RETURN FALSE; END IF;
            regex := regex || '\U' || lpad(to_hex(ascii(substr(pattern, i, 1))), 8, '0');
            i := i + 1;
        ELSIF c = '%' THEN
            IF right(regex, 2) <> '.*' THEN
                regex := regex || '.*';
            END IF;
        ELSIF c = '_' THEN
            regex := regex || '.';
        ELSIF c = '[' THEN
            negated := substr(pattern, i, 1) = '^';
            IF negated THEN i := i + 1; END IF;
            body := '';
            LOOP
                IF i > n THEN RETURN FALSE; END IF;
                c := substr(pattern, i, 1);
                EXIT WHEN c = ']';
                IF c = escape THEN
                    i := i + 1;
                    IF i > n THEN RETURN FALSE; END IF;
                    c := substr(pattern, i, 1);
                END IF;
                i := i + 1;
                item := '\U' || lpad(to_hex(ascii(c)), 8, '0');
                IF substr(pattern, i, 1) = '-' AND i < n AND substr(pattern, i + 1, 1) <> ']' THEN
                    i := i + 1;
                    IF substr(pattern, i, 1) = escape THEN
                        i := i + 1;
                        IF i > n THEN RETURN FALSE; END IF;
                    END IF;
                    IF ascii(substr(pattern, i, 1)) >= ascii(c) THEN
                        item := item || '-\U' || lpad(to_hex(ascii(substr(pattern, i, 1))), 8, '0');
                    ELSE
                        item := '';
                    END IF;
                    i := i + 1;
                END IF;
                body := body || item;
            END LOOP;
            i := i + 1;
            IF body = '' THEN
                IF NOT negated THEN RETURN FALSE; END IF;
                regex := regex || '.';
            ELSE
                regex := regex || '[' || CASE WHEN negated THEN '^' ELSE '' END || body || ']';
            END IF;
        ELSE
            regex := regex || '\U' || lpad(to_hex(ascii(c)), 8, '0');
        END IF;
    END LOOP;
    RETURN value ~ ('(?s)^(?:' || regex || ')$');
END
$body$;
