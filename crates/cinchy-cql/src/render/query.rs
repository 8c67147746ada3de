//! Queries: SELECT with its clauses in their order, UNION and its kin.

use super::Writer;
use crate::ir::{Body, Limit, Order, OrderKey, Query, Scalar, Select, SetOperator, SetQuery};

impl Writer<'_> {
    /// A query; `named`: its columns are called `c0`, `c1` ... for the query around it.
    pub(super) fn query(&mut self, query: &Query, named: bool) {
        match &query.body {
            Body::Select(select) => self.select(select, named),
            Body::Set(set) => self.set_query(set, named),
            Body::Json(json) => self.json(json, named),
            Body::Values(values) => self.values(values, false),
        }
    }

    /// UNION and its kin. Where it is ordered it stands in a query of its own: PostgreSQL orders such a query by names
    /// only, and texts are ordered by code point.
    pub(super) fn set_query(&mut self, set: &SetQuery, named: bool) {
        let limited = set.limit.is_some() || set.offset.is_some();
        let ordered = !set.order_by.is_empty() || limited;
        if ordered {
            self.push("SELECT ");
            for index in 0..set.columns.len() {
                self.push(if index > 0 { ", " } else { "" });
                self.push(&format!("\"c{index}\""));
            }
            self.push(" FROM (");
        }
        self.operand(&set.left, named || ordered);
        self.push(match set.operator {
            SetOperator::Union => " UNION ",
            SetOperator::Intersect => " INTERSECT ",
            SetOperator::Except => " EXCEPT ",
        });
        if set.all {
            self.push("ALL ");
        }
        self.operand(&set.right, named || ordered);
        if ordered {
            self.push(") AS u");
            for (index, (column, descending)) in set.order_by.iter().enumerate() {
                self.push(if index == 0 { " ORDER BY " } else { ", " });
                self.push(&format!("\"c{column}\""));
                self.collate(set.columns[*column].1);
                self.direction(*descending);
            }
            self.slice(set.limit.as_ref(), set.offset.as_ref());
        }
    }

    /// A side of a set operation. SQLite takes no brackets around it, so an inner one stands in a query of its own.
    pub(super) fn operand(&mut self, query: &Query, named: bool) {
        match &query.body {
            Body::Select(select) if select.order_by.is_empty() && select.limit.is_none() => {
                self.select(select, named);
            }
            _ => {
                self.push("SELECT * FROM (");
                self.query(query, true);
                self.push(") AS o");
            }
        }
    }

    pub(super) fn select(&mut self, select: &Select, named: bool) {
        let keys = std::mem::replace(&mut self.row_keys, select.row_keys.clone());
        match &select.limit {
            _ if !select.sets.is_empty() && !self.on_postgres() => self.sets_one_by_one(select),
            Some(Limit::WithTies { rows, keys }) => self.with_ties(select, rows, *keys),
            limit => {
                self.select_rows(select, named);
                self.order_by(&select.order_by, select);
                match limit {
                    Some(Limit::Percent {
                        numerator,
                        denominator,
                    }) => self.percent(select, *numerator, *denominator),
                    limit => self.slice(limit.as_ref(), select.offset.as_ref()),
                }
            }
        }
        self.row_keys = keys;
    }

    /// All but the order and the limit.
    pub(super) fn select_rows(&mut self, select: &Select, named: bool) {
        self.push(if select.distinct {
            "SELECT DISTINCT "
        } else {
            "SELECT "
        });
        self.items(select, named);
        self.rest_of_rows(select);
    }

    pub(super) fn items(&mut self, select: &Select, named: bool) {
        let outermost = std::mem::take(&mut self.outermost);
        let mut index = 0;
        self.separated(&select.items, ", ", |w, item| {
            if outermost {
                w.outermost_item(index, &item.value);
            } else {
                w.scalar(&item.value);
            }
            // So that DISTINCT rows can be ordered by code point through their ordinal.
            if select.distinct {
                w.collate(item.value.ty);
            }
            if named {
                w.push(&format!(" AS \"c{index}\""));
            }
            index += 1;
        });
    }

    pub(super) fn rest_of_rows(&mut self, select: &Select) {
        self.source_and_filter(select);
        if !select.sets.is_empty() {
            self.grouping_sets(select);
        } else if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.separated(&select.group_by, ", ", |w, key| {
                // A bare number would be an ordinal.
                if key.is_settled() {
                    w.push("(SELECT ");
                    w.scalar(key);
                    w.push(")");
                } else {
                    w.scalar(key);
                }
            });
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.condition(having);
        }
    }

    pub(super) fn source_and_filter(&mut self, select: &Select) {
        if !select.from.is_empty() {
            self.push(" FROM ");
            self.sources(&select.from);
        }
        if let Some(filter) = &select.filter {
            self.push(" WHERE ");
            self.condition(filter);
        }
    }

    pub(super) fn order_by(&mut self, order_by: &[Order], select: &Select) {
        if order_by.is_empty() {
            return;
        }
        self.push(" ORDER BY ");
        self.separated(order_by, ", ", |w, order| {
            match &order.key {
                OrderKey::Item(item) if select.distinct => w.push(&(item + 1).to_string()),
                _ => w.order_value(order.of(select)),
            }
            if order.never_null {
                w.push(if order.descending { " DESC" } else { "" });
            } else {
                w.direction(order.descending);
            }
        });
    }

    /// NULLs come first in ascending order (T-SQL). SQLite does the same by itself.
    pub(super) fn direction(&mut self, descending: bool) {
        self.push(match (descending, self.on_postgres()) {
            (false, false) => "",
            (true, false) => " DESC",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC NULLS LAST",
        });
    }

    /// A key of ORDER BY. A constant select item is wrapped: a bare number would be an ordinal.
    pub(super) fn order_value(&mut self, value: &Scalar) {
        if value.is_settled() {
            self.push("(SELECT ");
            self.scalar(value);
            self.push(")");
        } else {
            self.ordered(value);
        }
    }
}
