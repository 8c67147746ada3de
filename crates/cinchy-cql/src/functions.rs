//! The functions of our own that rendered SQL calls: storage registers them on every SQLite connection and creates the
//! PostgreSQL ones by migration.

/// A function that storage registers on SQLite connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteFunction {
    /// Its name.
    pub name: &'static str,
    /// Number of its arguments.
    pub arguments: i32,
    /// Equal arguments give equal results, so SQLite may fold it.
    pub deterministic: bool,
    /// What it does; NULL in an argument gives NULL except where this says otherwise.
    pub does: &'static str,
}

/// Every function of our own in SQL rendered for SQLite.
pub const SQLITE_FUNCTIONS: &[SqliteFunction] = &[
    SqliteFunction {
        name: "cql_like",
        arguments: 3,
        deterministic: true,
        does: "(text, pattern, escape): 1 or 0 by `like`; escape is a text of one character, or NULL for none",
    },
    SqliteFunction {
        name: "cql_lower",
        arguments: 1,
        deterministic: true,
        does: "(text): Unicode lower case",
    },
    SqliteFunction {
        name: "cql_upper",
        arguments: 1,
        deterministic: true,
        does: "(text): Unicode upper case",
    },
    SqliteFunction {
        name: "cql_text",
        arguments: 1,
        deterministic: true,
        does: "(number): text by `double_text`",
    },
    SqliteFunction {
        name: "cql_divisor",
        arguments: 1,
        deterministic: true,
        does: "(number): the number itself, or the error `Divide by zero error encountered.` when it is 0",
    },
    SqliteFunction {
        name: "cql_newid",
        arguments: 0,
        deterministic: false,
        does: "(): a new random GUID, upper case, with hyphens",
    },
];

/// The definition of `cql_like` for PostgreSQL; put the schema's quoted name for `{schema}`.
///
/// It turns the T-SQL pattern into a regular expression: `%` `.*`, `_` `.`, all other characters as escapes of their code. The
/// `(?s)` lets a dot match line ends. NULL in text or pattern gives NULL; an escape of NULL means none. A class without
/// end and an escape without a character behind it match nothing, like the Rust function `like`.
pub const POSTGRES_LIKE: &str = r#"CREATE OR REPLACE FUNCTION {schema}.cql_like(value text, pattern text, escape text)
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
$body$"#;
