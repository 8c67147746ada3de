//! The order of rows that a query leaves open. T-SQL promises none there; here it is settled, so that an answer is the same
//! on every run and on both databases.

use super::Binder;
use crate::error::CqlError;
use crate::ir::{Body, Join, Order, OrderKey, Query, Relation, Scalar, Select, SetOperator};

impl<'a> Binder<'a> {
    /// Puts behind the query's own ORDER BY what makes it whole: Cinchy Ids of its tables, the keys of its groups, or all
    /// columns where equal rows have become one.
    pub(super) fn settle_order(&mut self, query: &mut Query) -> Result<(), CqlError> {
        match &mut query.body {
            Body::Select(select) => self.settle_select(select),
            Body::Set(set) => {
                // UNION ALL gives one side after the other.
                if set.operator != SetOperator::Union || !set.all {
                    for column in 0..set.columns.len() {
                        if !set.order_by.iter().any(|(own, _)| *own == column) {
                            set.order_by.push((column, false));
                        }
                    }
                }
                Ok(())
            }
        }
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
                let item = select.items.iter().position(|i| i.value == key);
                append(select, item.map_or(OrderKey::Value(key), OrderKey::Item));
            }
            return Ok(());
        }
        let values = select.items.iter().map(|i| &i.value);
        if select.having.is_some() || values.into_iter().any(Scalar::has_aggregate) {
            return Ok(());
        }
        let nodes: Vec<_> = select.from.iter().map(|item| item.node).collect();
        for node in nodes {
            if !matches!(self.nodes[node].relation, Relation::Derived(_)) {
                let id = self.id_of(node)?;
                let item = select.items.iter().position(|i| i.value == id);
                append(select, item.map_or(OrderKey::Value(id), OrderKey::Item));
                if self.has_versions(node) {
                    let version = self.version_of(node)?;
                    append(select, OrderKey::Value(version));
                }
            }
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
            || matches!(self.nodes[first].relation, Relation::Derived(_))
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
