//! The way back from SQLite: rendered SQL calls `cql('name|result|arguments', ..)`, storage hands the text and the
//! arguments to [`run`], and the function computes in Rust. A value is stored there as SQLite stores it: a bit as an
//! integer, a date as text.

use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset, NaiveDateTime, SubsecRound, TimeZone};

use super::Function;
use crate::convert::decimal;
use crate::dates;
use crate::error::CqlError;
use crate::value::{Type, Value};

/// How a date and time is stored on SQLite (diesel writes it so).
const DATE_TIME: &str = "%F %T%.f";

/// A value as SQLite knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum SqliteValue {
    /// NULL.
    Null,
    /// INTEGER.
    Int(i64),
    /// REAL.
    Double(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Bytes(Vec<u8>),
}

/// Runs the call that `signature` names.
///
/// # Errors
/// What the function raises, with T-SQL's text; a signature that no renderer wrote.
pub fn run(signature: &str, arguments: Vec<SqliteValue>) -> Result<SqliteValue, CqlError> {
    let broken = || CqlError::Unsupported {
        what: format!("the call {signature}"),
        position: None,
    };
    let mut parts = signature.split('|');
    let (name, result, types) = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(result), Some(types)) => (name, result, types),
        _ => return Err(broken()),
    };
    let function = super::all().find(|f| f.name == name).ok_or_else(broken)?;
    let evaluate = function.evaluate.ok_or_else(broken)?;
    let result = type_of(result).ok_or_else(broken)?;
    let mut values = Vec::with_capacity(arguments.len());
    for (argument, ty) in arguments.into_iter().zip(types.split(',')) {
        let value = decode(argument, type_of(ty).ok_or_else(broken)?).ok_or_else(broken)?;
        if function.strict && value == Value::Null {
            return Ok(SqliteValue::Null);
        }
        values.push(value);
    }
    evaluate(&values, result).map(encode)
}

/// The signature of a call.
pub(crate) fn signature(function: &Function, result: Type, arguments: &[Type]) -> String {
    let types: Vec<String> = arguments.iter().copied().map(code).collect();
    format!("{}|{}|{}", function.name, code(result), types.join(","))
}

/// A type as one word.
pub(crate) fn code(ty: Type) -> String {
    match ty {
        Type::Bit => "bit".to_owned(),
        Type::TinyInt => "tinyint".to_owned(),
        Type::SmallInt => "smallint".to_owned(),
        Type::Int => "int".to_owned(),
        Type::BigInt => "bigint".to_owned(),
        Type::Decimal { precision, scale } => format!("decimal.{precision}.{scale}"),
        Type::Money => "money".to_owned(),
        Type::Real => "real".to_owned(),
        Type::Double => "float".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Time(scale) => format!("time.{scale}"),
        Type::DateTime => "datetime".to_owned(),
        Type::DateTime2(scale) => format!("datetime2.{scale}"),
        Type::DateTimeOffset(scale) => format!("datetimeoffset.{scale}"),
        Type::Binary => "binary".to_owned(),
        Type::Null => "null".to_owned(),
    }
}

/// The type that [`code`] wrote.
pub(crate) fn type_of(code: &str) -> Option<Type> {
    let mut parts = code.split('.');
    let word = parts.next()?;
    let mut number = || parts.next().and_then(|n| n.parse::<u8>().ok());
    Some(match word {
        "bit" => Type::Bit,
        "tinyint" => Type::TinyInt,
        "smallint" => Type::SmallInt,
        "int" => Type::Int,
        "bigint" => Type::BigInt,
        "decimal" => Type::Decimal {
            precision: number()?,
            scale: number()?,
        },
        "money" => Type::Money,
        "real" => Type::Real,
        "float" => Type::Double,
        "text" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time(number()?),
        "datetime" => Type::DateTime,
        "datetime2" => Type::DateTime2(number()?),
        "datetimeoffset" => Type::DateTimeOffset(number()?),
        "binary" => Type::Binary,
        "null" => Type::Null,
        _ => return None,
    })
}

