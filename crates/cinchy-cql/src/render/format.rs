//! FORMAT of columns. SQLite computes it in Rust; PostgreSQL has `to_char` for common formats, and functions of ours, which are
//! slower, for the others.

use super::Writer;
use crate::functions::format::{FORMAT, date_pattern};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Backend, Bind, Type, Value};

/// How PostgreSQL writes a format.
#[derive(Debug, PartialEq)]
enum Words {
    /// `to_char` of a timestamp by this pattern.
    Moment(String),
    /// A number times a power of ten of so many digits behind the point, by a pattern of `to_char`.
    Number {
        hundredfold: bool,
        digits: usize,
        pattern: String,
        around: (&'static str, &'static str),
    },
    /// Dollars, negative ones in brackets.
    Dollars { digits: usize, pattern: String },
}

impl Writer<'_> {
    pub(super) fn format(&mut self, arguments: &[Scalar], ty: Type) {
        let text = |scalar: &Scalar| match &scalar.node {
            ScalarNode::Constant(Bind::Literal(Value::Text(text))) => Some(text.clone()),
            _ => None,
        };
        let [value, pattern, culture] = arguments else {
            return self.refuse("this FORMAT");
        };
        if self.backend == Backend::Sqlite {
            return self.bridge(&FORMAT, &[value, pattern, culture], ty);
        }
        let words = match (text(pattern), text(culture)) {
            (Some(pattern), Some(culture)) => words(value.ty, &pattern, &culture),
            _ => None,
        };
        let Some(words) = words else {
            return self.format_by_function(value, pattern, culture);
        };
        let constant = |w: &mut Self, text: String| {
            w.constant(&Bind::Literal(Value::Text(text)), Type::Text);
        };
        let number = |w: &mut Self, hundredfold: bool, digits: usize, pattern: String| {
            w.push("to_char(round((");
            w.scalar(value);
            w.push(")::numeric");
            w.push(if hundredfold { " * 100, " } else { ", " });
            w.push(&format!("{digits}), "));
            constant(w, pattern);
            w.push(")");
        };
        match words {
            Words::Moment(pattern) => {
                self.push("to_char(");
                self.as_timestamp(value);
                self.push(", ");
                constant(self, pattern);
                self.push(")");
            }
            Words::Number {
                hundredfold,
                digits,
                pattern,
                around: (before, after),
            } => {
                self.push(before);
                number(self, hundredfold, digits, pattern);
                self.push(after);
            }
            Words::Dollars { digits, pattern } => {
                self.push("regexp_replace('$' || ");
                number(self, false, digits, pattern);
                self.push(", '^\\$-(.*)$', '($\\1)')");
            }
        }
    }

    /// By the functions `cql_format` of the platform's schema, one for each kind of value.
    fn format_by_function(&mut self, value: &Scalar, pattern: &Scalar, culture: &Scalar) {
        self.qualified("cql_format");
        self.push("(");
        match value.ty {
            Type::Time(_) => {
                self.scalar(value);
                self.push(", ");
                self.scalar(pattern);
                return self.push(")");
            }
            ty if ty.is_date() => self.as_timestamp(value),
            ty if ty.is_float() => self.scalar(value),
            ty => {
                self.scalar_in_brackets(value);
                let whole = ty.is_integer();
                self.push(if whole {
                    "::numeric, TRUE"
                } else {
                    "::numeric, FALSE"
                });
            }
        }
        self.push(", ");
        self.scalar(pattern);
        self.push(", ");
        self.scalar(culture);
        self.push(")");
    }
}

