//! The text of RAISERROR: `%s`, `%d` and their kin, as T-SQL (and C) has them.

use crate::error::{CqlError, Position};
use crate::value::Value;

/// Longest message (T-SQL).
const LONGEST: usize = 2047;

/// Puts arguments into a message.
///
/// # Errors
/// A form that is none, or an argument of another kind than its form.
pub(super) fn format(
    message: &str,
    arguments: &[Value],
    position: Option<Position>,
) -> Result<String, CqlError> {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    let mut arguments = arguments.iter();
    while let Some(percent) = rest.find('%') {
        out.push_str(&rest[..percent]);
        rest = &rest[percent + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (form, after) = Form::read(rest).ok_or_else(|| wrong(rest, position))?;
        rest = after;
        match arguments.next() {
            None | Some(Value::Null) => out.push_str("(null)"),
            Some(argument) => out.push_str(
                &form
                    .write(argument)
                    .ok_or_else(|| wrong(&form.kind.to_string(), position))?,
            ),
        }
    }
    out.push_str(rest);
    if let Some((end, _)) = out.char_indices().nth(LONGEST) {
        out.truncate(end);
    }
    Ok(out)
}

fn wrong(near: &str, position: Option<Position>) -> CqlError {
    let near: String = near.chars().take(10).collect();
    CqlError::BadMessageFormat { near, position }
}

/// `%-8.3s`.
struct Form {
    left: bool,
    zeros: bool,
    sign: Option<char>,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

impl Form {
    fn read(text: &str) -> Option<(Self, &str)> {
        let mut form = Self {
            left: false,
            zeros: false,
            sign: None,
            width: 0,
            precision: None,
            kind: 's',
        };
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|c| "-+0 #".contains(*c)) {
            match flag {
                '-' => form.left = true,
                '0' => form.zeros = true,
                '+' | ' ' => form.sign = Some(flag),
                _ => {}
            }
            rest = &rest[1..];
        }
        let (width, after) = number(rest);
        form.width = width.unwrap_or(0);
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = number(after);
            form.precision = Some(precision.unwrap_or(0));
            rest = after;
        }
        rest = rest
            .strip_prefix("I64")
            .or_else(|| rest.strip_prefix(['h', 'l']))
            .unwrap_or(rest);
        form.kind = rest.chars().next()?;
        let known = "sdiuoxX".contains(form.kind);
        (known && form.width <= LONGEST).then(|| (form, &text[text.len() - rest.len() + 1..]))
    }

    fn write(&self, argument: &Value) -> Option<String> {
        let text = match (self.kind, argument) {
            ('s', Value::Text(text)) => match self.precision {
                Some(most) => text.chars().take(most).collect(),
                None => text.clone(),
            },
            ('s', _) => return None,
            (_, Value::Int(n)) => {
                let n = *n;
                let digits = match self.kind {
                    'x' => format!("{n:x}"),
                    'X' => format!("{n:X}"),
                    'o' => format!("{n:o}"),
                    _ => n.unsigned_abs().to_string(),
                };
                let least = self.precision.unwrap_or(1);
                let digits = format!("{digits:0>least$}");
                let sign = match self.kind {
                    'd' | 'i' if n < 0 => "-".to_owned(),
                    'd' | 'i' => self.sign.map(String::from).unwrap_or_default(),
                    _ => String::new(),
                };
                if self.zeros && !self.left && self.precision.is_none() {
                    let width = self.width.saturating_sub(sign.len());
                    format!("{sign}{digits:0>width$}")
                } else {
                    format!("{sign}{digits}")
                }
            }
            _ => return None,
        };
        let width = self.width;
        Some(if self.left {
            format!("{text:<width$}")
        } else {
            format!("{text:>width$}")
        })
    }
}

fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..end].parse().ok(), &text[end..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn forms() {
        let text = |t: &str| Value::Text(t.to_owned());
        for (message, arguments, expect) in [
            ("plain", vec![], "plain"),
            ("100 %% of %s", vec![text("it")], "100 % of it"),
            (
                "%d and %5d|%-5d|%05d",
                vec![Value::Int(-3), Value::Int(7), Value::Int(7), Value::Int(-7)],
                "-3 and     7|7    |-0007",
            ),
            ("<%7.3s>", vec![text("abcdef")], "<    abc>"),
            (
                "%x %X %o",
                vec![Value::Int(255), Value::Int(255), Value::Int(8)],
                "ff FF 10",
            ),
            ("%s", vec![Value::Null], "(null)"),
            ("%d", vec![], "(null)"),
            ("é%sé", vec![text("ü")], "éüé"),
        ] {
            assert_eq!(
                format(message, &arguments, None).unwrap(),
                expect,
                "{message}"
            );
        }
        for (message, argument) in [
            ("%q", text("x")),
            ("%d", text("x")),
            ("%", text("x")),
            ("%s", Value::Int(1)),
        ] {
            assert!(format(message, &[argument], None).is_err(), "{message}");
        }
        assert_eq!(format(&"x".repeat(5000), &[], None).unwrap().len(), 2047);
    }
}
