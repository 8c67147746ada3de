//! Functions that choose among their arguments.

use sqlparser::ast::Expr;

use super::{Entry, How, MANY, exactly};
use crate::bind::Binder;
use crate::bind::expression::case;
use crate::bind::types::{self, coerce};
use crate::error::{CqlError, Position};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "ISNULL",
        least: 2,
        most: 2,
        how: How::Values(is_null),
    },
    Entry {
        name: "COALESCE",
        least: 2,
        most: MANY,
        how: How::Values(coalesce),
    },
    Entry {
        name: "NULLIF",
        least: 2,
        most: 2,
        how: How::Values(null_if),
    },
    Entry {
        name: "IIF",
        least: 3,
        most: 3,
        how: How::Written(iif),
    },
];

/// The type of the first, but a text parameter takes the type of the second (`ISNULL(@n, 0)`).
fn is_null(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let [first, second] = exactly(values, position)?;
    let flexible = matches!(
        first.node,
        ScalarNode::Constant(Bind::Parameter { ty: Type::Text, .. })
    );
    let ty = if first.ty == Type::Null || (flexible && second.ty != Type::Null) {
        second.ty
    } else {
        first.ty
    };
    let ty = if ty == Type::Null { Type::Int } else { ty };
    let both = vec![coerce(first, ty, position)?, coerce(second, ty, position)?];
    Ok(Scalar {
        ty,
        node: ScalarNode::Coalesce(both),
    })
}

fn coalesce(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let (ty, values) = types::unify_all(values, position)?;
    Ok(Scalar {
        ty,
        node: ScalarNode::Coalesce(values),
    })
}

fn null_if(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let [first, second] = exactly(values, position)?;
    let (first, second) = types::unify(first, second, position)?;
    Ok(Scalar {
        ty: first.ty,
        node: ScalarNode::NullIf(Box::new(first), Box::new(second)),
    })
}

fn iif(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let condition = binder.condition(arguments[0])?;
    let values = vec![binder.scalar(arguments[1])?, binder.scalar(arguments[2])?];
    case(vec![condition], values, true, position)
}
