//! Conversion of values between types, as T-SQL does it, and the resolution of binds when a statement runs.

use crate::api::Arguments;
use crate::dates;
use crate::error::CqlError;
use crate::value::{Bind, Type, Value};

impl Bind {
    /// The type of the value, fixed when compiling: bind NULL as this type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Literal(Value::Null) => Type::Null,
            Self::Literal(Value::Bool(_)) => Type::Bit,
            Self::Literal(Value::Int(n)) if i32::try_from(*n).is_ok() => Type::Int,
            Self::Literal(Value::Int(_)) => Type::BigInt,
            Self::Literal(Value::Double(_)) => Type::Double,
            Self::Literal(Value::Text(_)) => Type::Text,
            Self::Literal(Value::DateTime(_)) | Self::Now => Type::DateTime,
            Self::Literal(Value::Bytes(_)) => Type::Binary,
            Self::Parameter { ty, .. } => *ty,
            Self::CurrentUser => Type::Int,
        }
    }

    /// The value to bind when the statement runs.
    ///
    /// # Errors
    /// A parameter that does not convert to the type of its context, with T-SQL's text.
    pub fn resolve(&self, arguments: &Arguments) -> Result<Value, CqlError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::CurrentUser => Value::Int(arguments.current_user.into()),
            Self::Now => Value::DateTime(arguments.now),
            Self::Parameter { name, ty } => {
                let found = arguments
                    .values
                    .iter()
                    .find(|(given, _)| same_name(given, name));
                match found {
                    Some((_, value)) => parameter(value, *ty)?,
                    None => Value::Null,
                }
            }
        })
    }
}

/// Whether a parameter name as given (any case, with or without `@`) is `name` (lower case, without).
pub(crate) fn same_name(given: &str, name: &str) -> bool {
    let given = given.strip_prefix('@').unwrap_or(given);
    given.eq_ignore_ascii_case(name) || (!given.is_ascii() && given.to_lowercase() == name)
}

/// Converts a parameter to the type of its context. For every type but text the empty text and the four letters `null`,
/// which the Angular SDK sends for null, are NULL.
fn parameter(value: &Value, ty: Type) -> Result<Value, CqlError> {
    match value {
        Value::Text(text)
            if !matches!(ty, Type::Text | Type::Null | Type::Binary)
                && (text.trim().is_empty() || text.trim() == "null") =>
        {
            Ok(Value::Null)
        }
        _ => convert(value, ty),
    }
}

/// Converts a constant to a type. The empty text is 0, No or 1900-01-01 (T-SQL).
///
/// # Errors
/// A value that the type does not take, with T-SQL's text.
pub fn convert(value: &Value, ty: Type) -> Result<Value, CqlError> {
    match (value, ty) {
        (Value::Null, _) => Ok(Value::Null),
        (value, Type::Null) => Ok(value.clone()),
        (Value::Text(text), _) => from_text(text, ty),
        (Value::Bool(b), _) => from_integer(i64::from(*b), ty, Type::Bit),
        (Value::Int(n), _) => from_integer(*n, ty, Type::Int),
        (Value::Double(x), _) => from_double(*x, ty),
        (Value::DateTime(moment), Type::DateTime) => Ok(Value::DateTime(*moment)),
        (Value::Bytes(bytes), Type::Binary) => Ok(Value::Bytes(bytes.clone())),
        (Value::DateTime(_), _) => Err(clash(Type::DateTime, ty)),
        (Value::Bytes(_), _) => Err(clash(Type::Binary, ty)),
    }
}

fn clash(from: Type, to: Type) -> CqlError {
    CqlError::TypeClash {
        from: sql_name(from),
        to: sql_name(to),
        position: None,
    }
}

/// T-SQL's word for a type, as its messages have it.
pub(crate) fn sql_name(ty: Type) -> &'static str {
    match ty {
        Type::Bit => "bit",
        Type::Int => "int",
        Type::BigInt => "bigint",
        Type::Double => "float",
        Type::Text => "nvarchar",
        Type::DateTime => "datetime2",
        Type::Binary => "varbinary",
        Type::Null => "NULL",
    }
}

fn from_text(text: &str, ty: Type) -> Result<Value, CqlError> {
    let trimmed = text.trim();
    match ty {
        Type::Text | Type::Null => Ok(Value::Text(text.to_owned())),
        Type::Int | Type::BigInt => {
            if trimmed.is_empty() {
                return Ok(Value::Int(0));
            }
            let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(CqlError::NotAnInteger {
                    text: text.to_owned(),
                });
            }
            let number = trimmed
                .parse::<i64>()
                .map_err(|_| CqlError::IntegerOverflow)?;
            in_range(number, ty).map(Value::Int)
        }
        Type::Double => {
            if trimmed.is_empty() {
                return Ok(Value::Double(0.0));
            }
            // Rust also reads `inf` and `nan`, which are no numbers here.
            let plain = trimmed
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
            match trimmed.parse::<f64>() {
                Ok(x) if plain && x.is_finite() => Ok(Value::Double(x)),
                _ => Err(CqlError::NotANumber {
                    text: text.to_owned(),
                }),
            }
        }
        Type::Bit => match trimmed.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(Value::Bool(true)),
            "no" | "false" | "0" | "" => Ok(Value::Bool(false)),
            _ => match trimmed.parse::<i64>() {
                Ok(n) => Ok(Value::Bool(n != 0)),
                Err(_) => Err(CqlError::NotABit {
                    text: text.to_owned(),
                }),
            },
        },
        Type::DateTime => {
            let moment = if trimmed.is_empty() {
                dates::parse("1900-01-01")
            } else {
                dates::parse(trimmed)
            };
            moment
                .map(Value::DateTime)
                .ok_or_else(|| CqlError::NotADate {
                    text: text.to_owned(),
                })
        }
        Type::Binary => Err(clash(Type::Text, Type::Binary)),
    }
}

