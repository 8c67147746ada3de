//! Statements with run-time text: compiled CQL and the row writer. They are prepared once per connection and their rows
//! are handed to a sink cell by cell, without a row ever standing in memory.

mod iso;
mod postgres;

use std::ops::ControlFlow;

use chrono::{NaiveDateTime, SubsecRound};
use cinchy_cql::CqlError;
use cinchy_cql::value::{Type, Value};
use diesel::connection::Connection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Double, Nullable, Text, Timestamp, Untyped};
use diesel::sqlite::Sqlite;

pub(crate) use self::iso::IsoBuffer;
use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::sqlite_library;

/// A bound value with the SQL type it is sent as (a NULL has one too).
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// SQL type.
    pub ty: Type,
    /// Value; of `ty`, or NULL.
    pub value: Value,
}

impl Bound {
    /// Text, or NULL.
    pub fn text(value: Option<impl Into<String>>) -> Self {
        Self {
            ty: Type::Text,
            value: value.map_or(Value::Null, |v| Value::Text(v.into())),
        }
    }

    /// A 32 bit integer, or NULL.
    pub fn int(value: impl Into<Option<i32>>) -> Self {
        Self {
            ty: Type::Int,
            value: value.into().map_or(Value::Null, |v| Value::Int(v.into())),
        }
    }

    /// Yes/No, or NULL.
    pub fn bit(value: impl Into<Option<bool>>) -> Self {
        Self {
            ty: Type::Bit,
            value: value.into().map_or(Value::Null, Value::Bool),
        }
    }

    /// Date and time, or NULL.
    pub fn date_time(value: impl Into<Option<chrono::NaiveDateTime>>) -> Self {
        // Microseconds, as PostgreSQL keeps them.
        let value = value.into().map(|at| at.trunc_subsecs(6));
        Self {
            ty: Type::DateTime,
            value: value.map_or(Value::Null, Value::DateTime),
        }
    }
}

/// A text with `$1`, `$2` ... and its values. A placeholder may stand in several places; the first mentions are in order,
/// since SQLite numbers them so.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    sql: &'a str,
    binds: &'a [Bound],
}

impl<'a> Statement<'a> {
    /// A statement of this text.
    pub fn new(sql: &'a str, binds: &'a [Bound]) -> Self {
        Self { sql, binds }
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    // The statement cache then goes by the text itself.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

macro_rules! backend_of_statements {
    ($db:ty) => {
        impl QueryFragment<$db> for Bound {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $db>) -> QueryResult<()> {
                match &self.value {
                    Value::Bool(v) => out.push_bind_param_value_only::<Bool, _>(v),
                    // Every integer goes out as 64 bit; the text casts where a narrower one is meant.
                    Value::Int(v) => out.push_bind_param_value_only::<BigInt, _>(v),
                    Value::Double(v) => out.push_bind_param_value_only::<Double, _>(v),
                    Value::Text(v) => out.push_bind_param_value_only::<Text, _>(v),
                    Value::DateTime(v) => out.push_bind_param_value_only::<Timestamp, _>(v),
                    Value::Bytes(v) => out.push_bind_param_value_only::<Binary, _>(v),
                    // `run::resolve` has made them texts.
                    Value::Decimal(_) | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset(_) => Err(
                        diesel::result::Error::SerializationError("a value that is bound as text".into()),
                    ),
                    Value::Null => match self.ty {
                        Type::Bit => out.push_bind_param_value_only::<Nullable<Bool>, Option<bool>>(&None),
                        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => out.push_bind_param_value_only::<Nullable<BigInt>, Option<i64>>(&None),
                        Type::Real | Type::Double => out.push_bind_param_value_only::<Nullable<Double>, Option<f64>>(&None),
                        Type::Text | Type::Null | Type::Decimal { .. } | Type::Money | Type::Date | Type::Time(_) | Type::DateTimeOffset(_) => out.push_bind_param_value_only::<Nullable<Text>, Option<String>>(&None),
                        Type::DateTime | Type::DateTime2(_) => out.push_bind_param_value_only::<Nullable<Timestamp>, Option<NaiveDateTime>>(&None),
                        Type::Binary => out.push_bind_param_value_only::<Nullable<Binary>, Option<Vec<u8>>>(&None),
                    },
                }
            }
        }

        impl QueryFragment<$db> for Statement<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $db>) -> QueryResult<()> {
                out.push_sql(self.sql);
                self.binds
                    .iter()
                    .try_for_each(|bound| QueryFragment::<$db>::walk_ast(bound, out.reborrow()))
            }
        }
    };
}

backend_of_statements!(Sqlite);
backend_of_statements!(Pg);

