//! Conversion of values between types, as T-SQL does it, and the resolution of binds when a statement runs.

pub(crate) mod decimal;
pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod style;
mod text;

pub use number::single_shown;

pub(crate) use text::hex;

use crate::api::Arguments;
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
            Self::Literal(Value::Decimal(number)) => decimal::literal_type(number),
            Self::Literal(Value::Double(_)) => Type::Double,
            Self::Literal(Value::Text(_)) => Type::Text,
            Self::Literal(Value::Date(_)) => Type::Date,
            Self::Literal(Value::Time(_)) => Type::Time(7),
            Self::Literal(Value::DateTimeOffset(_)) => Type::DateTimeOffset(7),
            Self::Literal(Value::DateTime(_)) | Self::Now => Type::DateTime,
            Self::Computed(computed) => computed.ty(),
            Self::Literal(Value::Bytes(_)) => Type::Binary,
            Self::Parameter { ty, .. } | Self::UserCall { ty, .. } => *ty,
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
            // Whoever has an engine for scripts resolves it before.
            Self::UserCall { function, .. } => {
                return Err(CqlError::Unsupported {
                    what: format!("the function {}", function.name),
                    position: None,
                });
            }
            Self::Now => Value::DateTime(arguments.now),
            Self::Computed(computed) => computed.resolve(arguments)?,
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

/// Converts a value to a type, as T-SQL does implicitly.
///
/// # Errors
/// A value that the type does not take, with T-SQL's text.
pub fn convert(value: &Value, ty: Type) -> Result<Value, CqlError> {
    convert_from(value, Bind::Literal(value.clone()).ty(), ty, None)
}

/// Converts a value of a type to another type, as T-SQL does. The empty text is 0, No or 1900-01-01.
///
/// `style` is that of CAST and CONVERT; `None` is an implicit conversion, where a number becomes the text that loses
/// nothing ([`double_text`]) and a text with an offset a moment of UTC.
///
/// # Errors
/// A value that does not convert, with T-SQL's text; types that no rule converts.
pub(crate) fn convert_from(
    value: &Value,
    from: Type,
    to: Type,
    style: Option<i64>,
) -> Result<Value, CqlError> {
    if to == Type::Null {
        return Ok(value.clone());
    }
    match value {
        Value::Null => Ok(Value::Null),
        Value::Text(text) => text::to_type(text, to, style),
        Value::Bool(b) => number::of_integer(i64::from(*b), Type::Bit, to),
        Value::Int(n) => number::of_integer(*n, from, to),
        Value::Decimal(n) => number::of_decimal(n, from, to, style),
        Value::Double(x) => number::of_double(*x, from, to, style),
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::DateTimeOffset(_) => {
            moment::to_type(value, from, to, style)
        }
        Value::Bytes(bytes) => match (to, style) {
            (Type::Binary, _) => Ok(Value::Bytes(bytes.clone())),
            (Type::Text, style) => Ok(Value::Text(text::of_bytes(bytes, style.unwrap_or(0)))),
            (Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt, _) => {
                // The last bytes, as a number of two's complement (T-SQL).
                let width = if to == Type::BigInt { 8 } else { 4 };
                let tail = &bytes[bytes.len().saturating_sub(width)..];
                let n = tail.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
                #[expect(clippy::cast_possible_wrap, reason = "two's complement")]
                let n = if to == Type::BigInt {
                    n as i64
                } else {
                    i64::from(u32::try_from(n).unwrap_or(0) as i32)
                };
                number::in_range(n, to).map(Value::Int)
            }
            _ => Err(clash(Type::Binary, to)),
        },
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
        Type::TinyInt => "tinyint",
        Type::SmallInt => "smallint",
        Type::Int => "int",
        Type::BigInt => "bigint",
        Type::Decimal { .. } => "numeric",
        Type::Money => "money",
        Type::Real => "real",
        Type::Double => "float",
        Type::Text => "nvarchar",
        Type::Date => "date",
        Type::Time(_) => "time",
        Type::DateTime => "datetime",
        Type::DateTime2(_) => "datetime2",
        Type::DateTimeOffset(_) => "datetimeoffset",
        Type::Binary => "varbinary",
        Type::Null => "NULL",
    }
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
    use crate::dates;

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
