//! Numbers by format strings of .NET.

use bigdecimal::{BigDecimal, RoundingMode, Zero};

use super::culture::Culture;
use crate::convert::{decimal, style};

/// The number in a format; `None` when the format does not fit it.
pub(super) fn format(
    number: &BigDecimal,
    whole: bool,
    format: &str,
    culture: &Culture,
) -> Option<String> {
    match standard(format) {
        Some((letter, digits)) => by_letter(number, whole, letter, digits, culture),
        None => Some(custom(number, format, culture)),
    }
}

/// A letter and at most two digits.
fn standard(format: &str) -> Option<(char, Option<u32>)> {
    let format = if format.is_empty() { "G" } else { format };
    let mut chars = format.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    let digits = chars.as_str();
    if digits.is_empty() {
        return Some((letter, None));
    }
    let fits = digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| (letter, digits.parse().ok()))
}

fn by_letter(
    number: &BigDecimal,
    whole: bool,
    letter: char,
    digits: Option<u32>,
    culture: &Culture,
) -> Option<String> {
    let negative = decimal::is_negative(number);
    let fixed = |n: &BigDecimal, digits: u32| {
        decimal::text(
            &n.abs()
                .with_scale_round(digits.into(), RoundingMode::HalfUp),
        )
    };
    let sign = |text: &str| {
        let zero = text.chars().all(|c| matches!(c, '0' | '.' | ','));
        if negative && !zero { "-" } else { "" }
    };
    let local = |text: &str| localized(text, culture);
    Some(match letter {
        'C' | 'c' => {
            let text = style::grouped(&fixed(number, digits.unwrap_or(2)));
            let (before, behind) = culture.currency;
            let amount = format!("{before}{}{behind}", local(&text));
            match (sign(&text), culture.name) {
                ("-", "en-US") => format!("({amount})"),
                (sign, _) => format!("{sign}{amount}"),
            }
        }
        'D' | 'd' if whole => {
            let text = fixed(number, 0);
            let width = digits.unwrap_or(0) as usize;
            format!("{}{text:0>width$}", sign(&text))
        }
        'X' | 'x' if whole => {
            let n: i64 = decimal::text(number).parse().ok()?;
            let text = match (letter, i32::try_from(n)) {
                ('X', Ok(n)) => format!("{n:X}"),
                ('X', Err(_)) => format!("{n:X}"),
                (_, Ok(n)) => format!("{n:x}"),
                (_, Err(_)) => format!("{n:x}"),
            };
            let width = digits.unwrap_or(0) as usize;
            format!("{text:0>width$}")
        }
        'E' | 'e' => {
            let text = exponential(&number.abs(), digits.unwrap_or(6), letter, 3, true);
            format!("{}{}", if negative { "-" } else { "" }, local(&text))
        }
        'F' | 'f' => {
            let text = fixed(number, digits.unwrap_or(2));
            format!("{}{}", sign(&text), local(&text))
        }
        'N' | 'n' => {
            let text = style::grouped(&fixed(number, digits.unwrap_or(2)));
            format!("{}{}", sign(&text), local(&text))
        }
        'P' | 'p' => {
            let hundredfold = number * BigDecimal::from(100);
            let text = style::grouped(&fixed(&hundredfold, digits.unwrap_or(2)));
            format!("{}{}{}", sign(&text), local(&text), culture.percent)
        }
        'G' | 'g' => match digits.filter(|d| *d > 0) {
            None => local(&decimal::text(number)),
            Some(digits) => local(&general(number, digits, letter)?),
        },
        'R' | 'r' if !whole => local(&decimal::text(number)),
        _ => return None,
    })
}

/// Point and commas as the culture has them.
fn localized(text: &str, culture: &Culture) -> String {
    text.chars()
        .map(|c| match c {
            '.' => culture.point,
            ',' => culture.group,
            c => c,
        })
        .collect()
}

/// So many digits, with an exponent where the number is too large or too small for them: `1.2E+04`.
fn general(number: &BigDecimal, digits: u32, letter: char) -> Option<String> {
    let precision = std::num::NonZeroU64::new(digits.into())?;
    let rounded = number.with_precision_round(precision, RoundingMode::HalfUp);
    let rounded = rounded.normalized();
    let power = power_of_ten(&rounded);
    if rounded.is_zero() || (-5 < power && power < i64::from(digits)) {
        return Some(decimal::text(&rounded));
    }
    let letter = if letter == 'G' { 'E' } else { 'e' };
    let behind = u32::try_from(rounded.digits()).ok()?.saturating_sub(1);
    let sign = if decimal::is_negative(&rounded) {
        "-"
    } else {
        ""
    };
    let text = exponential(&rounded.abs(), behind, letter, 2, true);
    Some(format!("{sign}{text}"))
}

