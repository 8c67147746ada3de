//! Functions of texts.

use sqlparser::ast::Expr;

use super::{Entry, How, MANY};
use crate::bind::Binder;
use crate::bind::expression::call;
use crate::bind::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::{Function, characters, strings};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

const TEXT: &[Type] = &[Type::Text];
const TEXT_INT: &[Type] = &[Type::Text, Type::BigInt];

pub(super) const ENTRIES: &[Entry] = &[
    plain("LEN", 1, &strings::LEN, TEXT, Type::Int),
    plain("LOWER", 1, &strings::LOWER, TEXT, Type::Text),
    plain("UPPER", 1, &strings::UPPER, TEXT, Type::Text),
    plain("LTRIM", 1, &strings::LTRIM, TEXT, Type::Text),
    plain("RTRIM", 1, &strings::RTRIM, TEXT, Type::Text),
    plain("REVERSE", 1, &strings::REVERSE, TEXT, Type::Text),
    plain("RIGHT", 2, &strings::RIGHT, TEXT_INT, Type::Text),
    plain("REPLACE", 3, &strings::REPLACE, TEXT, Type::Text),
    plain("REPLICATE", 2, &strings::REPLICATE, TEXT_INT, Type::Text),
    plain(
        "STUFF",
        4,
        &strings::STUFF,
        &[Type::Text, Type::BigInt, Type::BigInt, Type::Text],
        Type::Text,
    ),
    plain("ASCII", 1, &characters::ASCII, TEXT, Type::Int),
    plain("CHAR", 1, &characters::CHAR, &[Type::BigInt], Type::Text),
    plain("UNICODE", 1, &characters::UNICODE, TEXT, Type::Int),
    plain("NCHAR", 1, &characters::NCHAR, &[Type::BigInt], Type::Text),
    plain("PATINDEX", 2, &characters::PATINDEX, TEXT, Type::Int),
    plain("TRANSLATE", 3, &characters::TRANSLATE, TEXT, Type::Text),
    plain(
        "STRING_ESCAPE",
        2,
        &characters::STRING_ESCAPE,
        TEXT,
        Type::Text,
    ),
    plain("SOUNDEX", 1, &characters::SOUNDEX, TEXT, Type::Text),
    plain("DIFFERENCE", 2, &characters::DIFFERENCE, TEXT, Type::Int),
    values("CHARINDEX", 2, 3, charindex),
    values("CONCAT", 2, MANY, concat),
    values("CONCAT_WS", 3, MANY, concat_ws),
    values("LEFT", 2, 2, left),
    values("QUOTENAME", 1, 2, quotename),
    values("SPACE", 1, 1, space),
];

const fn plain(
    name: &'static str,
    arguments: usize,
    function: &'static Function,
    types: &'static [Type],
    result: Type,
) -> Entry {
    Entry {
        name,
        least: arguments,
        most: arguments,
        how: How::Plain(function, types, result),
    }
}

const fn values(
    name: &'static str,
    least: usize,
    most: usize,
    bind: fn(Vec<Scalar>, Option<Position>) -> Result<Scalar, CqlError>,
) -> Entry {
    Entry {
        name,
        least,
        most,
        how: How::Values(bind),
    }
}

/// Texts and the integers behind them, a last argument that is left out included.
fn typed(
    values: Vec<Scalar>,
    types: &[Type],
    position: Option<Position>,
) -> Result<Vec<Scalar>, CqlError> {
    values
        .into_iter()
        .zip(types)
        .map(|(value, ty)| coerce(value, *ty, position))
        .collect()
}

/// NULL is the empty text.
fn concat(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let texts = values
        .into_iter()
        .map(|v| coerce(v, Type::Text, position))
        .collect::<Result<_, _>>()?;
    Ok(Scalar {
        ty: Type::Text,
        node: ScalarNode::ConcatFunction(texts),
    })
}

/// A separator that is NULL is the empty text.
fn concat_ws(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let mut texts = values
        .into_iter()
        .map(|v| coerce(v, Type::Text, position))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(separator) = texts.first_mut() {
        let given = std::mem::replace(separator, Scalar::null(Type::Text));
        *separator = Scalar {
            ty: Type::Text,
            node: ScalarNode::Coalesce(vec![given, empty()]),
        };
    }
    Ok(call(&strings::CONCAT_WS, Type::Text, texts))
}

fn empty() -> Scalar {
    Scalar::literal(Value::Text(String::new()), Type::Text)
}

fn charindex(mut values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    if values.len() == 2 {
        values.push(Scalar::literal(Value::Int(1), Type::Int));
    }
    let values = typed(values, &[Type::Text, Type::Text, Type::BigInt], position)?;
    Ok(call(&strings::CHARINDEX, Type::Int, values))
}

fn left(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let values = typed(values, TEXT_INT, position)?;
    if values.get(1).is_some_and(|n| at_least(n, 0)) {
        return Ok(call(&strings::PREFIX, Type::Text, narrow(values)));
    }
    Ok(call(&strings::LEFT, Type::Text, values))
}

/// `SUBSTRING(text, start, length)`, which the parser has a form of its own for.
pub(in crate::bind) fn substring(
    binder: &mut Binder<'_>,
    arguments: [&Expr; 3],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let values = arguments
        .into_iter()
        .map(|argument| binder.scalar(argument))
        .collect::<Result<_, _>>()?;
    let values = typed(values, &[Type::Text, Type::BigInt, Type::BigInt], position)?;
    if values.get(1).is_some_and(|n| at_least(n, 1))
        && values.get(2).is_some_and(|n| at_least(n, 0))
    {
        return Ok(call(&strings::SLICE, Type::Text, narrow(values)));
    }
    Ok(call(&strings::SUBSTRING, Type::Text, values))
}

/// Whether it is a constant from this number on, which the databases' own functions take.
fn at_least(value: &Scalar, least: i64) -> bool {
    matches!(value.node, ScalarNode::Constant(Bind::Literal(Value::Int(n))) if n >= least && n <= i32::MAX.into())
}

/// Constants as 32 bit integers, which PostgreSQL's own functions want.
fn narrow(values: Vec<Scalar>) -> Vec<Scalar> {
    values
        .into_iter()
        .map(|value| match value.node {
            ScalarNode::Constant(Bind::Literal(Value::Int(n))) => {
                Scalar::literal(Value::Int(n), Type::Int)
            }
            _ => value,
        })
        .collect()
}

fn quotename(mut values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    if values.len() == 1 {
        values.push(Scalar::literal(Value::Text("[".to_owned()), Type::Text));
    }
    let values = typed(values, &[Type::Text, Type::Text], position)?;
    Ok(call(&characters::QUOTENAME, Type::Text, values))
}

fn space(mut values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    values.insert(0, Scalar::literal(Value::Text(" ".to_owned()), Type::Text));
    let values = typed(values, TEXT_INT, position)?;
    Ok(call(&strings::REPLICATE, Type::Text, values))
}
