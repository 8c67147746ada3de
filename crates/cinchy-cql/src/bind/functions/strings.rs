//! Functions of texts.

use super::{Entry, How, MANY};
use crate::bind::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::strings;
use crate::ir::{Scalar, ScalarNode};
use crate::value::Type;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "LEN",
        least: 1,
        most: 1,
        how: How::Plain(&strings::LEN, &[Type::Text], Type::Int),
    },
    Entry {
        name: "LOWER",
        least: 1,
        most: 1,
        how: How::Plain(&strings::LOWER, &[Type::Text], Type::Text),
    },
    Entry {
        name: "UPPER",
        least: 1,
        most: 1,
        how: How::Plain(&strings::UPPER, &[Type::Text], Type::Text),
    },
    Entry {
        name: "LTRIM",
        least: 1,
        most: 1,
        how: How::Plain(&strings::LTRIM, &[Type::Text], Type::Text),
    },
    Entry {
        name: "RTRIM",
        least: 1,
        most: 1,
        how: How::Plain(&strings::RTRIM, &[Type::Text], Type::Text),
    },
    Entry {
        name: "TRIM",
        least: 1,
        most: 1,
        how: How::Plain(&strings::TRIM, &[Type::Text], Type::Text),
    },
    Entry {
        name: "REVERSE",
        least: 1,
        most: 1,
        how: How::Plain(&strings::REVERSE, &[Type::Text], Type::Text),
    },
    Entry {
        name: "CONCAT",
        least: 2,
        most: MANY,
        how: How::Values(concat),
    },
];

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
