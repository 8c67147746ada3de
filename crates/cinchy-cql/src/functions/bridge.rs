//! The way back from SQLite: rendered SQL calls `cql('name|result|arguments', ..)`, storage hands the text and the
//! arguments to [`run`], and the function computes in Rust. A value is stored there as SQLite stores it: a bit as an
//! integer, a date as text.

use chrono::NaiveDateTime;

use super::Function;
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
    let types: Vec<&str> = arguments.iter().copied().map(code).collect();
    format!("{}|{}|{}", function.name, code(result), types.join(","))
}

fn code(ty: Type) -> &'static str {
    match ty {
        Type::Bit => "bit",
        Type::Int => "int",
        Type::BigInt => "bigint",
        Type::Double => "float",
        Type::Text => "text",
        Type::DateTime => "datetime",
        Type::Binary => "binary",
        Type::Null => "null",
    }
}

fn type_of(code: &str) -> Option<Type> {
    Some(match code {
        "bit" => Type::Bit,
        "int" => Type::Int,
        "bigint" => Type::BigInt,
        "float" => Type::Double,
        "text" => Type::Text,
        "datetime" => Type::DateTime,
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
        (SqliteValue::Text(text), Type::DateTime) => {
            Value::DateTime(NaiveDateTime::parse_from_str(&text, DATE_TIME).ok()?)
        }
        (SqliteValue::Text(text), _) => Value::Text(text),
        (SqliteValue::Bytes(bytes), _) => Value::Bytes(bytes),
    })
}

fn encode(value: Value) -> SqliteValue {
    match value {
        Value::Null => SqliteValue::Null,
        Value::Bool(b) => SqliteValue::Int(b.into()),
        Value::Int(n) => SqliteValue::Int(n),
        Value::Double(x) => SqliteValue::Double(x),
        Value::Text(text) => SqliteValue::Text(text),
        Value::DateTime(moment) => SqliteValue::Text(moment.format(DATE_TIME).to_string()),
        Value::Bytes(bytes) => SqliteValue::Bytes(bytes),
    }
}
