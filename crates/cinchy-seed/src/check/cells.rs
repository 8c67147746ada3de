//! One cell against its column.

use chrono::NaiveDateTime;

use super::suggest::did_you_mean;
use crate::Pattern;
use crate::csv_cell::parse_date;
use crate::model::{Cell, Column, ColumnType};

/// What the texts of a column must be.
pub(super) struct TextRule {
    most: Option<usize>,
    pattern: Option<Pattern>,
}

impl TextRule {
    /// The rule of a column of a seed. Columns of system tables have none.
    pub(super) fn of(column: &Column, system: bool) -> Self {
        let most = column.most_characters().filter(|_| !system);
        let pattern = column.validation_expression.as_deref();
        Self {
            most: most.and_then(|most| usize::try_from(most).ok()),
            pattern: pattern.filter(|p| !p.is_empty()).map(Pattern::new),
        }
    }

    fn check(&self, column: &Column, text: &str) -> Result<(), String> {
        let name = &column.name.value;
        // Bytes are never fewer than characters, so most texts need no counting.
        if let Some(most) = self.most
            && text.len() > most
            && text.chars().count() > most
        {
            let hint = match column.max_length {
                Some(_) => "",
                None => " unless `maxLength` says otherwise",
            };
            return Err(format!(
                "column `{name}` holds at most {most} characters{hint}"
            ));
        }
        if self.pattern.as_ref().is_some_and(|p| !p.allows(text)) {
            return Err(format!(
                "column `{name}`: {} does not match `validationExpression` `{}`",
                show(&Cell::Text(text.to_owned())),
                column.validation_expression.as_deref().unwrap_or_default()
            ));
        }
        Ok(())
    }
}

/// Whether a cell that is not null fits its column: type, options, length, pattern, least and greatest value. Where a
/// link leads is not looked at.
///
/// # Errors
/// A sentence for people.
pub(super) fn check_cell(column: &Column, rule: &TextRule, cell: &Cell) -> Result<(), String> {
    match (column.column_type, cell) {
        (_, Cell::Null) => Ok(()),
        (ColumnType::Text, Cell::Text(text)) => rule.check(column, text),
        (ColumnType::Number, Cell::Number(number)) if number.is_finite() => {
            check_number(column, *number)
        }
        (ColumnType::Date, Cell::Text(text)) => match parse_date(text) {
            Some(date) => check_date(column, date, text),
            None => Err(wrong(
                column,
                cell,
                "a date such as `2020-01-15` or `2020-01-15T10:00:00`",
            )),
        },
        (ColumnType::YesNo, Cell::Bool(_)) => Ok(()),
        (ColumnType::YesNo, Cell::Number(number)) if *number == 0.0 || *number == 1.0 => Ok(()),
        (ColumnType::Choice, Cell::Text(option)) => check_option(column, option),
        (ColumnType::Choice, Cell::List(items)) if column.is_multi() => {
            items.iter().try_for_each(|item| match item {
                Cell::Text(option) => check_option(column, option),
                other => Err(wrong(column, other, "one of its options")),
            })
        }
        (ColumnType::Link, Cell::Number(_) | Cell::Match { .. }) => check_link(column, cell),
        (ColumnType::Link, Cell::List(items)) if column.is_multi() => {
            items.iter().try_for_each(|item| check_link(column, item))
        }
        (ColumnType::Binary, Cell::Text(text)) if is_base64(text) => Ok(()),
        (ColumnType::Geometry | ColumnType::Geography, Cell::Text(_)) => Ok(()),
        (ColumnType::Calculated, _) => Err(format!(
            "column `{}` is calculated: leave it out or null",
            column.name.value
        )),
        (ColumnType::Link, Cell::Text(text)) => {
            let shown = column.column.as_ref().map_or("Column", |c| c.as_str());
            let name = &column.name.value;
            Err(format!(
                "column `{name}` wants a link: a Cinchy Id, or `{{ {shown}: {text} }}`"
            ))
        }
        (kind, Cell::List(_)) if !column.is_multi() => Err(format!(
            "column `{}` is a {kind} column with one value, not a list",
            column.name.value
        )),
        (kind, _) => Err(wrong(column, cell, expected(kind))),
    }
}

fn expected(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "a text (in quotes)",
        ColumnType::Number => "a number",
        ColumnType::Date => "a date such as `2020-01-15` or `2020-01-15T10:00:00`",
        ColumnType::YesNo => "true or false",
        ColumnType::Choice => "one of its options, as a text",
        ColumnType::Link => "a Cinchy Id or `{Column: value}`",
        ColumnType::Binary => "base64 text",
        ColumnType::Calculated => "no value",
        ColumnType::Geometry | ColumnType::Geography => "well-known text",
    }
}

fn wrong(column: &Column, cell: &Cell, expected: &str) -> String {
    format!(
        "column `{}` wants {expected}, not {}",
        column.name.value,
        show(cell)
    )
}

/// A cell in a message; long texts are cut.
pub(super) fn show(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Bool(value) => format!("`{value}`"),
        Cell::Number(number) => format!("`{number}`"),
        Cell::Text(text) if text.chars().count() > 60 => {
            format!("`{}...`", text.chars().take(57).collect::<String>())
        }
        Cell::Text(text) => format!("`{text}`"),
        Cell::Match { column, value } => {
            format!("`{{ {column}: {} }}`", show(value).trim_matches('`'))
        }
        Cell::List(_) => "a list".to_owned(),
    }
}

fn check_number(column: &Column, number: f64) -> Result<(), String> {
    if let Some(Cell::Number(least)) = column.min_value
        && number < least
    {
        return Err(format!(
            "column `{}`: `{number}` is below `minValue` `{least}`",
            column.name.value
        ));
    }
    if let Some(Cell::Number(most)) = column.max_value
        && number > most
    {
        return Err(format!(
            "column `{}`: `{number}` is above `maxValue` `{most}`",
            column.name.value
        ));
    }
    Ok(())
}

fn check_date(column: &Column, date: NaiveDateTime, text: &str) -> Result<(), String> {
    let limit = |cell: &Option<Cell>| match cell {
        Some(Cell::Text(text)) => parse_date(text),
        _ => None,
    };
    if limit(&column.min_value).is_some_and(|least| date < least) {
        return Err(format!(
            "column `{}`: `{text}` is before `minValue`",
            column.name.value
        ));
    }
    if limit(&column.max_value).is_some_and(|most| date > most) {
        return Err(format!(
            "column `{}`: `{text}` is after `maxValue`",
            column.name.value
        ));
    }
    Ok(())
}

fn check_option(column: &Column, option: &str) -> Result<(), String> {
    // A system table may be described without its options.
    if column.options.is_empty() || column.options.iter().any(|o| o.as_str() == option) {
        return Ok(());
    }
    let hint = did_you_mean(option, column.options.iter().map(|o| o.as_str()));
    Err(format!(
        "column `{}` has no option `{option}`{hint}",
        column.name.value
    ))
}

fn check_link(column: &Column, cell: &Cell) -> Result<(), String> {
    match cell {
        Cell::Number(number) if crate::model::is_whole_id(*number) => Ok(()),
        Cell::Match { value, .. }
            if matches!(**value, Cell::Bool(_) | Cell::Number(_) | Cell::Text(_)) =>
        {
            Ok(())
        }
        other => Err(wrong(column, other, "a Cinchy Id or `{Column: value}`")),
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}
