//! Functions of JSON texts.

use super::{Entry, How, exactly};
use crate::bind::expression::{call, unsupported};
use crate::bind::types::{coerce, is_number};
use crate::error::{CqlError, Position};
use crate::functions::{Function, json};
use crate::ir::{Body, Condition, Scalar, ScalarNode};
use crate::value::{Type, Value};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "ISJSON",
        least: 1,
        most: 1,
        how: How::Plain(&json::ISJSON, &[Type::Text], Type::Int),
    },
    Entry {
        name: "JSON_VALUE",
        least: 2,
        most: 2,
        how: How::Plain(&json::JSON_VALUE, &[Type::Text], Type::Text),
    },
    Entry {
        name: "JSON_QUERY",
        least: 1,
        most: 2,
        how: How::Values(query),
    },
    Entry {
        name: "JSON_MODIFY",
        least: 3,
        most: 3,
        how: How::Values(modify),
    },
];

/// Without a path it is the whole.
fn query(mut values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    if values.len() == 1 {
        values.push(Scalar::literal(Value::Text("$".to_owned()), Type::Text));
    }
    let values = values
        .into_iter()
        .map(|v| coerce(v, Type::Text, position))
        .collect::<Result<_, _>>()?;
    Ok(call(&json::JSON_QUERY, Type::Text, values))
}

fn modify(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let [document, path, value] = exactly(values, position)?;
    let values = vec![
        coerce(document, Type::Text, position)?,
        coerce(path, Type::Text, position)?,
        written(value, position)?,
    ];
    Ok(call(&json::JSON_MODIFY, Type::Text, values))
}

/// A value as JSON writes it: texts in quotes, unless a function of JSON made them.
fn written(value: Scalar, position: Option<Position>) -> Result<Scalar, CqlError> {
    match value.ty {
        Type::Null => Ok(Scalar::null(Type::Text)),
        Type::Text if is_json(&value) => Ok(value),
        Type::Text => Ok(call(&json::JSON_STRING, Type::Text, vec![value])),
        Type::Bit => {
            let word = |word: &str| Scalar::literal(Value::Text(word.to_owned()), Type::Text);
            let is = |truth: bool| Condition::Compare {
                op: crate::ir::Comparison::Equal,
                left: value.clone(),
                right: Scalar::literal(Value::Bool(truth), Type::Bit),
            };
            Ok(Scalar {
                ty: Type::Text,
                node: ScalarNode::Case {
                    branches: vec![(is(true), word("true")), (is(false), word("false"))],
                    otherwise: None,
                },
            })
        }
        ty if is_number(ty) => coerce(value, Type::Text, position),
        ty if ty.is_date() => {
            let text = coerce(value, Type::Text, position)?;
            Ok(call(&json::JSON_STRING, Type::Text, vec![text]))
        }
        _ => Err(unsupported("a binary value in JSON", position)),
    }
}

fn is_json(value: &Scalar) -> bool {
    const MAKERS: [&Function; 2] = [&json::JSON_QUERY, &json::JSON_MODIFY];
    match &value.node {
        ScalarNode::Call { function, .. } => MAKERS.contains(function),
        ScalarNode::Subquery(query) => matches!(query.body, Body::Json(_)),
        _ => false,
    }
}
