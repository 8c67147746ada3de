//! A value on its way into a column: the forms that are accepted, and the platform's words for what is not (seen).

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SubsecRound;
use cinchy_cql::catalog::{Column, ColumnKind, Limits};
use cinchy_cql::value::{Type, Value};
use cinchy_cql::{CqlError, convert, double_text, parse_date};
use cinchy_seed::Pattern;

use crate::lists;

/// The value that a column stores for a value that was given for it. Links are not asked here.
///
/// NULL stays NULL. The empty text is NULL for every column but a text (decided), and so are the four letters `null`,
/// which an SDK sends for it.
///
/// # Errors
/// A value that the column does not take, or NULL in a mandatory column.
pub(super) fn stored(column: &Column, value: Value) -> Result<Value, CqlError> {
    let value = match &column.kind {
        ColumnKind::Text { max_length } => text(value, *max_length)?,
        ColumnKind::Geometry | ColumnKind::Geography => text(value, None)?,
        ColumnKind::Choice { options, multi } => choice(text(value, None)?, options, *multi)?,
        _ if is_blank(&value) => Value::Null,
        ColumnKind::Number => number(value)?,
        ColumnKind::Integer | ColumnKind::Link { .. } => integer(value)?,
        ColumnKind::DateTime => date(value)?,
        ColumnKind::YesNo => yes_no(value)?,
        ColumnKind::Binary => binary(value)?,
        ColumnKind::Calculated { .. }
        | ColumnKind::Derived(_)
        | ColumnKind::Guid
        | ColumnKind::Identity { .. } => value,
    };
    mandatory(column, &value)?;
    if let Some(limits) = &column.limits {
        within(limits, &value)?;
    }
    Ok(value)
}

/// Refuses what is beyond the limits of a column. NULL is within them.
fn within(limits: &Limits, value: &Value) -> Result<(), CqlError> {
    let beyond = |limit: &Option<Value>, order: Ordering| {
        let found = match (value, limit) {
            (Value::Double(x), Some(Value::Double(limit))) => x.partial_cmp(limit),
            (Value::DateTime(at), Some(Value::DateTime(limit))) => Some(at.cmp(limit)),
            _ => None,
        };
        let text = |limit: &Value| match limit {
            Value::DateTime(at) => at.to_string().replace(" 00:00:00", ""),
            other => shown(other),
        };
        (found == Some(order)).then(|| limit.as_ref().map(text).unwrap_or_default())
    };
    if let Some(least) = beyond(&limits.least, Ordering::Less) {
        return Err(CqlError::ValueTooSmall { least });
    }
    if let Some(most) = beyond(&limits.greatest, Ordering::Greater) {
        return Err(CqlError::ValueTooLarge { most });
    }
    if let (Some(pattern), Value::Text(text)) = (&limits.pattern, value)
        && !Pattern::new(pattern).allows(text)
    {
        return Err(CqlError::ValueAgainstPattern);
    }
    Ok(())
}

/// Refuses NULL in a mandatory column.
///
/// # Errors
/// With the platform's text.
pub(super) fn mandatory(column: &Column, value: &Value) -> Result<(), CqlError> {
    if column.is_mandatory && *value == Value::Null {
        return Err(CqlError::MandatoryNull {
            column: column.name.clone(),
        });
    }
    Ok(())
}

/// The ids that `5,0`, `152,0,187,0`, `5`, `[5]`, `[5],[6]`, `[5,6]` or a number name; `None` when the text is nothing of this.
pub(super) fn ids_of_pairs(value: &Value) -> Option<Vec<i32>> {
    let whole = |text: &str| text.trim().parse::<i32>().ok();
    match value {
        Value::Null => Some(Vec::new()),
        Value::Int(n) => Some(vec![i32::try_from(*n).ok()?]),
        Value::Double(x) => Some(vec![whole(&double_text(*x))?]),
        // A form that is seen in tests of the platform, but not how it names several ids (guess: both).
        Value::Text(text) if text.trim().starts_with('[') && text.matches('[').count() == 1 => {
            let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
            inner.split(',').map(whole).collect()
        }
        Value::Text(text) if text.contains('[') => text
            .split(',')
            .map(|item| whole(item.trim().strip_prefix('[')?.strip_suffix(']')?))
            .collect(),
        Value::Text(text) if is_blank(value) || text.trim().is_empty() => Some(Vec::new()),
        Value::Text(text) => {
            let numbers: Vec<i32> = text.split(',').map(whole).collect::<Option<_>>()?;
            match numbers.as_slice() {
                [id] => Some(vec![*id]),
                pairs if pairs.len() % 2 == 0 => Some(pairs.iter().copied().step_by(2).collect()),
                _ => None,
            }
        }
        other => whole(&shown(other)).map(|id| vec![id]),
    }
}

