//! The rule of GROUP BY: beside aggregates only grouped expressions. SQLite would take any column and answer with the
//! value of some row, so the binder checks it.

use std::collections::HashSet;

use super::Binder;
use super::expression::at;
use crate::error::CqlError;
use crate::ir::{Condition, FromItem, NodeId, Query, Scalar, ScalarNode};
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
            ScalarNode::Aggregate { .. } | ScalarNode::StringAgg { .. } | ScalarNode::Grouping(_)
        )
    }

    /// Whether it has one value for each group.
    fn is_grouped(&self, groups: &Groups<'_>) -> bool {
        groups.keys.contains(self)
            || match &self.node {
                ScalarNode::Aggregate { .. }
                | ScalarNode::StringAgg { .. }
                | ScalarNode::Constant(_) => true,
                ScalarNode::Grouping(key) => groups.keys.contains(key),
                // A column of a query around this one is a constant here.
                ScalarNode::Column { node, .. } => !groups.nodes.contains(node),
                ScalarNode::ListTarget(_) | ScalarNode::Element => false,
                ScalarNode::ListText { list, .. } => list.owner.is_grouped(groups),
                ScalarNode::Subquery(query) => query_is_grouped(query, groups),
                _ => {
                    self.parts().into_iter().all(|s| s.is_grouped(groups))
                        && self
                            .inner_conditions()
                            .into_iter()
                            .all(|c| c.is_grouped(groups))
                }
            }
    }

    /// The values that it is made of, those of inner conditions and queries aside.
    pub(crate) fn parts(&self) -> Vec<&Scalar> {
        match &self.node {
            ScalarNode::Constant(_)
            | ScalarNode::Column { .. }
            | ScalarNode::ListTarget(_)
            | ScalarNode::Element
            | ScalarNode::Subquery(_) => Vec::new(),
            ScalarNode::Negate(inner) | ScalarNode::Cast(inner) | ScalarNode::Grouping(inner) => {
                vec![inner]
            }
            ScalarNode::Arithmetic { left, right, .. } | ScalarNode::NullIf(left, right) => {
                vec![left, right]
            }
            ScalarNode::Concatenate(all)
            | ScalarNode::ConcatFunction(all)
            | ScalarNode::Coalesce(all) => all.iter().collect(),
            ScalarNode::Call { arguments, .. } | ScalarNode::UserCall { arguments, .. } => {
                arguments.iter().collect()
            }
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
            ScalarNode::Window(window) => {
                let keys = window.order.iter().map(|(key, _)| key);
                let parts = window.arguments.iter().chain(&window.partition);
                parts.chain(keys).collect()
            }
            ScalarNode::ListText { list, .. } => vec![&list.owner],
        }
    }

    /// Whether a call with OVER stands in it.
    pub(crate) fn has_window(&self) -> bool {
        matches!(self.node, ScalarNode::Window(_))
            || self.parts().into_iter().any(Self::has_window)
            || self
                .inner_conditions()
                .into_iter()
                .any(Condition::has_window)
    }

    /// Whether a window stands in it that shows the order of rows which are equal to its ORDER BY.
    pub(crate) fn sees_row_order(&self) -> bool {
        matches!(&self.node, ScalarNode::Window(window) if window.sees_row_order())
            || self.parts().into_iter().any(Self::sees_row_order)
            || self
                .inner_conditions()
                .into_iter()
                .any(Condition::sees_row_order)
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

    fn has_window(&self) -> bool {
        self.scalars().into_iter().any(Scalar::has_window)
            || self.conditions().into_iter().any(Condition::has_window)
    }

    fn sees_row_order(&self) -> bool {
        self.scalars().into_iter().any(Scalar::sees_row_order)
            || self.conditions().into_iter().any(Condition::sees_row_order)
    }

    fn is_grouped(&self, groups: &Groups<'_>) -> bool {
        if let Self::AnyElement { list, .. } | Self::NoElement { list, .. } = self {
            return list.owner.is_grouped(groups);
        }
        self.scalars().into_iter().all(|s| s.is_grouped(groups))
            && self.conditions().into_iter().all(|c| c.is_grouped(groups))
            && self.query().is_none_or(|q| query_is_grouped(q, groups))
    }
}

/// Whether all that a query takes from the query around it has one value for each group.
fn query_is_grouped(query: &Query, groups: &Groups<'_>) -> bool {
    let mut grouped = true;
    query.each_column(&mut |node, column| {
        grouped &= !groups.nodes.contains(&node) || groups.keys.contains(column);
    });
    grouped
}

/// What a grouped query has one value of for each group.
pub(super) struct Groups<'k> {
    keys: &'k [Scalar],
    /// The sources of the query, with what links join to them.
    nodes: HashSet<NodeId>,
}

impl<'a> Binder<'a> {
    /// The groups of a query with this FROM.
    pub(super) fn groups<'k>(&self, from: &[FromItem], keys: &'k [Scalar]) -> Groups<'k> {
        let mut nodes = HashSet::new();
        let mut open: Vec<NodeId> = from.iter().map(|item| item.node).collect();
        while let Some(node) = open.pop() {
            if nodes.insert(node) {
                open.extend(self.nodes[node].links.iter().map(|l| l.target));
            }
        }
        Groups { keys, nodes }
    }

    /// Checks a value of a grouped query.
    pub(super) fn grouped(
        value: &Scalar,
        groups: &Groups<'_>,
        source: Option<&Expr>,
        clause: &'static str,
    ) -> Result<(), CqlError> {
        if value.is_grouped(groups) {
            return Ok(());
        }
        Err(not_grouped(source, clause))
    }

    /// Checks HAVING.
    pub(super) fn grouped_condition(
        condition: &Condition,
        groups: &Groups<'_>,
        source: &Expr,
    ) -> Result<(), CqlError> {
        if condition.is_grouped(groups) {
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
