//! Texts to every type.

use super::{clash, decimal, moment, number, sql_name};
use crate::error::CqlError;
use crate::value::{Type, Value};

pub(super) fn to_type(text: &str, to: Type, style: Option<i64>) -> Result<Value, CqlError> {
    let trimmed = text.trim();
    let wrong = || CqlError::NotOfType {
        text: text.to_owned(),
        ty: sql_name(to),
    };
    let error = || CqlError::ConversionError {
        from: "varchar",
        to: sql_name(to),
    };
    match to {
        Type::Text | Type::Null => Ok(Value::Text(text.to_owned())),
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
            if trimmed.is_empty() {
                return Ok(Value::Int(0));
            }
            let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(if to == Type::BigInt { error() } else { wrong() });
            }
            let overflow = |_| CqlError::Overflow {
                from: "expression",
                to: sql_name(to),
            };
            let n = trimmed.parse::<i64>().map_err(overflow)?;
            number::in_range(n, to).map(Value::Int)
        }
        Type::Double | Type::Real => {
            if trimmed.is_empty() {
                return Ok(Value::Double(0.0));
            }
            let x = float(trimmed).ok_or_else(|| CqlError::NotANumber {
                text: text.to_owned(),
            })?;
            Ok(Value::Double(if to == Type::Real {
                number::single(x)
            } else {
                x
            }))
        }
        Type::Decimal { .. } => {
            let n = decimal::parse(trimmed).ok_or_else(error)?;
            decimal::fit(&n, to, "varchar").map(Value::Decimal)
        }
        Type::Money => {
            let plain: String = trimmed.chars().filter(|c| *c != ',').collect();
            let plain = match plain.strip_prefix('-') {
                Some(rest) => format!("-{}", rest.trim_start_matches('$')),
                None => plain.trim_start_matches('$').to_owned(),
            };
            let plain = if plain.is_empty() { "0" } else { &plain };
            let n = decimal::parse(plain).ok_or(CqlError::NotMoney)?;
            decimal::fit(&n, to, "varchar").map(Value::Decimal)
        }
        // `Yes` and `No` go into columns and compare with them (seen on the platform); CAST knows them not (T-SQL).
        Type::Bit => match trimmed.to_ascii_lowercase().as_str() {
            "yes" if style.is_none() => Ok(Value::Bool(true)),
            "no" if style.is_none() => Ok(Value::Bool(false)),
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" | "" => Ok(Value::Bool(false)),
            _ => match trimmed.parse::<i64>() {
                Ok(n) => Ok(Value::Bool(n != 0)),
                Err(_) => Err(wrong()),
            },
        },
        Type::Date
        | Type::Time(_)
        | Type::DateTime
        | Type::DateTime2(_)
        | Type::DateTimeOffset(_) => moment::of_text(text, to, style),
        Type::Binary => match style {
            None => Err(clash(Type::Text, Type::Binary)),
            Some(1 | 2) => {
                let digits = trimmed
                    .strip_prefix("0x")
                    .or_else(|| trimmed.strip_prefix("0X"))
                    .unwrap_or(trimmed);
                hex(digits).map(Value::Bytes).ok_or_else(error)
            }
            Some(_) => Ok(Value::Bytes(text.as_bytes().to_vec())),
        },
    }
}

/// Rust also reads `inf` and `nan`, which are no numbers here.
fn float(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(x) if plain && x.is_finite() => Some(x),
        _ => None,
    }
}

/// The bytes that hexadecimal digits name.
pub(crate) fn hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).ok())
        .collect()
}

/// Bytes as text: style 1 as `0x..`, 2 the digits alone, else their characters.
pub(super) fn of_bytes(bytes: &[u8], style: i64) -> String {
    let digits = || bytes.iter().map(|b| format!("{b:02X}")).collect::<String>();
    match style {
        1 => format!("0x{}", digits()),
        2 => digits(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
