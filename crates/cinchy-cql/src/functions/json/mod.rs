//! Functions of JSON texts. A JSON text keeps its order of keys, its numbers and its blanks: what is not changed stays as it
//! is written. Of equal keys the first one counts (T-SQL).

mod path;
pub(crate) mod rows;
mod text;

use super::arguments::{optional_text, text as argument};
use super::characters::json_escaped;
use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::{Type, Value};

use path::Path;
use text::{Kind, find, kind, modified, unescaped, whole};

/// All of this folder.
pub(super) const ALL: &[&Function] = &[
    &ISJSON,
    &JSON_VALUE,
    &JSON_QUERY,
    &JSON_MODIFY,
    &JSON_STRING,
    &rows::OPENJSON,
    &rows::JSON_ROWS,
];

/// Longest text that JSON_VALUE gives (T-SQL).
const LONGEST_VALUE: usize = 4_000;

/// What is wrong with a JSON text or a path into one (T-SQL texts).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is no JSON. T-SQL goes on to say where; the databases do not agree on that.
    #[error("JSON text is not properly formatted.")]
    Text,
    /// The path has a character where another is wanted.
    #[error(
        "JSON path is not properly formatted. Unexpected character '{found}' is found at position {position}."
    )]
    Path {
        /// The character.
        found: char,
        /// Its place, from 0.
        position: usize,
    },
    /// The path ends too early.
    #[error("JSON path is not properly formatted. It ends at position {position}.")]
    PathEnd {
        /// The place behind its last character, from 0.
        position: usize,
    },
    /// A strict path leads nowhere.
    #[error("Property cannot be found on the specified JSON path.")]
    Property,
    /// A strict path leads to an object or array where JSON_VALUE wants something else.
    #[error("Scalar value cannot be found in the specified JSON path.")]
    Scalar,
    /// A strict path leads to something else than JSON_QUERY wants.
    #[error("Object or array cannot be found in the specified JSON path.")]
    ObjectOrArray,
    /// A strict path leads to something else than `append` wants.
    #[error("Array cannot be found in the specified JSON path.")]
    Array,
    /// A strict path leads to a text that is too long.
    #[error("String value in the specified JSON path would be truncated.")]
    Truncated,
    /// `JSON_MODIFY(x, '$', y)`.
    #[error("Unsupported JSON path found in argument 2 of JSON_MODIFY.")]
    Root,
}

