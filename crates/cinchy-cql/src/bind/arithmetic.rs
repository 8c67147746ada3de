//! The operators `+ - * / %`: what they mean for texts, numbers and dates, and the type of the result.

use super::expression::call;
use super::types::{self, coerce, is_number};
use crate::convert::{decimal, sql_name};
use crate::error::{CqlError, Position};
use crate::functions::dates;
use crate::ir::{Arithmetic, Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

pub(super) fn arithmetic(
    op: Arithmetic,
    left: Scalar,
    right: Scalar,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let ty = types::common(left.ty, right.ty);
    if ty == Type::Null {
        // Of NULLs only: it has no type either, and fits every context.
        return Ok(Scalar::null(Type::Null));
    }
    if op == Arithmetic::Add && ty == Type::Text {
        let mut parts = Vec::new();
        for side in [left, right] {
            match side {
                Scalar {
                    ty: Type::Text,
                    node: ScalarNode::Concatenate(inner),
                } => parts.extend(inner),
                other => parts.push(coerce(other, Type::Text, position)?),
            }
        }
        return Ok(Scalar {
            ty: Type::Text,
            node: ScalarNode::Concatenate(parts),
        });
    }
    let operator = match op {
        Arithmetic::Add => "add",
        Arithmetic::Subtract => "subtract",
        Arithmetic::Multiply => "multiply",
        Arithmetic::Divide => "divide",
        Arithmetic::Modulo => "modulo",
    };
    // Two texts that are parameters or constants: numbers by their context (`@a - @b`).
    let written = |side: &Scalar| {
        matches!(
            side.node,
            ScalarNode::Constant(Bind::Literal(Value::Text(_)))
        )
    };
    if written(&left) && written(&right) {
        return Err(CqlError::InvalidOperand {
            ty: "varchar",
            function: operator.to_owned(),
            position,
        });
    }
    let ty = match ty {
        Type::Text if left.is_constant() && right.is_constant() => Type::Double,
        // Wider than T-SQL's, so that nothing overflows unseen.
        Type::Bit | Type::TinyInt | Type::SmallInt => Type::Int,
        ty => ty,
    };
    if ty.is_date() {
        return on_dates(op, left, right, operator, position);
    }
    let incompatible = CqlError::IncompatibleTypes {
        left: sql_name(left.ty),
        right: sql_name(right.ty),
        operator,
        position,
    };
    if !is_number(ty) || (op == Arithmetic::Modulo && ty.is_float()) {
        return Err(incompatible);
    }
    let (ty, left, right) = if let Type::Decimal { .. } = ty {
        let left = exact(left, ty, position)?;
        let right = exact(right, ty, position)?;
        (result(op, left.ty, right.ty), left, right)
    } else {
        (
            ty,
            coerce(left, ty, position)?,
            coerce(right, ty, position)?,
        )
    };
    let divides = matches!(op, Arithmetic::Divide | Arithmetic::Modulo);
    if divides && let ScalarNode::Constant(Bind::Literal(value)) = &right.node {
        let zero = match value {
            Value::Int(n) => *n == 0,
            Value::Double(x) => *x == 0.0,
            _ => false,
        };
        if zero {
            return Err(CqlError::DivideByZero { position });
        }
    }
    Ok(Scalar {
        ty,
        node: ScalarNode::Arithmetic {
            op,
            left: Box::new(left),
            right: Box::new(right),
        },
    })
}

/// An operand of exact arithmetic, with its own precision and scale.
fn exact(value: Scalar, common: Type, position: Option<Position>) -> Result<Scalar, CqlError> {
    let own = match (&value.node, decimal::shape(value.ty)) {
        // A whole constant has no more digits than it is written with.
        (ScalarNode::Constant(Bind::Literal(Value::Int(n))), _) => Type::Decimal {
            precision: u8::try_from(n.unsigned_abs().checked_ilog10().unwrap_or(0) + 1)
                .unwrap_or(u8::MAX),
            scale: 0,
        },
        (_, Some((precision, scale))) => Type::Decimal { precision, scale },
        (_, None) => common,
    };
    coerce(value, own, position)
}

/// Precision and scale of a result (T-SQL).
fn result(op: Arithmetic, left: Type, right: Type) -> Type {
    let (Some((p1, s1)), Some((p2, s2))) = (decimal::shape(left), decimal::shape(right)) else {
        return left;
    };
    let wide = |n: u8| u32::from(n);
    match op {
        Arithmetic::Add | Arithmetic::Subtract => {
            decimal::of_digits((p1 - s1).max(p2 - s2) + 1, s1.max(s2))
        }
        Arithmetic::Multiply => decimal::of_product(wide(p1) + wide(p2) + 1, wide(s1) + wide(s2)),
        Arithmetic::Divide => {
            let scale = (wide(s1) + wide(p2) + 1).max(6);
            decimal::of_product(wide(p1 - s1) + wide(s2) + scale, scale)
        }
        Arithmetic::Modulo => decimal::of_digits((p1 - s1).min(p2 - s2), s1.max(s2)),
    }
}

/// A `datetime` and a number of days, or two of them: other dates know DATEADD only (T-SQL).
fn on_dates(
    op: Arithmetic,
    left: Scalar,
    right: Scalar,
    operator: &'static str,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    if !matches!(op, Arithmetic::Add | Arithmetic::Subtract) {
        return Err(CqlError::IncompatibleTypes {
            left: sql_name(left.ty),
            right: sql_name(right.ty),
            operator,
            position,
        });
    }
    let legacy = |ty: Type| ty == Type::DateTime || !ty.is_date();
    if !legacy(left.ty) || !legacy(right.ty) {
        let date = [left.ty, right.ty].into_iter().find(|ty| !legacy(*ty));
        return Err(match (left.ty.is_date(), right.ty.is_date()) {
            (true, true) => CqlError::IncompatibleTypes {
                left: sql_name(left.ty),
                right: sql_name(right.ty),
                operator,
                position,
            },
            _ => CqlError::TypeClash {
                from: sql_name(date.unwrap_or(left.ty)),
                to: sql_name(if left.ty.is_date() { right.ty } else { left.ty }),
                position,
            },
        });
    }
    let number = |ty: Type| ty == Type::Bit || is_number(ty);
    let function = match op {
        Arithmetic::Add => &dates::PLUS_DAYS,
        _ => &dates::MINUS_DAYS,
    };
    // A number stays one; everything else is a moment, whose days since 1900 count.
    let (moment, days) = match (number(left.ty), number(right.ty)) {
        (false, true) => (left, right),
        (true, false) if op == Arithmetic::Add => (right, left),
        _ => (left, right),
    };
    let moment = coerce(moment, Type::DateTime, position)?;
    let days = if number(days.ty) {
        coerce(days, Type::Double, position)?
    } else {
        let moment = coerce(days, Type::DateTime, position)?;
        match moment.node {
            ScalarNode::Constant(Bind::Literal(_)) => coerce(moment, Type::Double, position)?,
            _ => Scalar {
                ty: Type::Double,
                node: ScalarNode::Cast(Box::new(moment)),
            },
        }
    };
    Ok(call(function, Type::DateTime, vec![moment, days]))
}
