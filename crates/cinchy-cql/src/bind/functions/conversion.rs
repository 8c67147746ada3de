//! Conversions that are written as calls, and new ids.

use super::{Entry, How};
use crate::bind::expression::{call, unsupported};
use crate::bind::types::{coerce, is_number};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::functions::{format, strings};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "FORMAT",
        least: 2,
        most: 3,
        how: How::Values(formatted),
    },
    Entry {
        name: "STR",
        least: 1,
        most: 3,
        how: How::Values(str),
    },
    Entry {
        name: "ISNUMERIC",
        least: 1,
        most: 1,
        how: How::Plain(&format::ISNUMERIC, &[Type::Text], Type::Int),
    },
    Entry {
        name: "NEWID",
        least: 0,
        most: 0,
        how: How::Values(|_, _| Ok(call(&strings::NEWID, Type::Text, Vec::new()))),
    },
];

/// `FORMAT(number or date, format, culture)`; en-US when no culture is given.
fn formatted(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let mut values = values.into_iter();
    let (Some(value), Some(pattern)) = (values.next(), values.next()) else {
        return Err(unsupported("this FORMAT", position));
    };
    let value = match value.ty {
        Type::Null => coerce(value, Type::Int, position)?,
        // A request parameter becomes a number by its context.
        Type::Text if value.is_constant() && !is_literal(&value) => {
            coerce(value, Type::Double, position)?
        }
        ty if is_number(ty) || ty.is_date() => value,
        ty => {
            return Err(CqlError::InvalidOperand {
                ty: sql_name(ty),
                function: "format".to_owned(),
                position,
            });
        }
    };
    let culture = match values.next() {
        Some(culture) => coerce(culture, Type::Text, position)?,
        None => Scalar::literal(Value::Text("en-US".to_owned()), Type::Text),
    };
    if let ScalarNode::Constant(Bind::Literal(Value::Text(name))) = &culture.node
        && !format::knows(name)
    {
        return Err(unsupported(format!("the culture {name}"), position));
    }
    let pattern = coerce(pattern, Type::Text, position)?;
    Ok(call(
        &format::FORMAT,
        Type::Text,
        vec![value, pattern, culture],
    ))
}

fn is_literal(value: &Scalar) -> bool {
    matches!(value.node, ScalarNode::Constant(Bind::Literal(_)))
}

/// `STR(float, length, decimals)`: 10 characters and no decimals when they are left out (documented).
fn str(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let mut values = values.into_iter();
    let Some(number) = values.next() else {
        return Err(unsupported("this STR", position));
    };
    let mut next = |default: i64| match values.next() {
        Some(value) => coerce(value, Type::Int, position),
        None => Ok(Scalar::literal(Value::Int(default), Type::Int)),
    };
    let number = coerce(number, Type::Double, position)?;
    let arguments = vec![number, next(10)?, next(0)?];
    Ok(call(&format::STR, Type::Text, arguments))
}
