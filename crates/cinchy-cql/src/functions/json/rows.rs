//! What stands behind OPENJSON on SQLite: a JSON array of rows, each an array of its columns.

use super::path::Path;
use super::text::{Child, Kind, children, find, kind, unescaped, whole};
use super::{JsonError, argument};
use crate::error::CqlError;
use crate::functions::output::json_string;
use crate::functions::{Function, Sql};
use crate::value::Value;

/// `OPENJSON(text, path)`: key, value and type of what is directly inside.
pub(crate) static OPENJSON: Function = Function {
    name: "openjson",
    strict: true,
    evaluate: Some(|args, _| {
        listed(args, |raw| {
            let row = |(index, child): (usize, Child<'_>)| {
                let key = child.key.unwrap_or_else(|| index.to_string());
                let (code, value) = typed(child.raw)?;
                let value = value.map_or_else(|| "null".to_owned(), |v| json_string(&v));
                Ok(format!("[{},{value},{code}]", json_string(&key)))
            };
            children(raw)?.into_iter().enumerate().map(row).collect()
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_openjson"),
};

/// `OPENJSON(text, path) WITH (..)`: elements of an array, or the one object itself, as they are written.
pub(crate) static JSON_ROWS: Function = Function {
    name: "json_rows",
    strict: true,
    evaluate: Some(|args, _| {
        listed(args, |raw| {
            let row = |raw: &str| format!("[{}]", json_string(raw));
            Ok(match kind(raw) {
                Kind::Array => children(raw)?.iter().map(|c| row(c.raw)).collect(),
                _ => vec![row(raw)],
            })
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_rows"),
};

/// The array of the rows that are made of the object or array at the end of the path.
fn listed(
    args: &[Value],
    rows: impl FnOnce(&str) -> Result<Vec<String>, JsonError>,
) -> Result<Value, CqlError> {
    let path = Path::parse(argument(args, 1), false)?;
    let found = find(whole(argument(args, 0))?, &path.steps)?;
    let rows = match found {
        Some(raw) if kind(raw) != Kind::Scalar => rows(raw)?,
        None if path.strict => return Err(JsonError::Property.into()),
        Some(_) if path.strict => return Err(JsonError::ObjectOrArray.into()),
        _ => Vec::new(),
    };
    Ok(Value::Text(format!("[{}]", rows.join(","))))
}

/// The number that T-SQL has for the type of a value, and the value as a text.
fn typed(raw: &str) -> Result<(u8, Option<String>), JsonError> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => (0, None),
        Some(b'"') => (1, Some(unescaped(raw)?)),
        Some(b't' | b'f') => (3, Some(raw.to_owned())),
        Some(b'[') => (4, Some(raw.to_owned())),
        Some(b'{') => (5, Some(raw.to_owned())),
        _ => (2, Some(raw.to_owned())),
    })
}
