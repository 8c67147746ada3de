//! The rule of GROUP BY: beside aggregates only grouped expressions. SQLite would take any column and answer with the
//! value of some row, so the binder checks it.

use super::Binder;
use super::expression::at;
use crate::error::CqlError;
use crate::ir::{Condition, Query, Scalar, ScalarNode};
use sqlparser::ast::Expr;

impl Scalar {
    /// Whether an aggregate stands in it.
    pub(crate) fn has_aggregate(&self) -> bool {
        self.is_aggregate()
            || self.parts().into_iter().any(Self::has_aggregate)
            || self
                .inner_conditions()
                .into_iter()
                .any(Condition::has_aggregate)
    }

    fn is_aggregate(&self) -> bool {
        matches!(
            self.node,
            ScalarNode::Aggregate { .. } | ScalarNode::StringAgg { .. }
        )
    }

    /// Whether it has one value for each group.
    fn is_grouped(&self, keys: &[Scalar]) -> bool {
        keys.contains(self)
            || match &self.node {
                ScalarNode::Aggregate { .. }
                | ScalarNode::StringAgg { .. }
                | ScalarNode::Constant(_) => true,
                ScalarNode::Column { .. } | ScalarNode::ListTarget(_) => false,
                ScalarNode::ListText { list, .. } => list.owner.is_grouped(keys),
                ScalarNode::Subquery(query) => query_is_grouped(query, keys),
                _ => {
                    self.parts().into_iter().all(|s| s.is_grouped(keys))
                        && self
                            .inner_conditions()
                            .into_iter()
                            .all(|c| c.is_grouped(keys))
                }
            }
    }

    /// The values that it is made of, those of inner conditions and queries aside.
    pub(crate) fn parts(&self) -> Vec<&Scalar> {
        match &self.node {
            ScalarNode::Constant(_)
            | ScalarNode::Column { .. }
            | ScalarNode::ListTarget(_)
            | ScalarNode::Subquery(_) => Vec::new(),
            ScalarNode::Negate(inner) | ScalarNode::Cast(inner) => vec![inner],
            ScalarNode::Arithmetic { left, right, .. } | ScalarNode::NullIf(left, right) => {
                vec![left, right]
            }
            ScalarNode::Concatenate(all)
            | ScalarNode::ConcatFunction(all)
            | ScalarNode::Coalesce(all) => all.iter().collect(),
            ScalarNode::Call { arguments, .. } => arguments.iter().collect(),
            ScalarNode::Case {
                branches,
                otherwise,
            } => branches
                .iter()
                .map(|(_, value)| value)
                .chain(otherwise.as_deref())
                .collect(),
            ScalarNode::Aggregate { argument, .. } => argument.as_deref().into_iter().collect(),
            ScalarNode::StringAgg {
                value,
                separator,
                order,
            } => [value.as_ref(), separator.as_ref()]
                .into_iter()
                .chain(order.iter().map(|(key, _)| key))
                .collect(),
            ScalarNode::ListText { list, .. } => vec![&list.owner],
        }
    }

    pub(crate) fn inner_conditions(&self) -> Vec<&Condition> {
        match &self.node {
            ScalarNode::Case { branches, .. } => {
                branches.iter().map(|(condition, _)| condition).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Condition {
    fn has_aggregate(&self) -> bool {
        self.scalars().into_iter().any(Scalar::has_aggregate)
            || self.conditions().into_iter().any(Condition::has_aggregate)
    }

    fn is_grouped(&self, keys: &[Scalar]) -> bool {
        if let Self::AnyElement { list, .. } | Self::NoElement { list, .. } = self {
            return list.owner.is_grouped(keys);
        }
        self.scalars().into_iter().all(|s| s.is_grouped(keys))
            && self.conditions().into_iter().all(|c| c.is_grouped(keys))
            && self.query().is_none_or(|q| query_is_grouped(q, keys))
    }
}

/// Whether all that a query takes from the query around it has one value for each group.
fn query_is_grouped(query: &Query, keys: &[Scalar]) -> bool {
    let mut grouped = true;
    query.each_column(&mut |node, column| {
        grouped &= node >= query.first_node || keys.contains(column);
    });
    grouped
}

impl<'a> Binder<'a> {
    /// Checks a value of a grouped query.
    pub(super) fn grouped(
        value: &Scalar,
        keys: &[Scalar],
        source: Option<&Expr>,
        clause: &'static str,
    ) -> Result<(), CqlError> {
        if value.is_grouped(keys) {
            return Ok(());
        }
        Err(not_grouped(source, clause))
    }

    /// Checks HAVING.
    pub(super) fn grouped_condition(
        condition: &Condition,
        keys: &[Scalar],
        source: &Expr,
    ) -> Result<(), CqlError> {
        if condition.is_grouped(keys) {
            Ok(())
        } else {
            Err(not_grouped(Some(source), "HAVING clause"))
        }
    }
}

fn not_grouped(source: Option<&Expr>, clause: &'static str) -> CqlError {
    CqlError::NotGrouped {
        column: source
            .map(super::expression::shorten)
            .unwrap_or_else(|| "*".to_owned()),
        clause,
        position: source.and_then(at),
    }
}
