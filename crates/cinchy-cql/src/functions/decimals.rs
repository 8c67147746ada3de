//! ABS, SIGN, CEILING, FLOOR and ROUND of exact numbers.

use bigdecimal::{BigDecimal, RoundingMode, Zero};

use crate::convert::decimal::{fit, is_negative};
use crate::error::CqlError;
use crate::value::{Type, Value};

/// A result with the scale of its type.
fn fitted(number: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    fit(number, ty, "expression").map(Value::Decimal)
}

pub(super) fn absolute(number: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    fitted(&number.abs(), ty)
}

pub(super) fn sign(number: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    let sign = if number.is_zero() {
        0
    } else if is_negative(number) {
        -1
    } else {
        1
    };
    fitted(&BigDecimal::from(sign), ty)
}

pub(super) fn ceiling(number: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    fitted(&number.with_scale_round(0, RoundingMode::Ceiling), ty)
}

pub(super) fn floor(number: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    fitted(&number.with_scale_round(0, RoundingMode::Floor), ty)
}

/// Halves go away from 0, unless digits are cut.
pub(super) fn round(
    number: &BigDecimal,
    digits: i64,
    cut: bool,
    ty: Type,
) -> Result<Value, CqlError> {
    let mode = if cut {
        RoundingMode::Down
    } else {
        RoundingMode::HalfUp
    };
    fitted(&number.with_scale_round(digits.clamp(-50, 50), mode), ty)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn rounding() {
        let ty = Type::Decimal {
            precision: 5,
            scale: 2,
        };
        for (digits, cut, expect) in [
            (1, false, "748.60"),
            (-1, false, "750.00"),
            (-2, false, "700.00"),
            (-4, false, "0.00"),
            (0, true, "748.00"),
            (5, false, "748.58"),
        ] {
            let number: BigDecimal = "748.58".parse().unwrap();
            let Value::Decimal(rounded) = round(&number, digits, cut, ty).unwrap() else {
                panic!("no number")
            };
            assert_eq!(rounded.to_plain_string(), expect, "{digits}");
        }
        let number: BigDecimal = "748.58".parse().unwrap();
        assert!(round(&number, -3, false, ty).is_err());
    }
}
