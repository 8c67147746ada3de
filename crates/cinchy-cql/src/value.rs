//! Types and values that cross the border of this crate: static types of expressions, bound values, compiled statements.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use crate::catalog::UserFunction;
use crate::evaluate::Computed;

/// Static type of an expression, as the binder infers it by T-SQL rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Yes/No.
    Bit,
    /// 0 to 255.
    TinyInt,
    /// 16 bit.
    SmallInt,
    /// 32 bit.
    Int,
    /// 64 bit.
    BigInt,
    /// Exact number; the literal 1.5 is one of precision 2 and scale 1.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// Exact number of four digits behind the point.
    Money,
    /// FLOAT(24).
    Real,
    /// FLOAT(53), every Number column.
    Double,
    /// Unicode text.
    Text,
    /// Date without time.
    Date,
    /// Time of day with so many digits of a second.
    Time(u8),
    /// Date and time without zone: `datetime`, every Date column.
    DateTime,
    /// Date and time without zone, with so many digits of a second: `datetime2`.
    DateTime2(u8),
    /// Date and time with an offset, with so many digits of a second.
    DateTimeOffset(u8),
    /// Bytes.
    Binary,
    /// The literal NULL before its context gives it a type.
    Null,
}

impl Type {
    /// The short .NET name that the wire's `schema` carries (seen in the SDKs; the others by the documented mapping).
    pub fn dotnet_name(self) -> &'static str {
        match self {
            Self::Bit => "Boolean",
            Self::TinyInt => "Byte",
            Self::SmallInt => "Int16",
            // An untyped NULL is an integer (T-SQL).
            Self::Int | Self::Null => "Int32",
            Self::BigInt => "Int64",
            Self::Decimal { .. } | Self::Money => "Decimal",
            Self::Real => "Single",
            Self::Double => "Double",
            Self::Text => "String",
            Self::Date | Self::DateTime | Self::DateTime2(_) => "DateTime",
            Self::Time(_) => "TimeSpan",
            Self::DateTimeOffset(_) => "DateTimeOffset",
            Self::Binary => "Byte[]",
        }
    }

    /// Whether it is a whole number: `tinyint` to `bigint`.
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt
        )
    }

    /// Whether it is an exact number with digits behind the point.
    pub fn is_decimal(self) -> bool {
        matches!(self, Self::Decimal { .. } | Self::Money)
    }

    /// Whether it is a floating-point number.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Real | Self::Double)
    }

    /// Whether its values are bound as text, since the driver has no such type on both databases.
    pub fn is_bound_as_text(self) -> bool {
        self.is_decimal() || matches!(self, Self::Date | Self::Time(_) | Self::DateTimeOffset(_))
    }

    /// Whether it is a date, a time or both.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::Time(_)
                | Self::DateTime
                | Self::DateTime2(_)
                | Self::DateTimeOffset(_)
        )
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
    /// An exact number, with as many digits behind the point as its type has.
    Decimal(BigDecimal),
    /// A double.
    Double(f64),
    /// Text.
    Text(String),
    /// Date.
    Date(NaiveDate),
    /// Time of day, to 100 ns.
    Time(NaiveTime),
    /// Date and time, to 100 ns.
    DateTime(NaiveDateTime),
    /// Date and time with an offset, to 100 ns.
    DateTimeOffset(DateTime<FixedOffset>),
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
    /// Result columns that are computed as the rows come. In their place the SQL has the cells that they are computed from,
    /// so that it may have more columns than the result.
    pub computed: Vec<ComputedColumn>,
}

/// A result column that is computed from columns of the SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct ComputedColumn {
    /// Index in [`Compiled::columns`].
    pub column: usize,
    /// What computes it.
    pub by: ComputedBy,
    /// Types of its cells; at least one.
    pub cells: Vec<Type>,
}

/// What computes a result column.
#[derive(Debug, Clone, PartialEq)]
pub enum ComputedBy {
    /// A user-defined function, whose arguments are the cells.
    Script(Arc<UserFunction>),
    /// An expression, in which the cells are parameters named by [`crate::cell_name`].
    Value(Computed),
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
    /// An expression of parameters and constants, computed when the statement runs.
    Computed(Computed),
    /// The caller's Cinchy Id.
    CurrentUser,
    /// The emulated clock's now.
    Now,
    /// What a user-defined function gives, converted to `ty` when the statement runs.
    UserCall {
        /// The function.
        function: Arc<UserFunction>,
        /// Its arguments.
        arguments: Vec<Bind>,
        /// The type that its context asks for.
        ty: Type,
    },
}
