//! What stands behind table functions on SQLite: a JSON array of rows, each an array of its columns.

use super::output::json_string;
use super::{Function, Sql};
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&STRING_SPLIT];

/// `STRING_SPLIT(text, separator)`. An empty text has one part (T-SQL).
pub(crate) static STRING_SPLIT: Function = Function {
    name: "string_split",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Text(text), Value::Text(separator)] if !separator.is_empty() => {
                let parts: Vec<String> = text
                    .split(separator.as_str())
                    .map(|part| format!("[{}]", json_string(part)))
                    .collect();
                Value::Text(format!("[{}]", parts.join(",")))
            }
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words(
        "unnest(CASE WHEN {0} = '' THEN ARRAY[''] ELSE string_to_array({0}, {1}) END) WITH ORDINALITY",
    ),
};
