//! GROUP BY: its keys, and the sets of them that ROLLUP, CUBE and GROUPING SETS ask for.

use sqlparser::ast::{Expr, GroupByExpr, GroupByWithModifier};

use super::Binder;
use super::expression::{at, unsupported};
use crate::error::{CqlError, Position};
use crate::ir::{Scalar, ScalarNode};
use crate::value::Type;

/// Sets of one GROUP BY (T-SQL has 4096; ours).
const MAX_SETS: usize = 128;

/// Keys of a set by their numbers.
type Set = Vec<usize>;

/// What a SELECT groups by.
#[derive(Default)]
pub(super) struct Grouping {
    pub keys: Vec<Scalar>,
    /// Empty: by all keys.
    pub sets: Vec<Set>,
}

impl<'a> Binder<'a> {
    pub(super) fn group_by(
        &mut self,
        group_by: &GroupByExpr,
        position: Option<Position>,
    ) -> Result<Grouping, CqlError> {
        let GroupByExpr::Expressions(expressions, modifiers) = group_by else {
            return Err(unsupported("GROUP BY ALL", position));
        };
        self.clause(Some("GROUP BY clause"), |b| {
            let mut grouping = Grouping::default();
            // Every element is a list of sets; all elements together are their product.
            let mut product: Vec<Set> = vec![Vec::new()];
            let mut several = !modifiers.is_empty();
            for expression in expressions {
                let sets = match expression {
                    Expr::Rollup(parts) => rollup(&b.keys_of(parts, &mut grouping.keys)?),
                    Expr::Cube(parts) => cube(&b.keys_of(parts, &mut grouping.keys)?, position)?,
                    Expr::GroupingSets(parts) => b.keys_of(parts, &mut grouping.keys)?,
                    Expr::Tuple(parts) => vec![b.key_set(parts, &mut grouping.keys)?],
                    plain => vec![vec![b.key(plain, &mut grouping.keys)?]],
                };
                several |= !matches!(sets.as_slice(), [only] if !only.is_empty());
                product = multiplied(&product, &sets, position)?;
            }
            for modifier in modifiers {
                let all: Vec<Set> = product.concat().into_iter().map(|key| vec![key]).collect();
                product = match (modifier, product.as_slice()) {
                    (GroupByWithModifier::Rollup, [_]) => rollup(&all),
                    (GroupByWithModifier::Cube, [_]) => cube(&all, position)?,
                    _ => return Err(unsupported("this form of GROUP BY", position)),
                };
            }
            if several {
                grouping.sets = product;
            }
            Ok(grouping)
        })
    }

    fn keys_of(
        &mut self,
        parts: &[Vec<Expr>],
        keys: &mut Vec<Scalar>,
    ) -> Result<Vec<Set>, CqlError> {
        parts.iter().map(|part| self.key_set(part, keys)).collect()
    }

    fn key_set(&mut self, part: &[Expr], keys: &mut Vec<Scalar>) -> Result<Set, CqlError> {
        part.iter().map(|e| self.key(e, keys)).collect()
    }

    /// The number of a key.
    fn key(&mut self, expression: &Expr, keys: &mut Vec<Scalar>) -> Result<usize, CqlError> {
        let key = self.scalar(expression)?;
        if key.is_constant() {
            return Err(CqlError::ConstantInGroupBy {
                position: at(expression),
            });
        }
        if let Some(known) = keys.iter().position(|own| *own == key) {
            return Ok(known);
        }
        keys.push(key);
        Ok(keys.len() - 1)
    }
}

/// `ROLLUP(a, b)`: by a and b, by a, by nothing.
fn rollup(parts: &[Set]) -> Vec<Set> {
    (0..=parts.len())
        .rev()
        .map(|n| parts[..n].concat())
        .collect()
}

/// `CUBE(a, b)`: by every choice of them.
fn cube(parts: &[Set], position: Option<Position>) -> Result<Vec<Set>, CqlError> {
    let mut sets: Vec<Set> = vec![Vec::new()];
    for part in parts {
        sets = multiplied(&sets, &[part.clone(), Vec::new()], position)?;
    }
    Ok(sets)
}

fn multiplied(
    left: &[Set],
    right: &[Set],
    position: Option<Position>,
) -> Result<Vec<Set>, CqlError> {
    if left.len() * right.len() > MAX_SETS {
        return Err(unsupported(
            format!("GROUP BY of more than {MAX_SETS} sets"),
            position,
        ));
    }
    let mut product = Vec::with_capacity(left.len() * right.len());
    for one in left {
        for other in right {
            let mut set = one.clone();
            set.extend(other.iter().filter(|key| !one.contains(key)));
            product.push(set);
        }
    }
    Ok(product)
}

/// `GROUPING(key)`: 1 in a row that is not grouped by the key.
pub(super) fn grouping(key: Scalar) -> Scalar {
    Scalar {
        ty: Type::Int,
        node: ScalarNode::Grouping(Box::new(key)),
    }
}
