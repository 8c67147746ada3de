//! Functions of texts.

use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &LEN, &LOWER, &UPPER, &LTRIM, &RTRIM, &TRIM, &PREFIX, &NEWID, &REVERSE,
];

/// `LEN(text)`: blanks at the end do not count (documented).
pub(crate) static LEN: Function = Function {
    name: "len",
    strict: true,
    evaluate: Some(|args, _| {
        on_text(args, |t| {
            Value::Int(i64::try_from(t.trim_end_matches(' ').chars().count()).unwrap_or(i64::MAX))
        })
    }),
    sqlite: Sql::Words("length(rtrim({0}, ' '))"),
    postgres: Sql::Words("length(rtrim({0}, ' '))"),
};

/// `LOWER(text)`, of any script.
pub(crate) static LOWER: Function = Function {
    name: "lower",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.to_lowercase()))),
    sqlite: Sql::Native("cql_lower"),
    postgres: Sql::Native("lower"),
};

/// `UPPER(text)`, of any script.
pub(crate) static UPPER: Function = Function {
    name: "upper",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.to_uppercase()))),
    sqlite: Sql::Native("cql_upper"),
    postgres: Sql::Native("upper"),
};

/// `LTRIM(text)`: blanks only.
pub(crate) static LTRIM: Function = Function {
    name: "ltrim",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.trim_start_matches(' ').to_owned()))),
    sqlite: Sql::Words("ltrim({0}, ' ')"),
    postgres: Sql::Words("ltrim({0}, ' ')"),
};

/// `RTRIM(text)`: blanks only.
pub(crate) static RTRIM: Function = Function {
    name: "rtrim",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.trim_end_matches(' ').to_owned()))),
    sqlite: Sql::Words("rtrim({0}, ' ')"),
    postgres: Sql::Words("rtrim({0}, ' ')"),
};

/// `TRIM(text)`: blanks only.
pub(crate) static TRIM: Function = Function {
    name: "trim",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.trim_matches(' ').to_owned()))),
    sqlite: Sql::Words("trim({0}, ' ')"),
    postgres: Sql::Words("btrim({0}, ' ')"),
};

/// The first n characters; n is a constant and not negative.
pub(crate) static PREFIX: Function = Function {
    name: "prefix",
    strict: true,
    evaluate: Some(|args, _| {
        let length = match args.get(1) {
            Some(Value::Int(n)) => usize::try_from(*n).unwrap_or(0),
            _ => 0,
        };
        on_text(args, |t| Value::Text(t.chars().take(length).collect()))
    }),
    sqlite: Sql::Words("substr({0}, 1, {1})"),
    postgres: Sql::Words("substr({0}, 1, {1})"),
};

/// `REVERSE(text)`, by characters.
pub(crate) static REVERSE: Function = Function {
    name: "reverse",
    strict: true,
    evaluate: Some(|args, _| on_text(args, |t| Value::Text(t.chars().rev().collect()))),
    sqlite: Sql::Rust,
    postgres: Sql::Native("reverse"),
};

/// `NEWID()`: a new GUID in upper case.
pub(crate) static NEWID: Function = Function {
    name: "newid",
    strict: true,
    evaluate: None,
    sqlite: Sql::Words("cql_newid()"),
    postgres: Sql::Words("upper(gen_random_uuid()::text)"),
};

/// Applies something to the first argument, a text.
fn on_text(args: &[Value], apply: impl FnOnce(&str) -> Value) -> Result<Value, CqlError> {
    Ok(match args.first() {
        Some(Value::Text(text)) => apply(text),
        _ => Value::Null,
    })
}