/// The words of a format; `None`: there are none.
fn words(ty: Type, pattern: &str, culture: &str) -> Option<Words> {
    if matches!(ty, Type::Date | Type::DateTime | Type::DateTime2(_)) {
        return moment(&date_pattern(pattern, culture)?).map(Words::Moment);
    }
    if ty.is_date() || !culture.eq_ignore_ascii_case("en-US") {
        return None;
    }
    let digits = |text: &str| match text {
        "" => Some(2),
        text if text.len() <= 2 => text.parse::<usize>().ok().filter(|n| *n <= 15),
        _ => None,
    };
    let mut chars = pattern.chars();
    let letter = chars.next()?;
    let rest = chars.as_str();
    let number = |hundredfold, digits, grouped, around| Words::Number {
        hundredfold,
        digits,
        pattern: number_pattern(grouped, 1, digits),
        around,
    };
    match letter {
        'N' | 'n' => Some(number(false, digits(rest)?, true, ("", ""))),
        'F' | 'f' => Some(number(false, digits(rest)?, false, ("", ""))),
        'P' | 'p' => Some(number(true, digits(rest)?, true, ("(", " || '%')"))),
        'C' | 'c' => Some(Words::Dollars {
            digits: digits(rest)?,
            pattern: number_pattern(true, 1, digits(rest)?),
        }),
        '0' | '#' => {
            let (body, percent) = match pattern.strip_suffix('%') {
                Some(body) => (body, true),
                None => (pattern, false),
            };
            let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
            let (grouped, zeros) = match whole.strip_prefix("#,##") {
                Some(zeros) => (true, zeros),
                None => (false, whole),
            };
            let plain = |text: &str| text.bytes().all(|b| b == b'0');
            let fits = !zeros.is_empty()
                && plain(zeros)
                && plain(fraction)
                && zeros.len() <= if grouped { 1 } else { 15 }
                && fraction.len() <= 15
                && !body.ends_with('.');
            fits.then(|| Words::Number {
                hundredfold: percent,
                digits: fraction.len(),
                pattern: number_pattern(grouped, zeros.len(), fraction.len()),
                around: if percent { ("(", " || '%')") } else { ("", "") },
            })
        }
        _ => None,
    }
}

/// `FM9..90.00`: room for every float that has a meaning in a format.
fn number_pattern(grouped: bool, zeros: usize, digits: usize) -> String {
    let mut whole = String::new();
    let places = 310.max(zeros);
    for place in (0..places).rev() {
        whole.push(if place < zeros { '0' } else { '9' });
        if grouped && place > 0 && place.is_multiple_of(3) {
            whole.push(',');
        }
    }
    let fraction = "0".repeat(digits);
    let point = if digits > 0 { "." } else { "" };
    format!("FM{whole}{point}{fraction}")
}

/// A pattern of .NET as one of PostgreSQL.
fn moment(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut literal = String::new();
    let flush = |out: &mut String, literal: &mut String| {
        if !literal.is_empty() {
            let escaped = literal.replace('\\', "\\\\").replace('"', "\\\"");
            out.push_str(&format!("\"{escaped}\""));
            literal.clear();
        }
    };
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => literal.push(chars.next()?),
            '\'' | '"' => loop {
                match chars.next()? {
                    next if next == c => break,
                    '\\' => literal.push(chars.next()?),
                    next => literal.push(next),
                }
            },
            '%' => {
                chars.peek()?;
            }
            'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'm' | 'M' | 's' | 't' | 'y' | 'z' | 'K' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                let word = match (c, count) {
                    ('d', 1) => "FMDD",
                    ('d', 2) => "DD",
                    ('d', 3) => "Dy",
                    ('d', 4) => "FMDay",
                    ('M', 1) => "FMMM",
                    ('M', 2) => "MM",
                    ('M', 3) => "Mon",
                    ('M', 4) => "FMMonth",
                    ('y', 2) => "YY",
                    ('y', 4) => "YYYY",
                    ('h', 1) => "FMHH12",
                    ('h', 2) => "HH12",
                    ('H', 1) => "FMHH24",
                    ('H', 2) => "HH24",
                    ('m', 1) => "FMMI",
                    ('m', 2) => "MI",
                    ('s', 1) => "FMSS",
                    ('s', 2) => "SS",
                    ('f', 1) => "FF1",
                    ('f', 2) => "FF2",
                    ('f', 3) => "FF3",
                    ('f', 4) => "FF4",
                    ('f', 5) => "FF5",
                    ('f', 6) => "FF6",
                    ('f', 7) => "FF6\"0\"",
                    ('t', 2) => "AM",
                    _ => return None,
                };
                flush(&mut out, &mut literal);
                out.push_str(word);
            }
            other => literal.push(other),
        }
    }
    flush(&mut out, &mut literal);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, expect) in [
            ("yyyy-MM-dd", Some("YYYY\"-\"MM\"-\"DD")),
            ("d", Some("FMMM\"/\"FMDD\"/\"YYYY")),
            ("h:mm 'o\"clock'", Some("FMHH12\":\"MI\" o\\\"clock\"")),
            ("yyy", None),
        ] {
            let found = words(Type::DateTime, pattern, "en-US");
            assert_eq!(
                found,
                expect.map(|e| Words::Moment(e.to_owned())),
                "{pattern}"
            );
        }
        for (pattern, known) in [
            ("N2", true),
            ("#,##0.00", true),
            ("0%", true),
            ("C", true),
            ("#.##", false),
            ("E", false),
            ("0.", false),
        ] {
            assert_eq!(
                words(Type::Double, pattern, "en-us").is_some(),
                known,
                "{pattern}"
            );
        }
    }
}
