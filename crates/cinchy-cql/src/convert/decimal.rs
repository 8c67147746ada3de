//! Exact numbers: precision and scale of results, rounding, reading and printing.

use bigdecimal::num_bigint::Sign;
use bigdecimal::{BigDecimal, RoundingMode, Zero};

use crate::error::CqlError;
use crate::value::Type;

/// Most digits (T-SQL).
pub(crate) const MAX_PRECISION: u8 = 38;

/// Digits behind the point of `money`.
pub(crate) const MONEY_SCALE: u8 = 4;

/// Precision and scale of a number as an exact one; `None` for types that are none.
pub(crate) fn shape(ty: Type) -> Option<(u8, u8)> {
    Some(match ty {
        Type::Bit => (1, 0),
        Type::TinyInt => (3, 0),
        Type::SmallInt => (5, 0),
        Type::Int => (10, 0),
        Type::BigInt => (19, 0),
        Type::Decimal { precision, scale } => (precision, scale),
        Type::Money => (19, MONEY_SCALE),
        _ => return None,
    })
}

/// A type of so many digits before the point and behind it; too many of both are cut to 38, those before the point last.
pub(crate) fn of_digits(whole: u8, scale: u8) -> Type {
    let whole = whole.min(MAX_PRECISION);
    let scale = scale.min(MAX_PRECISION - whole);
    Type::Decimal {
        precision: (whole + scale).max(1),
        scale,
    }
}

/// The result of `*`, `/`: too many digits cost scale down to 6 (T-SQL).
pub(crate) fn of_product(precision: u32, scale: u32) -> Type {
    let (precision, scale) = if precision <= u32::from(MAX_PRECISION) {
        (precision, scale)
    } else {
        let whole = precision - scale;
        let room = 38_u32.saturating_sub(whole);
        (38, scale.min(room.max(6.min(scale))))
    };
    Type::Decimal {
        precision: u8::try_from(precision).unwrap_or(MAX_PRECISION).max(1),
        scale: u8::try_from(scale).unwrap_or(MAX_PRECISION),
    }
}

/// The number with the scale of a type, halves away from zero.
///
/// # Errors
/// More digits before the point than the type has.
pub(crate) fn fit(
    number: &BigDecimal,
    ty: Type,
    from: &'static str,
) -> Result<BigDecimal, CqlError> {
    fit_rounding(number, ty, from, RoundingMode::HalfUp)
}

/// As [`fit`], cutting digits.
///
/// # Errors
/// As [`fit`].
pub(crate) fn fit_cut(
    number: &BigDecimal,
    ty: Type,
    from: &'static str,
) -> Result<BigDecimal, CqlError> {
    fit_rounding(number, ty, from, RoundingMode::Down)
}

fn fit_rounding(
    number: &BigDecimal,
    ty: Type,
    from: &'static str,
    mode: RoundingMode,
) -> Result<BigDecimal, CqlError> {
    let Some((precision, scale)) = shape(ty) else {
        return Ok(number.clone());
    };
    let rounded = number.with_scale_round(i64::from(scale), mode);
    if !rounded.is_zero() && rounded.digits() > u64::from(precision) {
        return Err(CqlError::Overflow {
            from,
            to: super::sql_name(ty),
        });
    }
    Ok(rounded)
}

/// Reads `-12.50`; neither exponent nor separators.
pub(crate) fn parse(text: &str) -> Option<BigDecimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.len() <= 100;
    if !plain {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    text.parse().ok()
}

/// A double to 15 digits, which is what PostgreSQL takes it for.
pub(crate) fn of_double(x: f64) -> Option<BigDecimal> {
    if !x.is_finite() {
        return None;
    }
    format!("{x:.14e}").parse().ok()
}

/// As T-SQL and PostgreSQL print it: all digits of its scale, no exponent.
pub(crate) fn text(number: &BigDecimal) -> String {
    number.to_plain_string()
}

/// The type of a literal like `12.50`.
pub(crate) fn literal_type(number: &BigDecimal) -> Type {
    let scale = u8::try_from(number.fractional_digit_count().max(0)).unwrap_or(MAX_PRECISION);
    let digits = if number.is_zero() {
        0
    } else {
        u8::try_from(number.digits()).unwrap_or(MAX_PRECISION)
    };
    of_digits(digits.saturating_sub(scale), scale)
}

/// The whole part, when it fits.
pub(crate) fn whole(number: &BigDecimal) -> Option<i64> {
    let cut = number.with_scale_round(0, RoundingMode::Down);
    text(&cut).parse().ok()
}

/// Whether it is below zero.
pub(crate) fn is_negative(number: &BigDecimal) -> bool {
    number.sign() == Sign::Minus
}
