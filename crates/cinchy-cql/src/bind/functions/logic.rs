//! Functions that choose among their arguments.

use sqlparser::ast::Expr;

use super::{Entry, How, MANY, exactly};
use crate::bind::Binder;
use crate::bind::expression::{call, case};
use crate::bind::types::{self, coerce};
use crate::catalog::ColumnKind;
use crate::error::{CqlError, Position};
use crate::functions::{Function, conversion, logic, strings};
use crate::ir::{Comparison, Condition, Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "ISNULL",
        least: 2,
        most: 2,
        how: How::Written(is_null),
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
    Entry {
        name: "CHOOSE",
        least: 2,
        most: MANY,
        how: How::Values(choose),
    },
    Entry {
        name: "GREATEST",
        least: 1,
        most: MANY,
        how: How::Values(|values, at| {
            extreme(&[&logic::GREATEST, &logic::GREATEST_TEXT], values, at)
        }),
    },
    Entry {
        name: "LEAST",
        least: 1,
        most: MANY,
        how: How::Values(|values, at| extreme(&[&logic::LEAST, &logic::LEAST_TEXT], values, at)),
    },
];

/// The type of the first, but a text parameter takes the type of the second (`ISNULL(@n, 0)`). A text is cut to the length
/// of the first one's type, where it has one (T-SQL).
fn is_null(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let first = binder.scalar(arguments[0])?;
    let second = binder.scalar(arguments[1])?;
    let length = binder.length_of(&first);
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
    let mut second = coerce(second, ty, position)?;
    if let (Type::Text, Some(length)) = (ty, length) {
        let length = Scalar::literal(Value::Int(length), Type::Int);
        second = call(&strings::PREFIX, Type::Text, vec![second, length]);
    }
    let both = vec![coerce(first, ty, position)?, second];
    Ok(Scalar {
        ty,
        node: ScalarNode::Coalesce(both),
    })
}

impl Binder<'_> {
    /// The most characters that the type of a text has: of a CAST, a declared variable, a column with a length.
    fn length_of(&self, text: &Scalar) -> Option<i64> {
        match &text.node {
            ScalarNode::Call {
                function,
                arguments,
            } if **function == strings::PREFIX || **function == conversion::FIT => {
                match arguments.get(1).map(|a| &a.node) {
                    Some(ScalarNode::Constant(Bind::Literal(Value::Int(n)))) => Some(*n),
                    _ => None,
                }
            }
            ScalarNode::Constant(Bind::Parameter { name, .. }) => {
                let found = self.lengths.iter().find(|(own, _)| own == name);
                found.map(|(_, length)| *length)
            }
            ScalarNode::Column { node, physical } => {
                let columns = &self.nodes.get(*node)?.table.columns;
                let column = columns
                    .iter()
                    .find(|c| c.physical.as_ref() == Some(physical))?;
                match column.kind {
                    ColumnKind::Text { max_length } => max_length.map(i64::from),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn coalesce(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let null = |v: &Scalar| v.node == ScalarNode::Constant(Bind::Literal(Value::Null));
    if values.iter().all(|v| v.ty == Type::Null && null(v)) {
        return Err(CqlError::Rule {
            text: "At least one of the arguments to COALESCE must be an expression that is not the NULL constant.",
            position,
        });
    }
    let (ty, values) = types::unify_all(values, position)?;
    Ok(Scalar {
        ty,
        node: ScalarNode::Coalesce(values),
    })
}

/// The type of the first, whatever it is compared as.
fn null_if(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let [given, second] = exactly(values, position)?;
    let (first, second) = types::unify(given.clone(), second, position)?;
    if given.ty != first.ty && given.ty != Type::Null {
        let equal = Condition::Compare {
            op: Comparison::Equal,
            left: first,
            right: second,
        };
        return Ok(Scalar {
            ty: given.ty,
            node: ScalarNode::Case {
                branches: vec![(equal, Scalar::null(given.ty))],
                otherwise: Some(Box::new(given)),
            },
        });
    }
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

/// `CHOOSE(index, a, b ..)`: the index is cut to an integer; NULL outside the list.
fn choose(values: Vec<Scalar>, position: Option<Position>) -> Result<Scalar, CqlError> {
    let mut values = values.into_iter();
    let index = values.next().unwrap_or_else(|| Scalar::null(Type::Int));
    let index = coerce(index, Type::Int, position)?;
    let values: Vec<Scalar> = values.collect();
    let (ty, values) = types::unify_all(values, position)?;
    let branches = values
        .into_iter()
        .zip(1..)
        .map(|(value, number)| {
            let condition = Condition::Compare {
                op: Comparison::Equal,
                left: index.clone(),
                right: Scalar::literal(Value::Int(number), Type::Int),
            };
            (condition, value)
        })
        .collect();
    Ok(Scalar {
        ty,
        node: ScalarNode::Case {
            branches,
            otherwise: None,
        },
    })
}

/// `GREATEST` and `LEAST`: NULLs are left out (T-SQL). Texts go by code point, which PostgreSQL must be told.
fn extreme(
    functions: &[&'static Function; 2],
    values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let (ty, values) = types::unify_all(values, position)?;
    let [plain, of_texts] = *functions;
    let function = if ty == Type::Text { of_texts } else { plain };
    Ok(call(function, ty, values))
}
