//! Statements with run-time text: compiled CQL and the row writer. They are prepared once per connection and their rows
//! are handed to a sink cell by cell, without a row ever standing in memory.

use std::ops::ControlFlow;

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, SubsecRound, Timelike};
use cinchy_cql::bound_text;
use cinchy_cql::value::{Type, Value};
use diesel::PgConnection;
use diesel::connection::{Connection as _, LoadConnection};
use diesel::data_types::PgNumeric;
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgRowByRowLoadingMode, PgValue};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::row::{Field, Row};
use diesel::sql_types::{
    BigInt, Binary, Bool, Double, Nullable, Numeric, Text, Timestamp, Untyped,
};
use diesel::sqlite::Sqlite;

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
            let result = query_postgres(postgres, statement, types, sink);
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
            if row.is_null(index) {
                sink.cell(index, Cell::Null);
                continue;
            }
            let cell = match ty {
                Type::Bit => Cell::Bool(row.int(index) != 0),
                Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
                    Cell::Int(row.int(index))
                }
                Type::Real | Type::Double => Cell::Double(row.double(index)),
                Type::Decimal { .. } | Type::Money => Cell::Decimal(row.text(index)?),
                Type::Text | Type::Null => Cell::Text(row.text(index)?),
                Type::Date | Type::DateTime | Type::DateTime2(_) => {
                    Cell::DateTime(buffer.of_text(row.text(index)?))
                }
                Type::Time(_) => Cell::Text(buffer.of_clock(row.text(index)?)),
                Type::DateTimeOffset(_) => Cell::DateTime(buffer.of_offset(row.text(index)?)),
                Type::Binary => Cell::Bytes(row.bytes(index)?),
            };
            sink.cell(index, cell);
        }
        if sink.end_row().is_break() {
            break;
        }
    }
    Ok(())
}

fn query_postgres(
    conn: &mut PgConnection,
    statement: Statement<'_>,
    types: &[Type],
    sink: &mut impl RowSink,
) -> Result<()> {
    let mut buffer = IsoBuffer::default();
    let cursor = LoadConnection::<PgRowByRowLoadingMode>::load(conn, statement)?;
    for row in cursor {
        let row = row?;
        for (index, ty) in types.iter().enumerate() {
            let field = row.get(index).ok_or_else(|| missing_column(index))?;
            match field.value() {
                None => sink.cell(index, Cell::Null),
                Some(value) => sink.cell(index, postgres_cell(&value, *ty, &mut buffer)?),
            }
        }
        if sink.end_row().is_break() {
            break;
        }
    }
    Ok(())
}

fn missing_column(index: usize) -> StorageError {
    StorageError::Corrupt(format!("a result without its column {index}"))
}

/// Object ids of PostgreSQL's built-in types (`pg_type.dat`).
mod oid {
    pub const BOOL: u32 = 16;
    pub const INT8: u32 = 20;
    pub const INT2: u32 = 21;
    pub const INT4: u32 = 23;
    pub const FLOAT4: u32 = 700;
    pub const FLOAT8: u32 = 701;
    pub const DATE: u32 = 1082;
}

/// Seconds from 1970 to 2000, where PostgreSQL's timestamps begin.
const POSTGRES_EPOCH: i64 = 946_684_800;

fn postgres_cell<'a>(value: &PgValue<'a>, ty: Type, buffer: &'a mut IsoBuffer) -> Result<Cell<'a>> {
    let bytes = value.as_bytes();
    let wrong =
        || StorageError::Corrupt(format!("a {ty:?} as PostgreSQL type {}", value.get_oid()));
    Ok(match ty {
        Type::Text | Type::Null => Cell::Text(std::str::from_utf8(bytes).map_err(|_| wrong())?),
        Type::Binary => Cell::Bytes(bytes),
        Type::Bit => Cell::Bool(number(value).ok_or_else(wrong)? != 0.0),
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => match value.get_oid().get() {
            oid::INT8 => Cell::Int(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "all other integer types fit a double exactly"
            )]
            _ => Cell::Int(number(value).ok_or_else(wrong)? as i64),
        },
        Type::Real | Type::Double => Cell::Double(number(value).ok_or_else(wrong)?),
        Type::Decimal { .. } | Type::Money => {
            let numeric = <PgNumeric as FromSql<Numeric, Pg>>::from_sql(*value);
            let numeric = numeric.map_err(|_| wrong())?;
            Cell::Decimal(buffer.of_numeric(&numeric).ok_or_else(wrong)?)
        }
        Type::Date | Type::DateTime | Type::DateTime2(_) if value.get_oid().get() == oid::DATE => {
            let days = i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let seconds = i64::from(days) * 86_400 + POSTGRES_EPOCH;
            let at = DateTime::from_timestamp(seconds, 0).ok_or_else(wrong)?;
            Cell::DateTime(buffer.of_time(at.naive_utc()))
        }
        Type::Time(_) => {
            let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let at = DateTime::from_timestamp_micros(micros).ok_or_else(wrong)?;
            let text = at.naive_utc().time().format("%T%.f").to_string();
            Cell::Text(buffer.of_clock(&text))
        }
        Type::DateTimeOffset(_) => {
            let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
            Cell::DateTime(buffer.of_offset(text))
        }
        Type::Date | Type::DateTime | Type::DateTime2(_) => {
            let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let at = micros
                .checked_add(POSTGRES_EPOCH * 1_000_000)
                .and_then(DateTime::from_timestamp_micros)
                .ok_or_else(wrong)?;
            Cell::DateTime(buffer.of_time(at.naive_utc()))
        }
    })
}