/// One cell of a result. Text and bytes are borrowed from the driver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// Yes/No.
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// An exact number as JSON has it, with all digits of its scale.
    Decimal(&'a str),
    /// Text, and times of day.
    Text(&'a str),
    /// Date and time as ISO 8601 text: `2020-01-15T10:00:00`, fractions without trailing zeros; with an offset where the
    /// type has one.
    DateTime(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Takes the rows of a result.
pub trait RowSink {
    /// The next cell of the row under way.
    fn cell(&mut self, index: usize, cell: Cell<'_>);
    /// The row is whole. `Break` ends the query.
    fn end_row(&mut self) -> ControlFlow<()>;
}

/// Runs a statement for its rows; `types` are the static types of its columns.
///
/// # Errors
/// The driver's, or [`StorageError::Timeout`].
pub fn query(
    conn: &mut Connection,
    sql: &str,
    binds: &[Bound],
    types: &[Type],
    sink: &mut impl RowSink,
) -> Result<()> {
    conn.arm()?;
    let result = match &mut **conn {
        AnyConnection::Sqlite(_) => query_sqlite(conn, sql, binds, types, sink),
        AnyConnection::Postgres(postgres) => {
            let statement = Statement::new(sql, binds);
            let result = postgres::query(postgres, statement, types, sink);
            conn.note_text(sql);
            result
        }
    };
    result.map_err(|error| conn.explain(error))
}

/// Runs a statement for its effect.
///
/// # Errors
/// The driver's, or [`StorageError::Timeout`].
pub fn execute(conn: &mut Connection, sql: &str, binds: &[Bound]) -> Result<usize> {
    conn.arm()?;
    conn.note_text(sql);
    let statement = Statement::new(sql, binds);
    let result = match &mut **conn {
        AnyConnection::Sqlite(conn) => conn.execute_returning_count(&statement),
        AnyConnection::Postgres(conn) => conn.execute_returning_count(&statement),
    };
    result.map_err(|error| conn.explain(error.into()))
}

fn query_sqlite(
    conn: &mut Connection,
    sql: &str,
    binds: &[Bound],
    types: &[Type],
    sink: &mut impl RowSink,
) -> Result<()> {
    let mut buffer = IsoBuffer::default();
    let mut rows = sqlite_library::rows(conn, sql, binds)?;
    let columns = rows.columns();
    if columns < types.len() {
        return Err(missing_column(columns));
    }
    while let Some(mut row) = rows.next()? {
        for (index, ty) in types.iter().enumerate() {
            let stored = row.cell(index);
            if stored.is_null() {
                sink.cell(index, Cell::Null);
                continue;
            }
            let cell = match ty {
                Type::Bit => Cell::Bool(stored.int() != 0),
                Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
                    Cell::Int(stored.int())
                }
                Type::Real | Type::Double => {
                    let number = stored.double();
                    if number.is_infinite() {
                        // SQLite goes on with what PostgreSQL refuses.
                        return Err(float_overflow().into());
                    }
                    Cell::Double(number)
                }
                Type::Decimal { .. } | Type::Money => Cell::Decimal(stored.text()?),
                Type::Text | Type::Null => Cell::Text(stored.text()?),
                Type::Date | Type::DateTime | Type::DateTime2(_) => {
                    Cell::DateTime(buffer.of_text(stored.text()?))
                }
                Type::Time(_) => Cell::Text(buffer.of_clock(stored.text()?)),
                Type::DateTimeOffset(_) => Cell::DateTime(buffer.of_offset(stored.text()?)),
                Type::Binary => Cell::Bytes(stored.bytes()?),
            };
            sink.cell(index, cell);
        }
        if sink.end_row().is_break() {
            break;
        }
    }
    Ok(())
}

fn float_overflow() -> CqlError {
    CqlError::Overflow {
        from: "expression",
        to: "float",
    }
}

fn missing_column(index: usize) -> StorageError {
    StorageError::Corrupt(format!("a result without its column {index}"))
}

/// A cell that outlives its row.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedCell {
    /// NULL.
    Null,
    /// Yes/No.
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// An exact number.
    Decimal(String),
    /// Text.
    Text(String),
    /// ISO 8601 text without zone.
    DateTime(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<Cell<'_>> for OwnedCell {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Bool(v) => Self::Bool(v),
            Cell::Int(v) => Self::Int(v),
            Cell::Double(v) => Self::Double(v),
            Cell::Decimal(v) => Self::Decimal(v.to_owned()),
            Cell::Text(v) => Self::Text(v.to_owned()),
            Cell::DateTime(v) => Self::DateTime(v.to_owned()),
            Cell::Bytes(v) => Self::Bytes(v.to_vec()),
        }
    }
}

impl OwnedCell {
    /// The cell, borrowed.
    pub fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(v) => Cell::Bool(*v),
            Self::Int(v) => Cell::Int(*v),
            Self::Double(v) => Cell::Double(*v),
            Self::Decimal(v) => Cell::Decimal(v),
            Self::Text(v) => Cell::Text(v),
            Self::DateTime(v) => Cell::DateTime(v),
            Self::Bytes(v) => Cell::Bytes(v),
        }
    }
}

/// A sink that keeps the rows, for small results inside this crate.
#[derive(Debug, Default)]
pub struct Collected {
    /// Whole rows.
    pub rows: Vec<Vec<OwnedCell>>,
    row: Vec<OwnedCell>,
}

impl RowSink for Collected {
    fn cell(&mut self, _index: usize, cell: Cell<'_>) {
        self.row.push(cell.into());
    }
    fn end_row(&mut self) -> ControlFlow<()> {
        self.rows.push(std::mem::take(&mut self.row));
        ControlFlow::Continue(())
    }
}

/// Runs a statement and keeps its rows.
///
/// # Errors
/// The driver's.
pub fn collect(
    conn: &mut Connection,
    sql: &str,
    binds: &[Bound],
    types: &[Type],
) -> Result<Vec<Vec<OwnedCell>>> {
    let mut rows = Collected::default();
    query(conn, sql, binds, types, &mut rows)?;
    Ok(rows.rows)
}
