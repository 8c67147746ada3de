//! A column that exists and is stated again: what is said of it must be so already.

use crate::Located;
use crate::model::{CalculatedType, Cell, Column, ColumnType};

/// The first key that says something else of a column than what is there. What is left out says nothing.
pub(super) fn changed_key(said: &Column, there: &Column) -> Option<&'static str> {
    let changes = [
        ("guid", text(&said.guid, &there.guid)),
        ("description", text(&said.description, &there.description)),
        ("mandatory", flag(said.mandatory, there.mandatory)),
        ("unique", flag(said.unique, there.unique)),
        ("default", cell(&said.default, &there.default)),
        ("maxLength", length(said, there)),
        ("options", list(&said.options, &there.options, false)),
        ("multi", flag(said.multi, there.multi)),
        ("table", name(&said.table, &there.table)),
        ("column", name(&said.column, &there.column)),
        (
            "displayColumns",
            list(&said.display_columns, &there.display_columns, true),
        ),
        (
            "linkFilterExpression",
            text(&said.link_filter_expression, &there.link_filter_expression),
        ),
        (
            "allowLinking",
            value(said.allow_linking, there.allow_linking),
        ),
        (
            "allowDisplayInLinkedViews",
            value(
                said.allow_display_in_linked_views,
                there.allow_display_in_linked_views,
            ),
        ),
        (
            "result",
            said.result
                .is_some_and(|result| result != there.result.unwrap_or(CalculatedType::Text)),
        ),
        ("cached", flag(said.cached, there.cached)),
        ("expression", text(&said.expression, &there.expression)),
        (
            "displayFormat",
            text(&said.display_format, &there.display_format),
        ),
        (
            "validationExpression",
            text(&said.validation_expression, &there.validation_expression),
        ),
        ("minValue", cell(&said.min_value, &there.min_value)),
        ("maxValue", cell(&said.max_value, &there.max_value)),
        ("textFormat", text(&said.text_format, &there.text_format)),
    ];
    changes
        .into_iter()
        .find_map(|(key, changes)| changes.then_some(key))
}

fn value(said: Option<bool>, there: Option<bool>) -> bool {
    said.is_some() && said != there
}

/// A flag that is not set is not said to be so.
fn flag(said: Option<bool>, there: Option<bool>) -> bool {
    said.is_some_and(|said| said != (there == Some(true)))
}

fn text(said: &Option<String>, there: &Option<String>) -> bool {
    said.is_some() && said != there
}

fn name(said: &Option<Located<String>>, there: &Option<Located<String>>) -> bool {
    let lower = |name: &Option<Located<String>>| name.as_ref().map(|n| n.to_lowercase());
    said.is_some() && lower(said) != lower(there)
}

fn list(said: &[Located<String>], there: &[Located<String>], any_case: bool) -> bool {
    let same = |(a, b): (&Located<String>, &Located<String>)| {
        a == b || any_case && a.to_lowercase() == b.to_lowercase()
    };
    let repeats = said.len() == there.len() && said.iter().zip(there).all(same);
    !said.is_empty() && !repeats
}

fn length(said: &Column, there: &Column) -> bool {
    said.max_length.is_some()
        && match said.column_type {
            ColumnType::Text => said.most_characters() != there.most_characters(),
            _ => said.max_length != there.max_length,
        }
}

fn cell(said: &Option<Cell>, there: &Option<Cell>) -> bool {
    let words = |cell: &Option<Cell>| cell.as_ref().and_then(words_of);
    said.is_some() && words(said) != words(there)
}

/// A value as words, in whatever way it is written: `2` and `"2"`, one option and a list of one, are the same.
fn words_of(cell: &Cell) -> Option<Vec<String>> {
    let word = match cell {
        Cell::Null => return None,
        Cell::Number(number) => number.to_string(),
        Cell::Bool(value) => value.to_string(),
        Cell::Text(text) => text.trim().parse::<f64>().map_or_else(
            |_| match text.as_str() {
                yes if yes.eq_ignore_ascii_case("yes") => "true".to_owned(),
                no if no.eq_ignore_ascii_case("no") => "false".to_owned(),
                other if other.eq_ignore_ascii_case("true") => "true".to_owned(),
                other if other.eq_ignore_ascii_case("false") => "false".to_owned(),
                other => other.to_owned(),
            },
            |number| number.to_string(),
        ),
        Cell::List(items) => return Some(items.iter().filter_map(words_of).flatten().collect()),
        Cell::Match { .. } => return None,
    };
    Some(vec![word])
}
