//! Numbers to every type.

use bigdecimal::{BigDecimal, Zero};

use super::{clash, decimal, double_text, moment, sql_name, style};
use crate::error::CqlError;
use crate::value::{Type, Value};

pub(super) fn of_integer(n: i64, from: Type, to: Type) -> Result<Value, CqlError> {
    match to {
        // Kept apart so that `true` stays a Boolean in a context without a type.
        Type::Null => Ok(Value::Int(n)),
        Type::Bit => Ok(Value::Bool(n != 0)),
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
            in_range(n, to).map(Value::Int)
        }
        Type::Decimal { .. } | Type::Money => {
            decimal::fit(&BigDecimal::from(n), to, sql_name(from)).map(Value::Decimal)
        }
        #[expect(clippy::cast_precision_loss, reason = "T-SQL rounds the same way")]
        Type::Real => Ok(Value::Double(single(n as f64))),
        #[expect(clippy::cast_precision_loss, reason = "T-SQL rounds the same way")]
        Type::Double => Ok(Value::Double(n as f64)),
        Type::Text => Ok(Value::Text(n.to_string())),
        #[expect(clippy::cast_precision_loss, reason = "dates end long before")]
        Type::DateTime => moment::of_days(n as f64).map(Value::DateTime),
        Type::Binary => {
            let bytes = n.to_be_bytes();
            let width = match from {
                Type::Bit | Type::TinyInt => 1,
                Type::SmallInt => 2,
                Type::BigInt => 8,
                _ => 4,
            };
            Ok(Value::Bytes(bytes[8 - width..].to_vec()))
        }
        Type::Date | Type::Time(_) | Type::DateTime2(_) | Type::DateTimeOffset(_) => {
            Err(clash(from, to))
        }
    }
}

pub(super) fn of_decimal(
    n: &BigDecimal,
    from: Type,
    to: Type,
    style: Option<i64>,
) -> Result<Value, CqlError> {
    match to {
        Type::Null => Ok(Value::Decimal(n.clone())),
        Type::Bit => Ok(Value::Bool(!n.is_zero())),
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
            // Money rounds, the others are cut (T-SQL).
            let n = if from == Type::Money {
                n.with_scale_round(0, bigdecimal::RoundingMode::HalfUp)
            } else {
                n.clone()
            };
            let n = decimal::whole(&n).ok_or_else(|| overflow(to))?;
            in_range(n, to).map(Value::Int)
        }
        Type::Decimal { .. } | Type::Money => {
            decimal::fit(n, to, sql_name(from)).map(Value::Decimal)
        }
        Type::Real | Type::Double => {
            let x = decimal::text(n).parse().unwrap_or(0.0);
            Ok(Value::Double(if to == Type::Real { single(x) } else { x }))
        }
        Type::Text if from == Type::Money => Ok(Value::Text(style::money(n, style.unwrap_or(0)))),
        Type::Text => Ok(Value::Text(decimal::text(n))),
        Type::DateTime => {
            moment::of_days(decimal::text(n).parse().unwrap_or(f64::MAX)).map(Value::DateTime)
        }
        Type::Date
        | Type::Time(_)
        | Type::DateTime2(_)
        | Type::DateTimeOffset(_)
        | Type::Binary => Err(clash(from, to)),
    }
}

pub(super) fn of_double(
    x: f64,
    from: Type,
    to: Type,
    style: Option<i64>,
) -> Result<Value, CqlError> {
    match to {
        Type::Double | Type::Null => Ok(Value::Double(x)),
        Type::Real => Ok(Value::Double(single(x))),
        Type::Bit => Ok(Value::Bool(x != 0.0)),
        Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
            let whole = x.trunc();
            if !whole.is_finite() || whole.abs() >= 9_223_372_036_854_775_808.0 {
                return Err(overflow(to));
            }
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            in_range(whole as i64, to).map(Value::Int)
        }
        Type::Decimal { .. } | Type::Money => {
            let overflow = CqlError::Overflow {
                from: "float",
                to: sql_name(to),
            };
            let n = decimal::of_double(x).ok_or(overflow)?;
            decimal::fit(&n, to, "float").map(Value::Decimal)
        }
        Type::Text => Ok(Value::Text(match style {
            None => double_text(x),
            Some(style) => style::float(x, from == Type::Real, style),
        })),
        Type::DateTime => moment::of_days(x).map(Value::DateTime),
        Type::Date
        | Type::Time(_)
        | Type::DateTime2(_)
        | Type::DateTimeOffset(_)
        | Type::Binary => Err(clash(from, to)),
    }
}

/// The number as FLOAT(24) holds it.
#[expect(clippy::cast_possible_truncation, reason = "the purpose")]
pub(crate) fn single(x: f64) -> f64 {
    f64::from(x as f32)
}

/// A number of 32 bits as results show it: the one with the fewest digits that is the same in 32 bits, 0.1 and not
/// 0.10000000149011612 (.NET).
#[expect(clippy::cast_possible_truncation, reason = "it has 32 bits")]
pub fn single_shown(x: f64) -> f64 {
    (x as f32).to_string().parse().unwrap_or(x)
}

fn overflow(to: Type) -> CqlError {
    CqlError::Overflow {
        from: "expression",
        to: sql_name(to),
    }
}

/// An integer within the range of its type.
///
/// # Errors
/// One that is not.
pub(crate) fn in_range(n: i64, ty: Type) -> Result<i64, CqlError> {
    let fits = match ty {
        Type::TinyInt => u8::try_from(n).is_ok(),
        Type::SmallInt => i16::try_from(n).is_ok(),
        Type::Int => i32::try_from(n).is_ok(),
        _ => true,
    };
    if fits { Ok(n) } else { Err(overflow(ty)) }
}
