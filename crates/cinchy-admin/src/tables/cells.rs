//! Cells of rows: how they are asked for, how they are typed, and what they become in a statement.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};
use cinchy_cql::catalog::{Column, ColumnKind, Table};
use cinchy_cql::value::Value;

use cinchy_web::script::RunError;

use crate::cql::{Grid, Statement, holds, name};
use crate::desk::Desk;
use crate::error::PageError;

/// How a cell is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Line,
    /// Several lines.
    Lines,
    /// A number.
    Number,
    /// A moment.
    Moment,
    /// Yes, no or nothing.
    YesNo,
    /// One of these.
    One(Vec<String>),
    /// Several of these.
    Several(Vec<String>),
    /// A row of another table, or several: `12 · Product`.
    Link {
        /// Cinchy Id of that table.
        target: i32,
        /// Several rows, with `;` between.
        several: bool,
    },
    /// It cannot be typed.
    Fixed,
}

impl Input {
    /// How cells of a column are typed.
    pub fn of(column: &Column) -> Self {
        if column.is_system {
            return Self::Fixed;
        }
        match &column.kind {
            ColumnKind::Text { max_length } if max_length.is_some_and(|most| most <= 200) => {
                Self::Line
            }
            ColumnKind::Text { .. } | ColumnKind::Geometry | ColumnKind::Geography => Self::Lines,
            ColumnKind::Number | ColumnKind::Integer => Self::Number,
            ColumnKind::DateTime => Self::Moment,
            ColumnKind::YesNo => Self::YesNo,
            ColumnKind::Choice {
                options,
                multi: false,
            } => Self::One(options.clone()),
            ColumnKind::Choice {
                options,
                multi: true,
            } => Self::Several(options.clone()),
            ColumnKind::Link {
                target, junction, ..
            } => Self::Link {
                target: *target,
                several: junction.is_some(),
            },
            ColumnKind::Binary
            | ColumnKind::Calculated { .. }
            | ColumnKind::Derived(_)
            | ColumnKind::Guid
            | ColumnKind::Identity { .. } => Self::Fixed,
        }
    }
}

/// The type of a column in words.
pub fn type_words(column: &Column) -> &'static str {
    match &column.kind {
        ColumnKind::Text { .. } => "Text",
        ColumnKind::Number | ColumnKind::Integer => "Number",
        ColumnKind::DateTime => "Date",
        ColumnKind::YesNo => "Yes/No",
        ColumnKind::Binary => "Binary",
        ColumnKind::Choice { .. } => "Choice",
        ColumnKind::Link { .. } => "Link",
        ColumnKind::Calculated { .. } => "Calculated",
        ColumnKind::Geometry => "Geometry",
        ColumnKind::Geography => "Geography",
        ColumnKind::Derived(_) | ColumnKind::Guid | ColumnKind::Identity { .. } => "Derived",
    }
}

/// Runs a query of columns, whose items are called `c0` and so on. Where one that is calculated fails for some row, all of
/// those are left empty, and what failed comes with the answer.
///
/// # Errors
/// Those of the query without calculated columns.
pub fn computed(
    desk: &mut Desk<'_>,
    columns: &[Column],
    ask: impl Fn(&mut Desk<'_>, Vec<String>) -> Result<Grid, RunError>,
) -> Result<(Grid, Option<String>), RunError> {
    let is_calculated = |c: &Column| matches!(c.kind, ColumnKind::Calculated { .. });
    let items = |all: bool| -> Vec<String> {
        let item = |(number, column): (usize, &Column)| match all || !is_calculated(column) {
            true => format!("{} AS [c{number}]", name(&column.name)),
            false => format!("'' AS [c{number}]"),
        };
        columns.iter().enumerate().map(item).collect()
    };
    match ask(desk, items(true)) {
        Err(error) if columns.iter().any(is_calculated) => {
            Ok((ask(desk, items(false))?, Some(error.message())))
        }
        found => Ok((found?, None)),
    }
}

/// Whether a column's cells stand at the right.
pub fn is_number(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Number | ColumnKind::Integer)
}

/// What is typed for a cell, as the statement's parameter; or what is wrong with it.
pub fn value(
    desk: &mut Desk<'_>,
    column: &Column,
    typed: &str,
) -> Result<Result<Value, String>, PageError> {
    let text = typed.trim();
    if text.is_empty() {
        return Ok(if column.is_mandatory {
            Err(format!("{} must not be empty.", column.name))
        } else {
            Ok(Value::Null)
        });
    }
    Ok(match Input::of(column) {
        Input::Line | Input::Lines => match &column.kind {
            ColumnKind::Text {
                max_length: Some(most),
            } if typed.chars().count() > usize::try_from(*most).unwrap_or_default() => {
                Err(format!("At most {most} characters."))
            }
            _ => Ok(Value::Text(typed.to_owned())),
        },
        Input::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Double(number)),
            _ => Err(format!("“{text}” is not a number. Write it as 1234.5.")),
        },
        Input::Moment => moment(text).map(Value::DateTime).ok_or_else(|| {
            format!("“{text}” is not a date. Write it as 2027-01-31 or 2027-01-31 10:30.")
        }),
        Input::YesNo => match text.to_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(Value::Bool(true)),
            "no" | "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(format!("“{text}” is neither Yes nor No.")),
        },
        Input::One(options) => match options.iter().find(|o| o.eq_ignore_ascii_case(text)) {
            Some(option) => Ok(Value::Text(option.clone())),
            None => Err(format!("“{text}” is none of {}.", options.join(", "))),
        },
        Input::Several(options) => {
            let parts = text
                .split([',', ';'])
                .map(str::trim)
                .filter(|p| !p.is_empty());
            let mut found = Vec::new();
            for part in parts {
                match options.iter().find(|o| o.eq_ignore_ascii_case(part)) {
                    Some(option) => found.push(option.as_str()),
                    None => return Ok(Err(format!("“{part}” is none of {}.", options.join(", ")))),
                }
            }
            Ok(Value::Text(found.join(", ")))
        }
        Input::Link { several, .. } => return links(desk, column, text, several),
        Input::Fixed => Err(format!("{} cannot be written.", column.name)),
    })
}

