//! The functions of our own that rendered SQL calls: storage registers them on every SQLite connection and creates the
//! PostgreSQL ones by migration.

/// A function that storage registers on SQLite connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteFunction {
    /// Its name.
    pub name: &'static str,
    /// Number of its arguments; -1 for any.
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
        name: "cql_holds",
        arguments: -1,
        deterministic: true,
        does: "(text, ...): whether one of the others holds the first by `Needle`; NULL where none does and one is NULL",
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
        name: "cql_single",
        arguments: 1,
        deterministic: true,
        does: "(count): whether it is 1, or the error of a sub-select with several rows when it is more",
    },
    SqliteFunction {
        name: "cql_newid",
        arguments: 0,
        deterministic: false,
        does: "(): a new random GUID, upper case, with hyphens",
    },
];
