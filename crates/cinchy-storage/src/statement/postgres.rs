//! Rows of PostgreSQL: from diesel's cursor and the server's binary forms to cells.

use chrono::DateTime;
use cinchy_cql::value::Type;
use diesel::PgConnection;
use diesel::connection::LoadConnection;
use diesel::data_types::PgNumeric;
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgRowByRowLoadingMode, PgValue};
use diesel::row::{Field, Row};
use diesel::sql_types::Numeric;

use super::{Cell, IsoBuffer, RowSink, Statement, missing_column};
use crate::error::{Result, StorageError};

/// Runs a statement for its rows.
pub(super) fn query(
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
