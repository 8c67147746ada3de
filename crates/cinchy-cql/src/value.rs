//! Types and values that cross the border of this crate: static types of expressions, bound values, compiled statements.

use chrono::NaiveDateTime;

/// Static type of an expression, as the binder infers it by T-SQL rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Yes/No.
    Bit,
    /// 32 bit.
    Int,
    /// 64 bit.
    BigInt,
    /// FLOAT(53), every Number column.
    Double,
    /// Unicode text.
    Text,
    /// Date and time without zone.
    DateTime,
    /// Bytes.
    Binary,
    /// The literal NULL before its context gives it a type.
    Null,
}

impl Type {
    /// The short .NET name that the wire's `schema` carries (seen in the SDKs).
    pub fn dotnet_name(self) -> &'static str {
        match self {
            Self::Bit => "Boolean",
            Self::Int => "Int32",
            Self::BigInt => "Int64",
            Self::Double => "Double",
            Self::Text | Self::Null => "String",
            Self::DateTime => "DateTime",
            Self::Binary => "Byte[]",
        }
    }
}

/// A value of a parameter, literal or bind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// Yes/No.
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Text.
    Text(String),
    /// Date and time.
    DateTime(NaiveDateTime),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The database a statement is rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Embedded SQLite.
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
}

/// A statement ready to run: plain data, no reference to catalog or rights.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// SQL with `$1`, `$2` ... for the binds, tables qualified by schema on PostgreSQL.
    pub sql: String,
    /// What to bind, in order.
    pub binds: Vec<Bind>,
    /// Result columns: names are unique and not blank.
    pub columns: Vec<ResultColumn>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// As the query names it; duplicates and blanks have been made unique.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// One bound value of a [`Compiled`] statement. The SQL type is fixed when compiling, so a statement is prepared once.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// A constant of the statement.
    Literal(Value),
    /// The parameter of this name (lower case, without `@`), converted to `ty` when the statement runs.
    Parameter {
        /// Name in lower case, without `@`.
        name: String,
        /// The type that its context asks for.
        ty: Type,
    },
    /// The caller's Cinchy Id.
    CurrentUser,
    /// The emulated clock's now.
    Now,
}