/// `ISJSON(text)`: 1 of an object or array, else 0 (T-SQL; the documentation's 1 of `true` contradicts its own table).
pub(crate) static ISJSON: Function = Function {
    name: "isjson",
    strict: true,
    evaluate: Some(|args, _| {
        let good = whole(argument(args, 0)).is_ok_and(|raw| kind(raw) != Kind::Scalar);
        Ok(Value::Int(good.into()))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_isjson"),
};

/// `JSON_VALUE(text, path)`: always a text; NULL of objects, arrays and what is not there, where the path is lax.
pub(crate) static JSON_VALUE: Function = Function {
    name: "json_value",
    strict: true,
    evaluate: Some(|args, _| {
        let path = Path::parse(argument(args, 1), false)?;
        let raw = find(whole(argument(args, 0))?, &path.steps)?;
        let failed = |error| lax(&path, error);
        let Some(raw) = raw else {
            return failed(JsonError::Property);
        };
        if kind(raw) != Kind::Scalar {
            return failed(JsonError::Scalar);
        }
        if raw == "null" {
            return Ok(Value::Null);
        }
        let value = if raw.starts_with('"') {
            unescaped(raw)?
        } else {
            raw.to_owned()
        };
        if value.chars().count() > LONGEST_VALUE {
            return failed(JsonError::Truncated);
        }
        Ok(Value::Text(value))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_value"),
};

/// `JSON_QUERY(text, path)`: an object or array as it is written; NULL of anything else, where the path is lax.
pub(crate) static JSON_QUERY: Function = Function {
    name: "json_query",
    strict: true,
    evaluate: Some(|args, _| {
        let path = Path::parse(argument(args, 1), false)?;
        match find(whole(argument(args, 0))?, &path.steps)? {
            None => lax(&path, JsonError::Property),
            Some(raw) if kind(raw) == Kind::Scalar => lax(&path, JsonError::ObjectOrArray),
            Some(raw) => Ok(Value::Text(raw.to_owned())),
        }
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_query"),
};

/// `JSON_MODIFY(text, path, value)`; the value is JSON already. A value that is NULL deletes a key, where the path is lax.
pub(crate) static JSON_MODIFY: Function = Function {
    name: "json_modify",
    strict: false,
    evaluate: Some(|args, _| {
        let (Some(text), Some(path)) = (optional_text(args, 0), optional_text(args, 1)) else {
            return Ok(Value::Null);
        };
        let path = Path::parse(path, true)?;
        Ok(Value::Text(modified(text, &path, optional_text(args, 2))?))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_modify"),
};

/// A text as a JSON string, with its quotes.
pub(crate) static JSON_STRING: Function = Function {
    name: "json_string",
    strict: true,
    evaluate: Some(|args, _: Type| {
        Ok(Value::Text(format!(
            "\"{}\"",
            json_escaped(argument(args, 0))
        )))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_json_string"),
};

/// NULL, or the error of a strict path.
fn lax(path: &Path, error: JsonError) -> Result<Value, CqlError> {
    if path.strict {
        Err(error.into())
    } else {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::{JSON_MODIFY, JSON_QUERY, JSON_VALUE};
    use crate::functions::Function;
    use crate::value::{Type, Value};

    const DOCUMENT: &str =
        r#" { "a": 1.50, "b" : [ 1, {"c":"x\"\u00e4"} ], "a": 2, "d e": null, "f": {} } "#;

    fn run(function: &Function, arguments: &[Option<&str>]) -> String {
        let values: Vec<Value> = arguments
            .iter()
            .map(|a| a.map_or(Value::Null, |a| Value::Text(a.to_owned())))
            .collect();
        match function.evaluate.map(|f| f(&values, Type::Text)) {
            Some(Ok(Value::Text(text))) => text,
            Some(Ok(Value::Null)) => "NULL".to_owned(),
            Some(Err(e)) => e.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn reading() {
        for (path, value, query) in [
            ("$.a", "1.50", "NULL"),
            ("$.b[1].c", "x\"ä", "NULL"),
            ("$.b[1]", "NULL", r#"{"c":"x\"\u00e4"}"#),
            ("$.b", "NULL", r#"[ 1, {"c":"x\"\u00e4"} ]"#),
            ("$.\"d e\"", "NULL", "NULL"),
            ("lax $.zz", "NULL", "NULL"),
            (
                "strict $.zz",
                "Property cannot be found on the specified JSON path.",
                "Property cannot be found on the specified JSON path.",
            ),
            (
                "strict $.f",
                "Scalar value cannot be found in the specified JSON path.",
                "{}",
            ),
            (
                "strict $.a",
                "1.50",
                "Object or array cannot be found in the specified JSON path.",
            ),
            (
                "$.a x",
                "JSON path is not properly formatted. Unexpected character 'x' is found at position 4.",
                "JSON path is not properly formatted. Unexpected character 'x' is found at position 4.",
            ),
            (
                "$.b[",
                "JSON path is not properly formatted. It ends at position 4.",
                "JSON path is not properly formatted. It ends at position 4.",
            ),
        ] {
            assert_eq!(
                run(&JSON_VALUE, &[Some(DOCUMENT), Some(path)]),
                value,
                "{path}"
            );
            assert_eq!(
                run(&JSON_QUERY, &[Some(DOCUMENT), Some(path)]),
                query,
                "{path}"
            );
        }
        assert_eq!(
            run(&JSON_VALUE, &[Some("nope"), Some("$.a")]),
            "JSON text is not properly formatted."
        );
    }

    #[test]
    fn changing() {
        let property = "Property cannot be found on the specified JSON path.";
        for (document, path, value, expected) in [
            (r#"{"a":1,"b":2}"#, "$.a", None, r#"{"b":2}"#),
            (r#"{"a":1,"b":2}"#, "$.b", None, r#"{"a":1}"#),
            (r#"{ "a" : 1 }"#, "$.a", None, "{ }"),
            (r#"{ "a" : 1 }"#, "$.a", Some("[2]"), r#"{ "a" : [2] }"#),
            (r#"{ "a" : 1 }"#, "$.b", Some("2"), r#"{ "a" : 1,"b":2 }"#),
            ("{}", "$.\"a b\"", Some("2"), r#"{"a b":2}"#),
            ("{}", "$.a.b", Some("2"), "{}"),
            ("{}", "strict $.a", Some("2"), property),
            (r#"{"a":1}"#, "strict $.a", None, r#"{"a":null}"#),
            (r#"{"a":[1,2]}"#, "$.a[1]", Some("3"), r#"{"a":[1,3]}"#),
            (r#"{"a":[1,2]}"#, "$.a[1]", None, r#"{"a":[1,null]}"#),
            (r#"{"a":[1,2]}"#, "$.a[2]", Some("3"), r#"{"a":[1,2]}"#),
            (
                r#"{"a":[1,2]}"#,
                "append $.a",
                Some("3"),
                r#"{"a":[1,2,3]}"#,
            ),
            (r#"{"a":[ ]}"#, "append lax $.a", Some("3"), r#"{"a":[3 ]}"#),
            ("{}", "append $.a", Some("3"), r#"{"a":[3]}"#),
            ("{}", "append strict $.a", Some("3"), property),
            ("[1]", "append $", Some("3"), "[1,3]"),
            ("[1]", "$[0]", Some("3"), "[3]"),
            (
                "[1]",
                "$",
                Some("3"),
                "Unsupported JSON path found in argument 2 of JSON_MODIFY.",
            ),
        ] {
            let found = run(&JSON_MODIFY, &[Some(document), Some(path), value]);
            assert_eq!(found, expected, "{document} {path} {value:?}");
        }
    }
}