fn decode(value: SqliteValue, ty: Type) -> Option<Value> {
    Some(match (value, ty) {
        (SqliteValue::Null, _) => Value::Null,
        (SqliteValue::Int(n), Type::Bit) => Value::Bool(n != 0),
        #[expect(clippy::cast_precision_loss, reason = "SQLite stores whole doubles so")]
        (SqliteValue::Int(n), Type::Double) => Value::Double(n as f64),
        (SqliteValue::Int(n), _) => Value::Int(n),
        (SqliteValue::Double(x), _) => Value::Double(x),
        (SqliteValue::Text(text), ty) if ty.is_date() || ty.is_decimal() => bound_value(&text, ty)?,
        (SqliteValue::Text(text), _) => Value::Text(text),
        (SqliteValue::Bytes(bytes), _) => Value::Bytes(bytes),
    })
}

/// Reads what [`bound_text`] wrote, and a date and time.
pub fn bound_value(text: &str, ty: Type) -> Option<Value> {
    Some(match ty {
        Type::Decimal { .. } | Type::Money => Value::Decimal(decimal::parse(text)?),
        Type::Date => Value::Date(text.parse().ok()?),
        Type::Time(_) => Value::Time(text.parse().ok()?),
        Type::DateTimeOffset(_) => {
            let (utc, offset) = text.rsplit_once(' ')?;
            let utc = NaiveDateTime::parse_from_str(utc, DATE_TIME).ok()?;
            let minutes = i32::try_from(dates::offset(offset)?).ok()?;
            Value::DateTimeOffset(FixedOffset::east_opt(minutes * 60)?.from_utc_datetime(&utc))
        }
        _ => Value::DateTime(NaiveDateTime::parse_from_str(text, DATE_TIME).ok()?),
    })
}

/// The order of exact numbers that are kept as text.
pub fn compare_numbers(left: &str, right: &str) -> Ordering {
    match (decimal::parse(left), decimal::parse(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

/// The moment with its offset that [`bound_text`] wrote.
pub fn offset_moment(text: &str) -> Option<DateTime<FixedOffset>> {
    match bound_value(text, Type::DateTimeOffset(7))? {
        Value::DateTimeOffset(moment) => Some(moment),
        _ => None,
    }
}

/// The text of a value that is bound and stored as one: equal values of one type have equal texts, and texts of dates
/// are ordered as the dates are.
pub fn bound_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Decimal(number) => decimal::text(number),
        Value::Date(date) => date.format("%F").to_string(),
        Value::Time(time) => time.format("%T%.f").to_string(),
        // The moment of UTC, by which they are ordered, then the offset.
        Value::DateTimeOffset(moment) => format!(
            "{}.{:07} {}",
            moment.naive_utc().format("%F %T"),
            // 100 ns; a leap second counts as the last of its minute.
            moment.timestamp_subsec_nanos().min(999_999_999) / 100,
            moment.offset()
        ),
        _ => return None,
    })
}

fn encode(value: Value) -> SqliteValue {
    match value {
        Value::Null => SqliteValue::Null,
        Value::Bool(b) => SqliteValue::Int(b.into()),
        Value::Int(n) => SqliteValue::Int(n),
        Value::Double(x) => SqliteValue::Double(x),
        Value::Text(text) => SqliteValue::Text(text),
        // PostgreSQL keeps microseconds.
        Value::DateTime(moment) => {
            SqliteValue::Text(moment.trunc_subsecs(6).format(DATE_TIME).to_string())
        }
        Value::Time(time) => {
            SqliteValue::Text(bound_text(&Value::Time(time.trunc_subsecs(6))).unwrap_or_default())
        }
        value @ (Value::Decimal(_) | Value::Date(_) | Value::DateTimeOffset(_)) => {
            bound_text(&value).map_or(SqliteValue::Null, SqliteValue::Text)
        }
        Value::Bytes(bytes) => SqliteValue::Bytes(bytes),
    }
}