fn number(value: &PgValue<'_>) -> Option<f64> {
    let bytes = value.as_bytes();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts beyond 2^53 do not occur in a Number"
    )]
    Some(match value.get_oid().get() {
        oid::BOOL => f64::from(u8::from(*bytes.first()? != 0)),
        oid::INT2 => f64::from(i16::from_be_bytes(bytes.try_into().ok()?)),
        oid::INT4 => f64::from(i32::from_be_bytes(bytes.try_into().ok()?)),
        oid::INT8 => i64::from_be_bytes(bytes.try_into().ok()?) as f64,
        oid::FLOAT4 => f64::from(f32::from_be_bytes(bytes.try_into().ok()?)),
        oid::FLOAT8 => f64::from_be_bytes(bytes.try_into().ok()?),
        _ => return None,
    })
}

/// Room for one ISO text, so that dates cost no allocation.
#[derive(Default)]
pub(crate) struct IsoBuffer {
    text: String,
}

impl IsoBuffer {
    /// From SQLite's `2020-01-15 10:00:00[.ffffff]`.
    fn of_text(&mut self, text: &str) -> &str {
        self.text.clear();
        // Ten characters, unless the year has five.
        let (date, time) = match (text.get(..10), text.get(11..)) {
            (Some(date), Some(time)) if matches!(text.as_bytes()[10], b' ' | b'T') => (date, time),
            _ => text.split_once([' ', 'T']).unwrap_or((text, "00:00:00")),
        };
        let time = if time.contains('.') {
            time.trim_end_matches('0').trim_end_matches('.')
        } else {
            time
        };
        self.text.push_str(date);
        self.text.push('T');
        self.text.push_str(time);
        &self.text
    }

    fn of_time(&mut self, at: NaiveDateTime) -> &str {
        use std::fmt::Write as _;
        self.text.clear();
        // Writing to a String cannot fail.
        let _ = write!(
            self.text,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        );
        let micros = at.nanosecond() / 1_000;
        if micros > 0 {
            let _ = write!(self.text, ".{micros:06}");
            self.text.truncate(self.text.trim_end_matches('0').len());
        }
        &self.text
    }
}

impl IsoBuffer {
    /// A value as a cell of a result, with the digits that columns keep.
    pub(crate) fn cell<'a>(&'a mut self, value: &'a Value) -> Cell<'a> {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(v) => Cell::Bool(*v),
            Value::Int(v) => Cell::Int(*v),
            Value::Double(v) => Cell::Double(*v),
            Value::Text(v) => Cell::Text(v),
            Value::Bytes(v) => Cell::Bytes(v),
            Value::Date(day) => Cell::DateTime(self.of_time(day.and_time(NaiveTime::MIN))),
            Value::DateTime(at) => Cell::DateTime(self.of_time(*at)),
            Value::Time(time) => {
                let text = time.format("%T%.f").to_string();
                Cell::Text(self.of_clock(&text))
            }
            Value::DateTimeOffset(_) => {
                let text = bound_text(value).unwrap_or_default();
                Cell::DateTime(self.of_offset(&text))
            }
            Value::Decimal(_) => {
                self.text = bound_text(value).unwrap_or_default();
                Cell::Decimal(&self.text)
            }
        }
    }

    /// A time of day as .NET writes it: seven digits of a second, or none.
    fn of_clock(&mut self, text: &str) -> &str {
        self.text.clear();
        let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
        self.text.push_str(clock);
        if fraction.bytes().any(|b| b != b'0') {
            self.text.push('.');
            self.text
                .extend(fraction.chars().chain("0000000".chars()).take(7));
        }
        &self.text
    }

    /// From the moment of UTC and an offset, as they are bound.
    fn of_offset(&mut self, text: &str) -> &str {
        let parsed = cinchy_cql::offset_moment(text);
        let Some(moment) = parsed else {
            self.text.clear();
            self.text.push_str(text);
            return &self.text;
        };
        let offset = moment.offset().to_string();
        let local = moment.naive_local().format("%F %T%.f").to_string();
        self.of_text(&local);
        self.text.push_str(&offset);
        &self.text
    }

    /// An exact number from groups of four digits; `None` for what is no number.
    fn of_numeric(&mut self, numeric: &PgNumeric) -> Option<&str> {
        use std::fmt::Write as _;
        self.text.clear();
        let (negative, weight, scale, digits) = match numeric {
            PgNumeric::Positive {
                weight,
                scale,
                digits,
            } => (false, *weight, *scale, digits),
            PgNumeric::Negative {
                weight,
                scale,
                digits,
            } => (true, *weight, *scale, digits),
            PgNumeric::NaN => return None,
        };
        let group = |index: i16| {
            usize::try_from(index)
                .ok()
                .and_then(|i| digits.get(i).copied())
                .unwrap_or(0)
        };
        if negative {
            self.text.push('-');
        }
        // Writing to a String cannot fail.
        if weight < 0 {
            self.text.push('0');
        }
        for index in 0..=weight {
            let digits = group(index);
            let _ = if index == 0 {
                write!(self.text, "{digits}")
            } else {
                write!(self.text, "{digits:04}")
            };
        }
        if scale > 0 {
            self.text.push('.');
            let end = self.text.len() + usize::from(scale);
            let mut index = weight + 1;
            // Groups between the point and the first one that is kept are zeros.
            for zeros in (weight + 1)..0 {
                let _ = zeros;
                self.text.push_str("0000");
                index = 0;
            }
            while self.text.len() < end {
                let _ = write!(self.text, "{:04}", group(index));
                index += 1;
            }
            self.text.truncate(end);
        }
        Some(&self.text)
    }
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