fn from_integer(n: i64, ty: Type, from: Type) -> Result<Value, CqlError> {
    match ty {
        // Kept apart so that `true` stays a Boolean in a context without a type.
        Type::Null => Ok(Value::Int(n)),
        Type::Bit => Ok(Value::Bool(n != 0)),
        Type::Int | Type::BigInt => in_range(n, ty).map(Value::Int),
        #[expect(clippy::cast_precision_loss, reason = "T-SQL rounds the same way")]
        Type::Double => Ok(Value::Double(n as f64)),
        Type::Text => Ok(Value::Text(n.to_string())),
        Type::DateTime | Type::Binary => Err(clash(from, ty)),
    }
}

fn from_double(x: f64, ty: Type) -> Result<Value, CqlError> {
    match ty {
        Type::Double | Type::Null => Ok(Value::Double(x)),
        Type::Bit => Ok(Value::Bool(x != 0.0)),
        Type::Int | Type::BigInt => {
            let whole = x.trunc();
            if !whole.is_finite() || whole.abs() >= 9_007_199_254_740_992.0 {
                return Err(CqlError::IntegerOverflow);
            }
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            in_range(whole as i64, ty).map(Value::Int)
        }
        Type::Text => Ok(Value::Text(double_text(x))),
        Type::DateTime | Type::Binary => Err(clash(Type::Double, ty)),
    }
}

fn in_range(n: i64, ty: Type) -> Result<i64, CqlError> {
    if ty == Type::Int && i32::try_from(n).is_err() {
        return Err(CqlError::IntegerOverflow);
    }
    Ok(n)
}

/// A number as text, the same as PostgreSQL prints a `float8`: shortest digits that read back, `5` for 5.0, an exponent
/// below 1e-4 and from 1e15 on. (T-SQL prints six digits only, which loses data: a deliberate difference.) Storage
/// registers it on SQLite as `cql_text`.
pub fn double_text(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 {
            "0".to_owned()
        } else {
            format!("{x}")
        };
    }
    let scientific = format!("{x:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(e) if (-4..15).contains(&e) => format!("{x}"),
        Ok(e) => format!("{digits}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs()),
        Err(_) => scientific,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn doubles_print_as_postgresql_prints_them() {
        for (x, expect) in [
            (5.0, "5"),
            (0.0, "0"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (-1_232_131_223.0, "-1232131223"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(double_text(x), expect);
        }
    }

    #[test]
    fn text_converts_by_context() {
        let text = |t: &str| Value::Text(t.to_owned());
        assert_eq!(
            convert(&text(" 50 "), Type::Double).unwrap(),
            Value::Double(50.0)
        );
        assert_eq!(convert(&text("Yes"), Type::Bit).unwrap(), Value::Bool(true));
        assert_eq!(
            convert(&text("FALSE"), Type::Bit).unwrap(),
            Value::Bool(false)
        );
        assert_eq!(convert(&text("-7"), Type::Int).unwrap(), Value::Int(-7));
        assert_eq!(convert(&Value::Double(5.0), Type::Text).unwrap(), text("5"));
        for (value, ty, expect) in [
            (
                text("abc"),
                Type::Double,
                "Error converting data type varchar to float.",
            ),
            (
                text("nan"),
                Type::Double,
                "Error converting data type varchar to float.",
            ),
            (
                text("1.5"),
                Type::Int,
                "Conversion failed when converting the varchar value '1.5' to data type int.",
            ),
            (
                text("maybe"),
                Type::Bit,
                "Conversion failed when converting the varchar value 'maybe' to data type bit.",
            ),
            (
                text("Test"),
                Type::DateTime,
                "Conversion failed when converting date and/or time from character string.",
            ),
            (
                text("3000000000"),
                Type::Int,
                "Arithmetic overflow error converting expression to data type int.",
            ),
        ] {
            assert_eq!(convert(&value, ty).unwrap_err().to_string(), expect);
        }
    }

    #[test]
    fn parameters_resolve() {
        let values = [
            ("@Id".to_owned(), Value::Text("7".into())),
            ("none".to_owned(), Value::Text("null".into())),
        ];
        let arguments = Arguments {
            values: &values,
            current_user: 3,
            now: dates::parse("2024-01-02 03:04:05").unwrap(),
        };
        let bind = |name: &str, ty| {
            Bind::Parameter {
                name: name.into(),
                ty,
            }
            .resolve(&arguments)
            .unwrap()
        };
        assert_eq!(bind("id", Type::Int), Value::Int(7));
        assert_eq!(bind("id", Type::Double), Value::Double(7.0));
        assert_eq!(bind("none", Type::Int), Value::Null);
        assert_eq!(bind("none", Type::Text), Value::Text("null".into()));
        assert_eq!(bind("missing", Type::Int), Value::Null);
        assert_eq!(
            Bind::CurrentUser.resolve(&arguments).unwrap(),
            Value::Int(3)
        );
    }
}
