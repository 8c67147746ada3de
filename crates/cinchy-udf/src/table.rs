//! The table that a script gives as JSON text.

use serde_json::Value as Json;

use crate::Value;

/// Type of a column of a table (documented: String, Double, DateTime, Boolean).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `String`.
    Text,
    /// `Double`, and the other numbers of .NET.
    Number,
    /// `DateTime`.
    Date,
    /// `Boolean`.
    Bool,
}

/// A table: columns with names and types, rows of as many cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names and types.
    pub columns: Vec<(String, ColumnType)>,
    /// Rows. Cells are what JSON has: a date is a text.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// Reads `{"schema": [{"columnName": "A", "type": "String"}], "data": [["x"]]}`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| format!("it is not the JSON text of one ({error})"))?;
        let list = |name: &str| {
            json.get(name)
                .and_then(Json::as_array)
                .ok_or_else(|| format!("it has no list `{name}`"))
        };
        let mut columns = Vec::new();
        for column in list("schema")? {
            let word = |name: &str| {
                column
                    .get(name)
                    .and_then(Json::as_str)
                    .filter(|text| !text.is_empty())
                    .ok_or_else(|| format!("a column of its schema has no `{name}`"))
            };
            columns.push((word("columnName")?.to_owned(), column_type(word("type")?)?));
        }
        if columns.is_empty() {
            return Err("its schema has no columns".to_owned());
        }
        let mut rows = Vec::new();
        for (index, row) in list("data")?.iter().enumerate() {
            let cells = row
                .as_array()
                .filter(|cells| cells.len() == columns.len())
                .ok_or_else(|| {
                    format!(
                        "row {} of its data is not a list of {} cells",
                        index + 1,
                        columns.len()
                    )
                })?;
            rows.push(cells.iter().map(cell).collect());
        }
        Ok(Self { columns, rows })
    }
}

fn column_type(word: &str) -> Result<ColumnType, String> {
    let word = word.strip_prefix("System.").unwrap_or(word);
    Ok(match word.to_ascii_lowercase().as_str() {
        "string" => ColumnType::Text,
        "double" | "decimal" | "single" | "byte" | "int16" | "int32" | "int64" => {
            ColumnType::Number
        }
        "datetime" => ColumnType::Date,
        "boolean" => ColumnType::Bool,
        _ => return Err(format!("the type `{word}` of a column is unknown")),
    })
}

fn cell(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => value.as_f64().map_or(Value::Null, Value::Number),
        Json::String(value) => Value::Text(value.clone()),
        other => Value::Text(other.to_string()),
    }
}
