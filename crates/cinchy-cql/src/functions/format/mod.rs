//! FORMAT: the format strings of .NET, with the cultures of `culture`; and STR and ISNUMERIC.
//!
//! PostgreSQL has words for common formats (`render/format.rs`) and functions for the others, which do the same as this.

mod culture;
mod date;
mod number;

use bigdecimal::{BigDecimal, RoundingMode};

use super::{Function, Sql};
use crate::convert::{convert_from, decimal};
use crate::error::CqlError;
use crate::value::{Type, Value};

/// All of this folder.
pub(super) const ALL: &[&Function] = &[&FORMAT, &STR, &ISNUMERIC];

/// The pattern that a format of dates stands for in a culture whose names are English; `None` when it stands for none.
pub(crate) fn date_pattern(format: &str, culture: &str) -> Option<String> {
    let culture = culture::named(culture).filter(|c| c.is_english())?;
    date::pattern(format, culture, None)
}

/// Whether a culture is known here.
pub(crate) fn knows(culture: &str) -> bool {
    culture::named(culture).is_some()
}

/// `FORMAT(value, format, culture)`: NULL when the format does not fit (T-SQL).
pub(crate) static FORMAT: Function = Function {
    name: "format",
    strict: true,
    evaluate: Some(|args, _| {
        let [value, Value::Text(format), Value::Text(culture)] = args else {
            return Ok(Value::Null);
        };
        let Some(culture) = culture::named(culture) else {
            return Err(CqlError::Unsupported {
                what: format!("the culture {culture}"),
                position: None,
            });
        };
        let text = match value {
            Value::Int(n) => number::format(&BigDecimal::from(*n), true, format, culture),
            Value::Decimal(n) => number::format(n, false, format, culture),
            // Fifteen digits of a float have a meaning (.NET).
            Value::Double(x) => decimal::of_double(*x).and_then(|n| {
                let format = match format.as_str() {
                    "" | "G" => "G15",
                    "g" => "g15",
                    format => format,
                };
                number::format(&n.normalized(), false, format, culture)
            }),
            Value::Time(time) => date::format_time(*time, format),
            Value::Date(_) | Value::DateTime(_) | Value::DateTimeOffset(_) => {
                date::format(value, format, culture)
            }
            _ => None,
        };
        Ok(text.map_or(Value::Null, Value::Text))
    }),
    sqlite: Sql::Format,
    postgres: Sql::Format,
};

