//! Types: of columns, of operations by T-SQL's precedence, and the conversions between them.

use crate::catalog::{CalculatedType, Column, ColumnKind};
use crate::convert::{convert, sql_name};
use crate::error::{CqlError, Position};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

/// The type of a column as it is stored: a single link is its id, lists are text.
pub(crate) fn column_type(column: &Column) -> Type {
    match &column.kind {
        ColumnKind::Text { .. }
        | ColumnKind::Choice { .. }
        | ColumnKind::Geometry
        | ColumnKind::Geography => Type::Text,
        ColumnKind::Number => Type::Double,
        ColumnKind::Integer => Type::Int,
        ColumnKind::DateTime => Type::DateTime,
        ColumnKind::YesNo => Type::Bit,
        ColumnKind::Binary => Type::Binary,
        ColumnKind::Link { junction: None, .. } => Type::Int,
        ColumnKind::Link {
            junction: Some(_), ..
        } => Type::Text,
        ColumnKind::Calculated { result, .. } => result_type(*result),
    }
}

pub(super) fn result_type(result: CalculatedType) -> Type {
    match result {
        CalculatedType::Text => Type::Text,
        CalculatedType::Number => Type::Double,
        CalculatedType::DateTime => Type::DateTime,
        CalculatedType::YesNo => Type::Bit,
    }
}

fn rank(ty: Type) -> u8 {
    match ty {
        Type::Null => 0,
        Type::Binary => 1,
        Type::Text => 2,
        Type::Bit => 3,
        Type::Int => 4,
        Type::BigInt => 5,
        Type::Double => 6,
        Type::DateTime => 7,
    }
}

/// The type that two operands meet in: the one of higher precedence (T-SQL).
pub(super) fn common(left: Type, right: Type) -> Type {
    if rank(left) >= rank(right) {
        left
    } else {
        right
    }
}

/// Whether a type is a number that `+ - * /` take.
pub(super) fn is_number(ty: Type) -> bool {
    matches!(ty, Type::Int | Type::BigInt | Type::Double)
}

/// Converts a value to a type, as T-SQL does implicitly and where both databases agree; constants are converted here
/// and parameters when the statement runs.
pub(super) fn coerce(
    value: Scalar,
    to: Type,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let from = value.ty;
    if from == to || to == Type::Null {
        return Ok(value);
    }
    if value.is_null_literal() {
        return Ok(Scalar::null(to));
    }
    match value.node {
        ScalarNode::Constant(Bind::Literal(literal)) => {
            let converted = convert(&literal, to).map_err(|e| placed(e, position))?;
            return Ok(Scalar::literal(converted, to));
        }
        ScalarNode::Constant(Bind::Parameter { name, .. }) => {
            return Ok(Scalar {
                ty: to,
                node: ScalarNode::Constant(Bind::Parameter { name, ty: to }),
            });
        }
        _ => {}
    }
    match (from, to) {
        (
            Type::Bit | Type::Int | Type::BigInt,
            Type::Int | Type::BigInt | Type::Double | Type::Text | Type::Bit,
        )
        | (Type::Double, Type::Text | Type::Int | Type::BigInt | Type::Bit) => Ok(Scalar {
            ty: to,
            node: ScalarNode::Cast(Box::new(value)),
        }),
        (Type::Text, Type::Bit | Type::Int | Type::BigInt | Type::Double | Type::DateTime)
        | (Type::DateTime, Type::Text)
        | (Type::Bit | Type::Int | Type::BigInt | Type::Double, Type::DateTime) => {
            Err(CqlError::Unsupported {
                what: format!("the conversion of {} to {}", sql_name(from), sql_name(to)),
                position,
            })
        }
        _ => Err(CqlError::TypeClash {
            from: sql_name(from),
            to: sql_name(to),
            position,
        }),
    }
}

/// Brings two operands to their common type.
pub(super) fn unify(
    left: Scalar,
    right: Scalar,
    position: Option<Position>,
) -> Result<(Scalar, Scalar), CqlError> {
    // `[Active] = 1`: the bit stays one, so that an index on it is of use. Other numbers compare as numbers.
    let bit = |a: &Scalar, b: &Scalar| {
        a.ty == Type::Bit
            && matches!(
                b.node,
                ScalarNode::Constant(Bind::Literal(Value::Int(0 | 1)))
            )
            && !a.is_constant()
    };
    if bit(&left, &right) {
        return Ok((left, coerce(right, Type::Bit, position)?));
    }
    if bit(&right, &left) {
        return Ok((coerce(left, Type::Bit, position)?, right));
    }
    let ty = common(left.ty, right.ty);
    // An untyped NULL on both sides still needs a type in SQL.
    let ty = if ty == Type::Null { Type::Int } else { ty };
    Ok((coerce(left, ty, position)?, coerce(right, ty, position)?))
}

/// Brings values to one type; nothing but NULLs are integers, as an untyped NULL is (T-SQL).
pub(super) fn unify_all(
    values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<(Type, Vec<Scalar>), CqlError> {
    let ty = values
        .iter()
        .fold(Type::Null, |ty, value| common(ty, value.ty));
    let ty = if ty == Type::Null { Type::Int } else { ty };
    let values = values
        .into_iter()
        .map(|v| coerce(v, ty, position))
        .collect::<Result<_, _>>()?;
    Ok((ty, values))
}

/// Gives a type clash the place that the conversion did not know.
pub(super) fn placed(error: CqlError, at: Option<Position>) -> CqlError {
    match error {
        CqlError::TypeClash {
            from,
            to,
            position: None,
        } => CqlError::TypeClash {
            from,
            to,
            position: at,
        },
        e => e,
    }
}