/// The ids of a list that a link column gave, `1, 2`.
pub(super) fn ids_of_list(value: &Value) -> Vec<i32> {
    match value {
        Value::Null => Vec::new(),
        other => shown(other)
            .split(',')
            .filter_map(|item| item.trim().parse().ok())
            .collect(),
    }
}

/// A value as the text that it is looked up by, or named by in a message.
pub(super) fn shown(value: &Value) -> String {
    match convert(value, Type::Text) {
        Ok(Value::Text(text)) => text,
        _ => match value {
            Value::DateTime(at) => at.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
            _ => String::new(),
        },
    }
}

/// Whether a value for anything but a text means NULL.
pub(super) fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Null)
        || matches!(value, Value::Text(text) if text.is_empty() || text == "null")
}

fn text(value: Value, max_length: Option<i32>) -> Result<Value, CqlError> {
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::Text(text) => text,
        // T-SQL's default style of a date.
        Value::DateTime(at) => at.format("%b %e %Y %l:%M%p").to_string(),
        other => match convert(&other, Type::Text)? {
            Value::Text(text) => text,
            other => return Ok(other),
        },
    };
    if text.contains('\0') {
        // PostgreSQL stores none.
        return Err(CqlError::Unsupported {
            what: "a text with the character U+0000".to_owned(),
            position: None,
        });
    }
    match max_length {
        Some(most) if text.chars().count() > usize::try_from(most).unwrap_or(0) => {
            Err(CqlError::ValueTooLong { most })
        }
        _ => Ok(Value::Text(text)),
    }
}

fn choice(value: Value, options: &[String], multi: bool) -> Result<Value, CqlError> {
    let Value::Text(text) = value else {
        return Ok(value);
    };
    let one_of = |item: &str| options.iter().any(|o| o == item);
    // An SDK sends the four letters `null` for it.
    if text.is_empty() || (text == "null" && !one_of(&text)) {
        return Ok(Value::Null);
    }
    if !multi {
        return if one_of(&text) {
            Ok(Value::Text(text))
        } else {
            Err(CqlError::NotAnOption)
        };
    }
    let mut items: Vec<String> = Vec::new();
    for item in cinchy_seed::split_list(&text) {
        if !one_of(&item) {
            return Err(CqlError::NotAnOption);
        }
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if items.is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::Text(lists::join(items.iter().map(String::as_str))))
}

fn number(value: Value) -> Result<Value, CqlError> {
    match convert(&value, Type::Double) {
        Ok(Value::Double(x)) if !matches!(&value, Value::Text(t) if t.trim().is_empty()) => {
            Ok(Value::Double(x))
        }
        _ => Err(CqlError::NumberWanted),
    }
}

fn integer(value: Value) -> Result<Value, CqlError> {
    let Value::Double(x) = number(value)? else {
        return Err(CqlError::NumberWanted);
    };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&x) {
        Ok(Value::Int(x.trunc() as i64))
    } else {
        Err(CqlError::Overflow {
            from: "expression",
            to: "int",
        })
    }
}

fn date(value: Value) -> Result<Value, CqlError> {
    let date = match value {
        Value::DateTime(_) | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset(_) => {
            convert(&value, Type::DateTime)
        }
        Value::Text(text) => parse_date(&text)
            .map(Value::DateTime)
            .ok_or(CqlError::DateWanted),
        _ => Err(CqlError::DateWanted),
    }?;
    // Microseconds, as PostgreSQL keeps them.
    Ok(match date {
        Value::DateTime(at) => Value::DateTime(at.trunc_subsecs(6)),
        other => other,
    })
}

fn yes_no(value: Value) -> Result<Value, CqlError> {
    match &value {
        Value::Bool(_) => return Ok(value),
        Value::Int(n @ (0 | 1)) => return Ok(Value::Bool(*n == 1)),
        Value::Double(x) if *x == 0.0 || *x == 1.0 => return Ok(Value::Bool(*x == 1.0)),
        Value::Text(text) => match text.trim().to_lowercase().as_str() {
            "yes" | "true" | "1" => return Ok(Value::Bool(true)),
            "no" | "false" | "0" => return Ok(Value::Bool(false)),
            _ => {}
        },
        _ => {}
    }
    Err(CqlError::YesNoWanted)
}

/// Bytes come as such, or as base64 text, in which they are read (seen in client code).
fn binary(value: Value) -> Result<Value, CqlError> {
    match value {
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes)),
        Value::Text(text) => match STANDARD.decode(text.trim()) {
            Ok(bytes) => Ok(Value::Bytes(bytes)),
            Err(_) => convert(&Value::Text(text), Type::Binary),
        },
        other => convert(&other, Type::Binary),
    }
}
