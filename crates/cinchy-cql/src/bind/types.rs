//! Types: of columns, of operations by T-SQL's precedence, and the conversions between them.

use crate::catalog::{CalculatedType, Column, ColumnKind};
use crate::convert::{convert_from, decimal, sql_name};
use crate::error::{CqlError, Position};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

/// The type of a column as it is stored: a single link is its id, lists are text.
pub(crate) fn column_type(column: &Column) -> Type {
    match &column.kind {
        ColumnKind::Text { .. }
        | ColumnKind::Choice { .. }
        | ColumnKind::Geometry
        | ColumnKind::Geography
        | ColumnKind::Guid => Type::Text,
        ColumnKind::Number => Type::Double,
        ColumnKind::Integer | ColumnKind::Identity { .. } => Type::Int,
        ColumnKind::DateTime => Type::DateTime,
        ColumnKind::YesNo => Type::Bit,
        ColumnKind::Binary => Type::Binary,
        ColumnKind::Link { junction: None, .. } => Type::Int,
        ColumnKind::Link {
            junction: Some(_), ..
        } => Type::Text,
        ColumnKind::Calculated { result, .. } => result_type(*result),
        ColumnKind::Derived(ty) => *ty,
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
        Type::TinyInt => 4,
        Type::SmallInt => 5,
        Type::Int => 6,
        Type::BigInt => 7,
        Type::Money => 8,
        Type::Decimal { .. } => 9,
        Type::Real => 10,
        Type::Double => 11,
        Type::Time(_) => 12,
        Type::Date => 13,
        Type::DateTime => 14,
        Type::DateTime2(_) => 15,
        Type::DateTimeOffset(_) => 16,
    }
}

/// The type that two operands meet in: the one of higher precedence (T-SQL), with room for the digits of both.
pub(super) fn common(left: Type, right: Type) -> Type {
    let (higher, lower) = if rank(left) >= rank(right) {
        (left, right)
    } else {
        (right, left)
    };
    match (higher, lower) {
        (Type::Decimal { precision, scale }, other) => match decimal::shape(other) {
            Some((other_precision, other_scale)) => {
                let whole = (precision - scale).max(other_precision - other_scale);
                decimal::of_digits(whole, scale.max(other_scale))
            }
            None => higher,
        },
        (Type::Time(a), Type::Time(b)) => Type::Time(a.max(b)),
        (Type::DateTime2(a), Type::DateTime2(b)) => Type::DateTime2(a.max(b)),
        (Type::DateTime2(a), Type::Time(b)) => Type::DateTime2(a.max(b)),
        (Type::DateTimeOffset(a), Type::DateTimeOffset(b) | Type::DateTime2(b) | Type::Time(b)) => {
            Type::DateTimeOffset(a.max(b))
        }
        (Type::DateTime2(a), Type::DateTime) => Type::DateTime2(a.max(3)),
        (Type::DateTimeOffset(a), Type::DateTime) => Type::DateTimeOffset(a.max(3)),
        _ => higher,
    }
}

/// Whether a type is a number that `+ - * /` take.
pub(super) fn is_number(ty: Type) -> bool {
    ty.is_integer() || ty.is_decimal() || ty.is_float()
}

/// Converts a value to a type, as T-SQL does implicitly; constants are converted here and parameters when the statement
/// runs.
pub(super) fn coerce(
    value: Scalar,
    to: Type,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let from = value.ty;
    if from == to || to == Type::Null {
        return Ok(value);
    }
    match &value.node {
        ScalarNode::Constant(Bind::Literal(literal)) => {
            let converted =
                convert_from(literal, from, to, None).map_err(|e| placed(e, position))?;
            return Ok(Scalar::literal(converted, to));
        }
        ScalarNode::Constant(Bind::Parameter { name, ty }) if !ty.is_date() => {
            return Ok(Scalar {
                ty: to,
                node: ScalarNode::Constant(Bind::Parameter {
                    name: name.clone(),
                    ty: to,
                }),
            });
        }
        ScalarNode::Constant(Bind::UserCall {
            function,
            arguments,
            ..
        }) => {
            return Ok(Scalar {
                ty: to,
                node: ScalarNode::Constant(Bind::UserCall {
                    function: function.clone(),
                    arguments: arguments.clone(),
                    ty: to,
                }),
            });
        }
        _ => {}
    }
    let converts = match (from, to) {
        (Type::Null, _) => true,
        (Type::Binary, _) | (_, Type::Binary) => false,
        (_, Type::Text) | (Type::Text, _) => true,
        (from, to) if from == Type::Bit || is_number(from) => {
            to == Type::Bit || is_number(to) || to == Type::DateTime
        }
        (Type::Date, Type::Time(_)) | (Type::Time(_), Type::Date) => false,
        (from, to) => from.is_date() && to.is_date(),
    };
    if !converts {
        return Err(CqlError::TypeClash {
            from: sql_name(from),
            to: sql_name(to),
            position,
        });
    }
    Ok(Scalar {
        ty: to,
        node: ScalarNode::Cast(Box::new(value)),
    })
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