/// A moment as people type it: T-SQL's years, 1 to 9999.
pub(super) fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.replace('T', " ");
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(&text, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })
        .filter(|moment| (1..=9999).contains(&moment.year()))
}

/// Rows that a link is to go to: `12 · Product`, `12`, or what the link shows.
fn links(
    desk: &mut Desk<'_>,
    column: &Column,
    text: &str,
    several: bool,
) -> Result<Result<Value, String>, PageError> {
    let mut ids = Vec::new();
    let parts: Vec<&str> = if several {
        text.split(';')
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .collect()
    } else {
        vec![text]
    };
    for part in parts {
        let number = part.split_once(" · ").map_or(part, |(id, _)| id).trim();
        if let Ok(id) = number.parse::<i32>() {
            ids.push(id);
            continue;
        }
        let Some((table, shown)) = target(desk, column)? else {
            return Ok(Err(format!(
                "“{part}” cannot be looked up. Give the Cinchy Id."
            )));
        };
        let text = format!(
            "SELECT TOP 2 [Cinchy Id] FROM {} WHERE [Deleted] IS NULL AND {} = @value",
            super::full(&table),
            name(&shown)
        );
        let found = desk.ask(Statement::new(&text).with("value", part))?;
        match found.rows.as_slice() {
            [row] => ids.push(row.int(0)),
            [] => {
                return Ok(Err(format!(
                    "{}.{} has no row “{part}” that you may see.",
                    table.domain, table.name
                )));
            }
            _ => {
                return Ok(Err(format!(
                    "{}.{} has several rows “{part}”. Give the Cinchy Id of the one you mean.",
                    table.domain, table.name
                )));
            }
        }
    }
    Ok(Ok(match (several, ids.as_slice()) {
        (_, []) => Value::Null,
        (false, [id, ..]) => Value::Int((*id).into()),
        (true, ids) => {
            let pairs: Vec<String> = ids.iter().map(|id| format!("{id},0")).collect();
            Value::Text(pairs.join(","))
        }
    }))
}

/// The rows of a link to several, as they are typed: `2 · SQL; 5 · Rust`. Where what they show holds one of the marks between
/// them, their ids are enough.
pub fn several_typed(ids: &str, shown: &str) -> String {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(',').map(|part| part.trim().to_owned());
        parts.filter(|part| !part.is_empty()).collect()
    };
    let (ids, texts) = (parts(ids), parts(shown));
    if ids.len() != texts.len() || shown.contains([';', '·']) {
        return ids.join("; ");
    }
    let pairs = ids.iter().zip(&texts);
    let typed: Vec<String> = pairs.map(|(id, text)| format!("{id} · {text}")).collect();
    typed.join("; ")
}

/// The table that a link goes to, and the name of the column that it shows.
pub fn target(
    desk: &mut Desk<'_>,
    column: &Column,
) -> Result<Option<(std::sync::Arc<Table>, String)>, PageError> {
    let ColumnKind::Link {
        target, display, ..
    } = &column.kind
    else {
        return Ok(None);
    };
    let catalog = desk.catalog()?;
    Ok(catalog.table(*target).and_then(|table| {
        let shown = table.column_by_id(*display)?.name.clone();
        Some((table.clone(), shown))
    }))
}

/// Rows that a link may go to, as they are typed, whose shown value holds a text.
pub fn options(
    desk: &mut Desk<'_>,
    column: &Column,
    search: &str,
    most: usize,
) -> Result<Vec<String>, PageError> {
    let Some((table, shown)) = target(desk, column)? else {
        return Ok(Vec::new());
    };
    let filter = if search.is_empty() {
        String::new()
    } else {
        format!(" AND {}", holds(&name(&shown), search))
    };
    let text = format!(
        "SELECT TOP {most} [Cinchy Id], {shown} FROM {} WHERE [Deleted] IS NULL{filter} ORDER BY {shown}",
        super::full(&table),
        shown = name(&shown),
    );
    // Somebody who may not see the target is offered nothing of it.
    let Ok(grid) = desk.run(&Statement::new(&text)) else {
        return Ok(Vec::new());
    };
    Ok(grid
        .rows
        .iter()
        .map(|row| format!("{} · {}", row.int(0), row.text(1)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::several_typed;

    #[test]
    fn links_to_several_rows_are_typed_with_what_they_show() {
        for (ids, shown, typed) in [
            ("2", "SQL", "2 · SQL"),
            ("5,2", "Rust, SQL", "5 · Rust; 2 · SQL"),
            ("", "", ""),
            // What is shown holds a mark between rows.
            ("5,2", "a, b, c", "5; 2"),
            ("5", "a; b", "5"),
            ("5", "a · b", "5"),
        ] {
            assert_eq!(several_typed(ids, shown), typed, "{ids} {shown}");
        }
    }
}
