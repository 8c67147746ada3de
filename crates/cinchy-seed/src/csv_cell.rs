//! Cells from the text of a CSV file, and the texts that stand for dates.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::model::{Cell, Column, ColumnType};

/// A cell of a CSV file as the cell that a YAML row would have for it; an empty text is NULL.
///
/// Number: `12.5`; Yes/No: `true`, `yes`, `1` and their opposites in any case; links: a Cinchy Id, or else the value of
/// the column that the link shows; several links or choices: separated by commas, one with a comma in double quotes.
/// Whether the value fits the column in other ways is for [`crate::check()`].
///
/// # Errors
/// A sentence for people when the text is no value of the column's type.
pub fn cell_from_csv(column: &Column, text: &str) -> Result<Cell, String> {
    if text.is_empty() {
        return Ok(Cell::Null);
    }
    match column.column_type {
        ColumnType::Text
        | ColumnType::Date
        | ColumnType::Binary
        | ColumnType::Geometry
        | ColumnType::Geography => Ok(Cell::Text(text.to_owned())),
        ColumnType::Number => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Cell::Number(number)),
            _ => Err(format!(
                "column `{}`: `{text}` is not a number",
                *column.name
            )),
        },
        ColumnType::YesNo => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Cell::Bool(true)),
            "false" | "no" | "0" => Ok(Cell::Bool(false)),
            _ => Err(format!(
                "column `{}`: `{text}` is not yes or no",
                *column.name
            )),
        },
        ColumnType::Choice if column.is_multi() => Ok(Cell::List(
            split_list(text).into_iter().map(Cell::Text).collect(),
        )),
        ColumnType::Choice => Ok(Cell::Text(text.to_owned())),
        ColumnType::Link if column.is_multi() => {
            let items = split_list(text)
                .into_iter()
                .map(|item| link_from_csv(column, item));
            items.collect::<Result<_, _>>().map(Cell::List)
        }
        ColumnType::Link => link_from_csv(column, text.to_owned()),
        ColumnType::Calculated => Err(format!(
            "column `{}` is calculated: leave its cells empty",
            *column.name
        )),
    }
}

/// One link: an id, or the value that the link shows.
fn link_from_csv(column: &Column, text: String) -> Result<Cell, String> {
    if let Ok(id) = text.trim().parse::<i32>() {
        return Ok(Cell::Number(f64::from(id)));
    }
    match &column.column {
        Some(shown) => Ok(Cell::Match {
            column: shown.value.clone(),
            value: Box::new(Cell::Text(text)),
        }),
        None => Err(format!(
            "column `{}`: `{text}` is not a Cinchy Id",
            *column.name
        )),
    }
}

/// Splits a list text at commas outside double quotes; `""` inside quotes is one. Items are trimmed, empty ones dropped.
pub fn split_list(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                item.push('"');
            }
            '"' if quoted || item.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            _ => item.push(c),
        }
    }
    items.push(item);
    items
        .iter()
        .map(|i| i.trim().to_owned())
        .filter(|i| !i.is_empty())
        .collect()
}

/// Reads a date of a seed: `2020-01-15`, `2020-01-15T10:00:00` with or without fraction and seconds, with a blank
/// instead of the `T`, with `Z` or an offset (then it is turned to UTC).
pub fn parse_date(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date.and_hms_opt(0, 0, 0);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.naive_utc());
    }
    [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}