/// The power of ten of a number's first digit.
fn power_of_ten(number: &BigDecimal) -> i64 {
    let (_, scale) = number.as_bigint_and_exponent();
    i64::try_from(number.digits()).unwrap_or(0) - scale - 1
}

/// `1.234568E+004`.
fn exponential(n: &BigDecimal, digits: u32, letter: char, width: usize, plus: bool) -> String {
    let mut power = 0_i64;
    let mut mantissa = n.clone();
    if !n.is_zero() {
        power = power_of_ten(n);
        mantissa = shifted(n, -power);
    }
    let mut rounded = mantissa.with_scale_round(digits.into(), RoundingMode::HalfUp);
    if rounded >= 10 {
        power += 1;
        rounded = shifted(n, -power).with_scale_round(digits.into(), RoundingMode::HalfUp);
    }
    let sign = match (power < 0, plus) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    format!(
        "{}{letter}{sign}{:0>width$}",
        decimal::text(&rounded),
        power.abs()
    )
}

/// The number times a power of ten.
fn shifted(n: &BigDecimal, power: i64) -> BigDecimal {
    let (digits, scale) = n.as_bigint_and_exponent();
    BigDecimal::new(digits, scale - power)
}

/// A piece of a custom format.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// `0` or `#`.
    Digit {
        zero: bool,
    },
    Point,
    Comma,
    /// `%` or `‰`, which stand for themselves and make the number larger.
    Scaled(char),
    Literal(String),
    /// `E+00`: the letter, whether a plus is shown, the least digits.
    Exponent {
        letter: char,
        plus: bool,
        width: usize,
    },
}

fn custom(number: &BigDecimal, format: &str, culture: &Culture) -> String {
    let sections = sections(format);
    let negative = decimal::is_negative(number);
    let section = |index: usize| sections.get(index).filter(|s| !s.is_empty());
    let (pieces, sign) = match (negative, section(1)) {
        (true, Some(own)) => (own, ""),
        (true, None) => (&sections[0], "-"),
        (false, _) => (&sections[0], ""),
    };
    let text = in_section(&number.abs(), pieces, culture);
    // What rounds to nothing is a zero.
    let zero = is_zero_in(&number.abs(), pieces);
    match (zero, section(2)) {
        (true, Some(own)) => in_section(&BigDecimal::zero(), own, culture),
        (true, None) if number.is_zero() || sign == "-" => {
            in_section(&BigDecimal::zero(), &sections[0], culture)
        }
        _ => format!("{sign}{text}"),
    }
}

fn sections(format: &str) -> Vec<Vec<Piece>> {
    let mut sections = vec![Vec::new()];
    let mut chars = format.chars().peekable();
    let literal = |pieces: &mut Vec<Piece>, c: char| match pieces.last_mut() {
        Some(Piece::Literal(text)) => text.push(c),
        _ => pieces.push(Piece::Literal(c.to_string())),
    };
    while let Some(c) = chars.next() {
        let count = sections.len();
        let Some(pieces) = sections.last_mut() else {
            break;
        };
        match c {
            ';' if count < 3 => sections.push(Vec::new()),
            ';' => break,
            '0' => pieces.push(Piece::Digit { zero: true }),
            '#' => pieces.push(Piece::Digit { zero: false }),
            '.' => pieces.push(Piece::Point),
            ',' => pieces.push(Piece::Comma),
            '%' | '\u{2030}' => pieces.push(Piece::Scaled(c)),
            '\\' => {
                if let Some(next) = chars.next() {
                    literal(pieces, next);
                }
            }
            '\'' | '"' => {
                for next in chars.by_ref() {
                    if next == c {
                        break;
                    }
                    literal(pieces, next);
                }
            }
            'E' | 'e' => {
                let mut ahead = chars.clone();
                let mark = ahead.next_if(|next| matches!(next, '+' | '-'));
                let mut width = 0;
                while ahead.next_if_eq(&'0').is_some() {
                    width += 1;
                }
                if width == 0 {
                    literal(pieces, c);
                } else {
                    chars = ahead;
                    pieces.push(Piece::Exponent {
                        letter: c,
                        plus: mark == Some('+'),
                        width,
                    });
                }
            }
            other => literal(pieces, other),
        }
    }
    sections
}

/// What the pieces ask of the number before it is written.
struct Plan {
    /// Digits behind the point.
    behind: i64,
    /// Powers of ten by which it is written.
    shift: i64,
    grouped: bool,
    /// Where the point stands among the pieces.
    point: usize,
}

