//! The scalar functions of statements: what each one computes, and how each database is told to. A function is one
//! static in the file of its topic; which name of CQL leads to it, with which types, stands in `bind/functions`.
//!
//! A function that is computed in Rust ([`Function::evaluate`]) needs no SQL of its own on SQLite ([`Sql::Rust`]): storage
//! registers one function `cql(call, ..)`, which comes back to [`bridge::run`].

mod arguments;
pub(crate) mod bridge;
pub(crate) mod characters;
pub(crate) mod conversion;
pub(crate) mod dates;
mod decimals;
pub(crate) mod exact;
pub(crate) mod format;
pub(crate) mod fulltext;
pub(crate) mod json;
pub(crate) mod letters;
pub(crate) mod logic;
pub(crate) mod maths;
pub(crate) mod numbers;
pub(crate) mod output;
pub(crate) mod rows;
pub(crate) mod split;
mod sqlite;
pub(crate) mod strings;
pub(crate) mod windows;

use crate::error::CqlError;
use crate::value::{Type, Value};

pub use sqlite::{SQLITE_FUNCTIONS, SqliteFunction};

/// Computes a call: the arguments, as the binder typed them, and the type of the result.
pub(crate) type Evaluate = fn(&[Value], Type) -> Result<Value, CqlError>;

/// A scalar function.
#[derive(Debug)]
pub(crate) struct Function {
    /// Unique, lower case: the name of CQL where it has one.
    pub name: &'static str,
    /// NULL in an argument gives NULL; `evaluate` then never sees one.
    pub strict: bool,
    /// How it is computed in Rust. `None`: by the database only.
    pub evaluate: Option<Evaluate>,
    /// How it is written on SQLite.
    pub sqlite: Sql,
    /// How it is written on PostgreSQL.
    pub postgres: Sql,
}

/// How a call is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sql {
    /// SQLite only: by `cql`, which runs [`Function::evaluate`].
    Rust,
    /// A function of the database, or one that storage registers on SQLite, by this name.
    Native(&'static str),
    /// A function of the platform's schema, made by a migration.
    Own(&'static str),
    /// PostgreSQL only: a function of the platform's schema that takes the name of the result's type and the arguments,
    /// dates as timestamps.
    Moments(&'static str),
    /// PostgreSQL only: `lower` or `upper` for letters of ASCII, and for others a function of the platform's schema that is
    /// called `cql_lower` or `cql_upper`.
    Letters(&'static str),
    /// FORMAT, which has a renderer of its own: PostgreSQL has a part of its formats.
    Format,
    /// PostgreSQL only: a conversion between types, which has a renderer of its own.
    Conversion,
    /// It has none there, and is refused where it cannot be computed beforehand.
    None,
    /// Words with `{0}`, `{1}` .. for the arguments, whose first mentions are in order.
    Words(&'static str),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Every function that [`bridge::run`] may be asked for.
fn all() -> impl Iterator<Item = &'static Function> {
    [
        strings::ALL,
        characters::ALL,
        exact::ALL,
        fulltext::ALL,
        json::ALL,
        logic::ALL,
        maths::ALL,
        dates::ALL,
        output::ALL,
        rows::ALL,
        split::ALL,
        windows::ALL,
        conversion::ALL,
        format::ALL,
        numbers::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let mut names = HashSet::new();
        for function in super::all() {
            assert!(names.insert(function.name), "{}", function.name);
        }
    }
}