/// `STR(float, length, decimals)`: right-justified, `*` when it is too long (documented).
pub(crate) static STR: Function = Function {
    name: "str",
    strict: true,
    evaluate: Some(|args, _| {
        let [Value::Double(x), Value::Int(length), Value::Int(decimals)] = args else {
            return Ok(Value::Null);
        };
        if *length < 1 || *decimals < 0 {
            return Ok(Value::Null);
        }
        let length = usize::try_from(*length).unwrap_or(0).min(8_000);
        let Some(exact) = decimal::of_double(*x) else {
            return Ok(Value::Null);
        };
        let decimals = (*decimals).min(16);
        let rounded = exact.with_scale_round(decimals, RoundingMode::HalfUp);
        let whole = decimal::text(&exact.with_scale_round(0, RoundingMode::Down));
        let negative = decimal::is_negative(&rounded) && !whole.starts_with('-');
        let room = length.saturating_sub(whole.len() + usize::from(negative) + 1);
        // Digits behind the point that have no room are rounded away.
        let shown = exact.with_scale_round(
            decimals.min(i64::try_from(room).unwrap_or(0)),
            RoundingMode::HalfUp,
        );
        let text = decimal::text(&shown);
        Ok(Value::Text(if text.len() > length {
            "*".repeat(length)
        } else {
            format!("{text:>length$}")
        }))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_str"),
};

/// `ISNUMERIC(text)`: 1 when some type of number takes it. NULL is none.
pub(crate) static ISNUMERIC: Function = Function {
    name: "isnumeric",
    strict: false,
    evaluate: Some(|args, _| {
        let Some(Value::Text(text)) = args.first() else {
            return Ok(Value::Int(0));
        };
        let plain = text.trim();
        let takes =
            |ty| convert_from(&Value::Text(plain.to_owned()), Type::Text, ty, Some(0)).is_ok();
        // Signs, points and currencies alone are money of nothing (T-SQL).
        let bare = matches!(plain, "+" | "-" | "." | "," | "$");
        let known = bare || (!plain.is_empty() && (takes(Type::Double) || takes(Type::Money)));
        Ok(Value::Int(known.into()))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_isnumeric"),
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn check(function: &Function, args: &[Value], expect: &str) {
        let value = function.evaluate.unwrap()(args, Type::Text).unwrap();
        let text = match value {
            Value::Text(text) => text,
            Value::Null => "NULL".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(text, expect, "{args:?}");
    }

    #[test]
    fn numbers() {
        let text = |t: &str| Value::Text(t.to_owned());
        for (number, format, expect) in [
            ("123456789", "###-##-####", "123-45-6789"),
            ("2.5", "N", "2.50"),
            ("-1234.5", "N1", "-1,234.5"),
            ("0.125", "P", "12.50%"),
            ("1234.567", "F1", "1234.6"),
            ("12345.678", "E", "1.234568E+004"),
            ("0.00012", "e2", "1.20e-004"),
            ("1234.5", "#,##0.00", "1,234.50"),
            ("1234.5", "C", "$1,234.50"),
            ("-1234.5", "C", "($1,234.50)"),
            ("0.5", "0%", "50%"),
            ("5", "000", "005"),
            ("0", "#.##", ""),
            ("-5", "0;(0);zero", "(5)"),
            ("0", "0;(0);'zero'", "zero"),
            ("1234567", "0,,.0'M'", "1.2M"),
            ("1.50", "G", "1.50"),
            ("1.005", "0.##", "1.01"),
            ("12", "\\#0", "#12"),
            ("12345", "0.00E+00", "1.23E+04"),
        ] {
            let n = number.parse().unwrap();
            check(
                &FORMAT,
                &[Value::Decimal(n), text(format), text("en-us")],
                expect,
            );
        }
        for (n, format, expect) in [
            (-42, "D5", "-00042"),
            (255, "X", "FF"),
            (255, "x4", "00ff"),
            (7, "G", "7"),
        ] {
            check(
                &FORMAT,
                &[Value::Int(n), text(format), text("en-US")],
                expect,
            );
        }
        check(
            &FORMAT,
            &[
                Value::Decimal("1234.5".parse().unwrap()),
                text("N"),
                text("de-DE"),
            ],
            "1.234,50",
        );
        check(
            &FORMAT,
            &[
                Value::Decimal("1.5".parse().unwrap()),
                text("D"),
                text("en-US"),
            ],
            "NULL",
        );
    }

    #[test]
    fn dates() {
        let text = |t: &str| Value::Text(t.to_owned());
        let moment = crate::dates::parse("2020-03-05 14:07:09.123").unwrap();
        for (format, expect) in [
            ("yyyy-MM-dd", "2020-03-05"),
            ("d", "3/5/2020"),
            ("D", "Thursday, March 5, 2020"),
            ("g", "3/5/2020 2:07 PM"),
            ("G", "3/5/2020 2:07:09 PM"),
            ("m", "March 5"),
            ("y", "March 2020"),
            ("s", "2020-03-05T14:07:09"),
            ("o", "2020-03-05T14:07:09.1230000"),
            ("R", "Thu, 05 Mar 2020 14:07:09 GMT"),
            ("u", "2020-03-05 14:07:09Z"),
            (
                "ddd, dd MMM yy hh:mm:ss.fff tt",
                "Thu, 05 Mar 20 02:07:09.123 PM",
            ),
            ("'at' H\\h", "at 14h"),
            ("%d", "5"),
            ("HH:mm:ss.FFFFF", "14:07:09.123"),
            ("Q", "NULL"),
        ] {
            check(
                &FORMAT,
                &[Value::DateTime(moment), text(format), text("en-US")],
                expect,
            );
        }
        check(
            &FORMAT,
            &[Value::DateTime(moment), text("d"), text("de-de")],
            "05.03.2020",
        );
        for (format, expect) in [
            ("hh:mm", "NULL"),
            ("hh\\:mm", "14:07"),
            ("c", "14:07:09.1230000"),
        ] {
            check(
                &FORMAT,
                &[Value::Time(moment.time()), text(format), text("en-US")],
                expect,
            );
        }
    }

    #[test]
    fn str_and_is_numeric() {
        for (x, length, decimals, expect) in [
            (345.67, 6, 1, " 345.7"),
            (120.0, 1, 1, "*"),
            (345.67, 2, 2, "**"),
            (123.456, 10, 0, "       123"),
            (123.45, 8, 2, "  123.45"),
            (-0.5, 10, 1, "      -0.5"),
        ] {
            let args = [Value::Double(x), Value::Int(length), Value::Int(decimals)];
            check(&STR, &args, expect);
        }
        for (text, expect) in [
            ("12.5", 1),
            ("abc", 0),
            ("1e5", 1),
            ("$1,000", 1),
            ("", 0),
            ("-", 1),
        ] {
            let value = ISNUMERIC.evaluate.unwrap()(&[Value::Text(text.to_owned())], Type::Int);
            assert_eq!(value.unwrap(), Value::Int(expect), "{text}");
        }
    }
}
