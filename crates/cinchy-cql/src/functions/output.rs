//! Values as FOR JSON writes them (T-SQL).

use super::{Function, Sql};
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&JSON_STRING, &JSON_FLOAT, &JSON_DATE, &REST];

/// A text in quotes; `/` is escaped too.
pub(crate) static JSON_STRING: Function = Function {
    name: "for_json_string",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Text(text)] => Value::Text(json_string(text)),
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words("replace(to_json({0})::text, '/', '\\/')"),
};

/// A float: `1.500000000000000e+000`.
pub(crate) static JSON_FLOAT: Function = Function {
    name: "for_json_float",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Double(x)] => Value::Text(json_float(*x)),
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_float"),
};

/// A date and time in quotes: `"2020-01-15T00:00:00"`.
pub(crate) static JSON_DATE: Function = Function {
    name: "for_json_date",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::DateTime(moment)] => {
                let text = moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
                let text = if text.contains('.') {
                    text.trim_end_matches('0')
                } else {
                    &text
                };
                Value::Text(format!("\"{text}\""))
            }
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words("to_json({0})::text"),
};

/// A text without its first character.
pub(crate) static REST: Function = Function {
    name: "rest",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Text(text)] => Value::Text(text.chars().skip(1).collect()),
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Words("substr({0}, 2)"),
    postgres: Sql::Words("substr({0}, 2)"),
};

/// A JSON string.
pub(crate) fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn json_float(x: f64) -> String {
    let text = format!("{x:.15e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>3}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{json_float, json_string};

    #[test]
    fn as_t_sql_writes() {
        assert_eq!(json_float(100.0), "1.000000000000000e+002");
        assert_eq!(json_float(-0.25), "-2.500000000000000e-001");
        assert_eq!(json_string("a/\"\n\u{1}é"), r#""a\/\"\n\u0001é""#);
    }
}