fn plan(pieces: &[Piece]) -> Plan {
    let point = pieces
        .iter()
        .position(|p| *p == Piece::Point)
        .unwrap_or(pieces.len());
    let digit = |p: &Piece| matches!(p, Piece::Digit { .. });
    let behind = pieces[point..].iter().filter(|p| digit(p)).count();
    let last = pieces[..point].iter().rposition(digit);
    let first = pieces[..point].iter().position(digit);
    let comma = |p: &&Piece| **p == Piece::Comma;
    // Commas right before the point divide by a thousand each, commas between digits group.
    let (thousands, grouped) = match (first, last) {
        (Some(first), Some(last)) => (
            pieces[last..point].iter().filter(comma).count(),
            pieces[first..last].contains(&Piece::Comma),
        ),
        _ => (0, false),
    };
    let mut shift = -3 * i64::try_from(thousands).unwrap_or(0);
    for piece in pieces {
        shift += match piece {
            Piece::Scaled('%') => 2,
            Piece::Scaled(_) => 3,
            _ => 0,
        };
    }
    Plan {
        behind: i64::try_from(behind).unwrap_or(0),
        shift,
        grouped,
        point,
    }
}

fn is_zero_in(number: &BigDecimal, pieces: &[Piece]) -> bool {
    if pieces.iter().any(|p| matches!(p, Piece::Exponent { .. })) {
        return number.is_zero();
    }
    let plan = plan(pieces);
    shifted(number, plan.shift)
        .with_scale_round(plan.behind, RoundingMode::HalfUp)
        .is_zero()
}

fn in_section(number: &BigDecimal, pieces: &[Piece], culture: &Culture) -> String {
    let plan = plan(pieces);
    let places = pieces[..plan.point]
        .iter()
        .filter(|p| matches!(p, Piece::Digit { .. }))
        .count();
    let mut exponent = String::new();
    let text = match pieces.iter().find_map(|p| match p {
        Piece::Exponent {
            letter,
            plus,
            width,
        } => Some((*letter, *plus, *width)),
        _ => None,
    }) {
        None => {
            let scaled = shifted(number, plan.shift);
            decimal::text(&scaled.with_scale_round(plan.behind, RoundingMode::HalfUp))
        }
        Some((letter, plus, width)) => {
            let digits = u32::try_from(plan.behind).unwrap_or(0);
            let text = exponential(number, digits, letter, width, plus);
            let (mantissa, power) = text.split_once(letter).unwrap_or((&text, "0"));
            exponent = format!("{letter}{power}");
            mantissa.to_owned()
        }
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('0');
    // From the first `0` on all places are written.
    let forced = pieces[..plan.point]
        .iter()
        .filter(|p| matches!(p, Piece::Digit { .. }))
        .position(|p| *p == Piece::Digit { zero: true })
        .map_or(0, |first| places - first);
    let width = forced.max(whole.len());
    let whole: Vec<char> = format!("{whole:0>width$}").chars().collect();
    let least = pieces[plan.point..]
        .iter()
        .filter(|p| matches!(p, Piece::Digit { .. }))
        .collect::<Vec<_>>()
        .iter()
        .rposition(|p| **p == Piece::Digit { zero: true })
        .map_or(0, |last| last + 1);
    let shown = fraction.trim_end_matches('0').len().max(least);
    let fraction: Vec<char> = fraction.chars().take(shown).collect();

    let mut out = String::new();
    let mut left = places;
    let mut next = 0;
    let push = |out: &mut String, next: &mut usize| {
        if let Some(c) = whole.get(*next) {
            out.push(*c);
            *next += 1;
            let rest = whole.len() - *next;
            if plan.grouped && rest > 0 && rest.is_multiple_of(3) {
                out.push(culture.group);
            }
        }
    };
    let mut behind = 0;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Digit { .. } if index < plan.point => {
                // The first place takes all digits that have no place of their own.
                while whole.len() - next > left {
                    push(&mut out, &mut next);
                }
                if whole.len() - next == left {
                    push(&mut out, &mut next);
                }
                left -= 1;
            }
            Piece::Digit { .. } => {
                if let Some(c) = fraction.get(behind) {
                    out.push(*c);
                }
                behind += 1;
            }
            Piece::Point if index == plan.point => {
                while next < whole.len() {
                    push(&mut out, &mut next);
                }
                if !fraction.is_empty() {
                    out.push(culture.point);
                }
            }
            Piece::Point | Piece::Comma => {}
            Piece::Scaled(c) => out.push(*c),
            Piece::Literal(text) => out.push_str(text),
            Piece::Exponent { .. } => out.push_str(&exponent),
        }
    }
    out
}
