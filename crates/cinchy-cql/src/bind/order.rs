//! The order of rows that a query leaves open. T-SQL promises none there; here it is settled, so that an answer is the same
//! on every run and on both databases.

use std::sync::Arc;

use super::Binder;
use super::group_by::grouping;
use crate::error::CqlError;
use crate::ir::{
    Body, Join, LEVEL, NodeId, Order, OrderKey, Query, ROW_NUMBER, Relation, Scalar, ScalarNode,
    Select, SetOperator,
};
use crate::value::Type;

impl<'a> Binder<'a> {
    /// Puts behind the query's own ORDER BY what makes it whole: Cinchy Ids of its tables, the keys of its groups, or all
    /// columns where equal rows have become one.
    pub(super) fn settle_order(&mut self, query: &mut Query) -> Result<(), CqlError> {
        match &mut query.body {
            Body::Select(select) => self.settle_select(select),
            // UNION ALL gives one side after the other.
            Body::Set(set)
                if set.operator == SetOperator::Union && set.all && set.order_by.is_empty() =>
            {
                self.settle_order(&mut set.left)?;
                self.settle_order(&mut set.right)
            }
            Body::Set(set) => {
                for column in 0..set.columns.len() {
                    if !set.order_by.iter().any(|(own, _)| *own == column) {
                        set.order_by.push((column, false));
                    }
                }
                Ok(())
            }
            Body::Json(json) => self.settle_order(&mut json.query),
            Body::Values(_) => Ok(()),
        }
    }

    /// What tells one row of these sources from another: the Cinchy Ids of its tables, all columns of its queries.
    pub(super) fn row_keys(&mut self, nodes: &[NodeId]) -> Result<Vec<Scalar>, CqlError> {
        let mut keys = Vec::new();
        for node in nodes {
            self.node_keys(*node, &mut keys)?;
        }
        Ok(keys)
    }

    fn node_keys(&mut self, node: NodeId, keys: &mut Vec<Scalar>) -> Result<(), CqlError> {
        let hidden = match &self.nodes[node].relation {
            Relation::Table
            | Relation::Temporary
            | Relation::Versions
            | Relation::History
            | Relation::Filtered { .. } => {
                keys.push(self.id_of(node)?);
                if self.has_versions(node) {
                    keys.push(self.version_of(node)?);
                }
                return Ok(());
            }
            Relation::Lateral(_) | Relation::Function { .. } => Some(ROW_NUMBER),
            Relation::Derived(query) if matches!(query.body, Body::Values(_)) => Some(ROW_NUMBER),
            Relation::Recursive { .. } => Some(LEVEL),
            Relation::Derived(_) | Relation::Recursion(_) => None,
        };
        if let Some(name) = hidden {
            keys.push(Scalar {
                ty: Type::BigInt,
                node: ScalarNode::Column {
                    node,
                    physical: name.to_owned(),
                },
            });
        }
        if hidden != Some(ROW_NUMBER) {
            let table = Arc::clone(&self.nodes[node].table);
            for column in &table.columns {
                keys.push(self.column(node, column));
            }
        }
        Ok(())
    }

    /// A query that is the whole of a FROM hands on its rows in its own order.
    pub(super) fn settle_derived(&mut self, node: NodeId) -> Result<bool, CqlError> {
        if !matches!(&self.nodes[node].relation, Relation::Derived(query) if !matches!(query.body, Body::Values(_)))
        {
            return Ok(false);
        }
        let relation = std::mem::replace(&mut self.nodes[node].relation, Relation::Table);
        let Relation::Derived(mut query) = relation else {
            return Ok(false);
        };
        let settled = self.settle_order(&mut query);
        self.nodes[node].relation = Relation::Derived(query);
        settled.map(|()| true)
    }

    fn settle_select(&mut self, select: &mut Select) -> Result<(), CqlError> {
        if select.distinct {
            for item in 0..select.items.len() {
                append(select, OrderKey::Item(item));
            }
            return Ok(());
        }
        if !select.group_by.is_empty() {
            for key in select.group_by.clone() {
                // Totals come behind what they are the totals of.
                if !select.sets.is_empty() {
                    append(select, OrderKey::Value(grouping(key.clone())));
                }
                let item = select.items.iter().position(|i| i.value == key);
                append(select, item.map_or(OrderKey::Value(key), OrderKey::Item));
            }
            return Ok(());
        }
        let values = select.items.iter().map(|i| &i.value);
        let one_group = select.having.is_some() || !select.sets.is_empty();
        if one_group || values.into_iter().any(Scalar::has_aggregate) {
            return Ok(());
        }
        if let [only] = select.from.as_slice()
            && select.order_by.is_empty()
            && self.settle_derived(only.node)?
        {
            return Ok(());
        }
        let nodes: Vec<NodeId> = select.from.iter().map(|item| item.node).collect();
        for id in self.row_keys(&nodes)? {
            let item = select.items.iter().position(|i| i.value == id);
            append(select, item.map_or(OrderKey::Value(id), OrderKey::Item));
        }
        self.mark_ids(select)
    }

    /// The Cinchy Id of the first table is never NULL, unless a join may leave that table without a row.
    fn mark_ids(&mut self, select: &mut Select) -> Result<(), CqlError> {
        let outer = |join: &Join| matches!(join, Join::Right(_) | Join::Full(_));
        let Some(first) = select.from.first().map(|item| item.node) else {
            return Ok(());
        };
        if select.from.iter().any(|item| outer(&item.join))
            || !matches!(
                self.nodes[first].relation,
                Relation::Table
                    | Relation::Temporary
                    | Relation::Versions
                    | Relation::History
                    | Relation::Filtered { .. }
            )
        {
            return Ok(());
        }
        let id = self.id_of(first)?;
        for order in &mut select.order_by {
            order.never_null = match &order.key {
                OrderKey::Item(item) => select.items[*item].value == id,
                OrderKey::Value(value) => *value == id,
            };
        }
        Ok(())
    }
}

/// Adds a key unless the rows are ordered by it already.
fn append(select: &mut Select, key: OrderKey) {
    if !select.order_by.iter().any(|own| own.key == key) {
        select.order_by.push(Order {
            key,
            descending: false,
            never_null: false,
        });
    }
}
