//! Numbers as text by the styles of CONVERT.

use bigdecimal::{BigDecimal, RoundingMode};

use super::decimal;

/// Money: 0 two digits behind the point, 1 with commas, 2 and 126 four digits (documented).
pub(super) fn money(n: &BigDecimal, style: i64) -> String {
    let scale = if matches!(style, 2 | 126) { 4 } else { 2 };
    let text = decimal::text(&n.with_scale_round(scale, RoundingMode::HalfUp));
    if style == 1 { grouped(&text) } else { text }
}

/// `1234.50` as `1,234.50`.
pub(crate) fn grouped(text: &str) -> String {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A float: 0 at most 6 digits, 1 always 8 and an exponent, 2 always 16, 3 always 17 (documented).
pub(super) fn float(x: f64, single: bool, style: i64) -> String {
    match style {
        1 => scientific(x, 7),
        2 => scientific(x, 15),
        3 => scientific(x, if single { 8 } else { 16 }),
        _ => six_digits(x),
    }
}

/// `1.2345679e+007`.
fn scientific(x: f64, behind: usize) -> String {
    let text = format!("{x:.behind$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    with_exponent(digits, exponent.parse().unwrap_or(0))
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:03}", exponent.abs())
}

/// As C prints `%g`, with an exponent of three digits; halves of the 15 digits that count go away from zero.
fn six_digits(x: f64) -> String {
    let Some(n) = decimal::of_double(x) else {
        return format!("{x}");
    };
    if x == 0.0 {
        return "0".to_owned();
    }
    let rounded = n.with_precision_round(
        std::num::NonZeroU64::new(6).expect("six is not zero"),
        RoundingMode::HalfUp,
    );
    let text = decimal::text(&rounded.abs());
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let digits = &digits[..digits.len().min(6)];
    let whole = text.split('.').next().unwrap_or("");
    let exponent = if whole.trim_start_matches('0').is_empty() {
        let fraction = text.split_once('.').map_or("", |(_, f)| f);
        let zeros = fraction.len() - fraction.trim_start_matches('0').len();
        -i32::try_from(zeros).unwrap_or(i32::MAX) - 1
    } else {
        i32::try_from(whole.len()).unwrap_or(i32::MAX) - 1
    };
    let sign = if decimal::is_negative(&n) { "-" } else { "" };
    if (-4..6).contains(&exponent) {
        let plain = decimal::text(&rounded.abs().normalized());
        return format!("{sign}{plain}");
    }
    let digits = digits.trim_end_matches('0');
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    format!(
        "{sign}{}",
        with_exponent(&format!("{first}{point}{rest}"), exponent)
    )
}
