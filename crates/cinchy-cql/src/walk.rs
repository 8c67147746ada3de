//! Walks through the IR: which columns stand in an expression, those of inner queries included.

use crate::ir::{Body, Condition, Join, NodeId, Query, Scalar, ScalarNode};

/// Told of each column with the source that it belongs to.
type Visit<'v> = &'v mut dyn FnMut(NodeId, &Scalar);

impl Scalar {
    /// Visits the columns in it.
    pub(crate) fn each_column(&self, visit: Visit<'_>) {
        match &self.node {
            ScalarNode::Column { node, .. } => visit(*node, self),
            ScalarNode::Subquery(query) => query.each_column(visit),
            ScalarNode::ListText { list, element } => {
                list.owner.each_column(visit);
                element.each_column(visit);
            }
            _ => {
                for part in self.parts() {
                    part.each_column(visit);
                }
                for condition in self.inner_conditions() {
                    condition.each_column(visit);
                }
            }
        }
    }
}

impl Condition {
    /// Visits the columns in it.
    pub(crate) fn each_column(&self, visit: Visit<'_>) {
        for scalar in self.scalars() {
            scalar.each_column(visit);
        }
        for condition in self.conditions() {
            condition.each_column(visit);
        }
        if let Some(query) = self.query() {
            query.each_column(visit);
        }
    }

    /// Whether a column of this source stands in it.
    pub(crate) fn mentions(&self, id: NodeId) -> bool {
        let mut found = false;
        self.each_column(&mut |node, _| found |= node == id);
        found
    }
}

impl Query {
    /// Visits the columns in it. Queries in its FROM are left out: they see nothing around them, but for those behind
    /// APPLY, which mostly see what stands in this query too.
    pub(crate) fn each_column(&self, visit: Visit<'_>) {
        let select = match &self.body {
            Body::Select(select) => select,
            Body::Set(set) => {
                set.left.each_column(visit);
                set.right.each_column(visit);
                return;
            }
            Body::Json(json) => return json.query.each_column(visit),
            Body::Values(values) => {
                for value in values.rows.iter().flatten() {
                    value.each_column(visit);
                }
                return;
            }
        };
        let orders = select.order_by.iter().filter_map(|o| o.value());
        let items = select.items.iter().map(|i| &i.value);
        for scalar in items.chain(&select.group_by).chain(orders) {
            scalar.each_column(visit);
        }
        let joins = select.from.iter().filter_map(|item| match &item.join {
            Join::Cross | Join::Apply | Join::OuterApply => None,
            Join::Inner(on) | Join::Left(on) | Join::Right(on) | Join::Full(on) => Some(on),
        });
        for condition in joins.chain(&select.filter).chain(&select.having) {
            condition.each_column(visit);
        }
    }
}
