//! Functions that choose among values.

use std::cmp::Ordering;

use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&GREATEST, &LEAST, &GREATEST_TEXT, &LEAST_TEXT];

/// `GREATEST(..)` of anything but texts.
pub(crate) static GREATEST: Function = extreme("greatest", greatest, Sql::Native("GREATEST"));

/// `LEAST(..)` of anything but texts.
pub(crate) static LEAST: Function = extreme("least", least, Sql::Native("LEAST"));

/// `GREATEST(..)` of texts, by code point.
pub(crate) static GREATEST_TEXT: Function =
    extreme("greatest_text", greatest, Sql::Own("cql_greatest"));

/// `LEAST(..)` of texts, by code point.
pub(crate) static LEAST_TEXT: Function = extreme("least_text", least, Sql::Own("cql_least"));

const fn extreme(name: &'static str, evaluate: super::Evaluate, postgres: Sql) -> Function {
    Function {
        name,
        strict: false,
        evaluate: Some(evaluate),
        sqlite: Sql::Rust,
        postgres,
    }
}

fn greatest(args: &[Value], _: crate::value::Type) -> Result<Value, CqlError> {
    Ok(pick(args, Ordering::Greater))
}

fn least(args: &[Value], _: crate::value::Type) -> Result<Value, CqlError> {
    Ok(pick(args, Ordering::Less))
}

/// The one that stands so to all others; NULLs are left out.
fn pick(args: &[Value], wanted: Ordering) -> Value {
    let mut values = args.iter().filter(|v| **v != Value::Null);
    let Some(mut best) = values.next() else {
        return Value::Null;
    };
    for value in values {
        if compare(value, best) == wanted {
            best = value;
        }
    }
    best.clone()
}

/// Values of one type; others have no order.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
