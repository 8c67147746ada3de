//! Checks of numbers that say how many rows: of TOP, OFFSET and FETCH, and of recursion.

use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&ROW_COUNT, &RECURSION];

/// TOP.
pub(crate) const TOP: &str = "top";
/// FETCH.
pub(crate) const FETCH: &str = "fetch";
/// OFFSET.
pub(crate) const OFFSET: &str = "offset";

/// The number, if it is one that the clause takes; else T-SQL's text.
pub(crate) fn checked(clause: &str, number: &Value) -> Result<u64, &'static str> {
    let Value::Int(n) = number else {
        return Err(match clause {
            OFFSET => "The number of rows provided for a OFFSET clause must be an integer.",
            _ => "A TOP or FETCH clause contains an invalid value.",
        });
    };
    let least = u64::from(clause == FETCH);
    match u64::try_from(*n) {
        Ok(n) if n >= least => Ok(n),
        _ => Err(match clause {
            OFFSET => "The offset specified in a OFFSET clause may not be negative.",
            FETCH => "The number of rows provided for a FETCH clause must be greater then zero.",
            _ => "A TOP N or FETCH rowcount value may not be negative.",
        }),
    }
}

/// `row_count(clause, n)`: n, checked when the statement runs.
pub(crate) static ROW_COUNT: Function = Function {
    name: "row_count",
    strict: false,
    evaluate: Some(|args, _| {
        let (clause, number) = match args {
            [Value::Text(clause), number] => (clause.as_str(), number),
            _ => (TOP, &Value::Null),
        };
        checked(clause, number)
            .map(|n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX)))
            .map_err(|text| CqlError::Rule {
                text,
                position: None,
            })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_row_count"),
};

/// `recursion(level, most)`: the level of a recursive query, which may not exceed `most`.
pub(crate) static RECURSION: Function = Function {
    name: "recursion",
    strict: true,
    evaluate: Some(|args, _| match args {
        [Value::Int(level), Value::Int(most)] if level > most => {
            Err(CqlError::RecursionExhausted { most: *most })
        }
        [level, _] => Ok(level.clone()),
        _ => Ok(Value::Null),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_recursion"),
};
