//! GROUP BY of several sets. PostgreSQL has them; on SQLite every set is a query of its own, in which keys that are not in
//! the set read as NULL.

use super::Writer;
use crate::ir::{OrderKey, Scalar, Select};

impl Writer<'_> {
    /// ` GROUP BY GROUPING SETS (...)`.
    pub(super) fn grouping_sets(&mut self, select: &Select) {
        self.push(" GROUP BY GROUPING SETS (");
        self.separated(&select.sets, ", ", |w, set| {
            w.push("(");
            w.separated(set, ", ", |w, key| w.scalar(&select.group_by[*key]));
            w.push(")");
        });
        self.push(")");
    }

    /// All rows of all sets, with the values that they are ordered by behind the items.
    pub(super) fn sets_one_by_one(&mut self, select: &Select) {
        self.push(if select.distinct {
            "SELECT DISTINCT "
        } else {
            "SELECT "
        });
        for index in 0..select.items.len() {
            self.push(if index > 0 { ", " } else { "" });
            self.push(&format!("\"c{index}\""));
        }
        self.push(" FROM (");
        self.separated(&select.sets, " UNION ALL ", |w, set| w.one_set(select, set));
        self.push(") AS g");
        for (index, order) in select.order_by.iter().enumerate() {
            self.push(if index == 0 { " ORDER BY " } else { ", " });
            match &order.key {
                OrderKey::Item(item) => {
                    self.push(&format!("\"c{item}\""));
                    self.collate(select.items[*item].value.ty);
                }
                OrderKey::Value(value) => {
                    self.push(&format!("\"o{index}\""));
                    self.collate(value.ty);
                }
            }
            self.direction(order.descending);
        }
        self.slice(select.limit.as_ref(), select.offset.as_ref());
    }

    fn one_set(&mut self, select: &Select, set: &[usize]) {
        let keys = |inside: bool| {
            let keys = select.group_by.iter().enumerate();
            keys.filter(move |(index, _)| set.contains(index) == inside)
                .map(|(_, key)| key.clone())
                .collect::<Vec<Scalar>>()
        };
        let absent = keys(false);
        let outer = std::mem::replace(&mut self.absent_keys, absent.clone());
        self.push("SELECT ");
        self.items(select, true);
        for (index, order) in select.order_by.iter().enumerate() {
            if let OrderKey::Value(value) = &order.key {
                self.push(", ");
                self.scalar(value);
                self.push(&format!(" AS \"o{index}\""));
            }
        }
        if select.sets.iter().any(Vec::is_empty) {
            // An aggregate makes one row of the set without keys, and lets it have a HAVING.
            self.push(", count(*)");
        }
        self.absent_keys = Vec::new();
        self.source_and_filter(select);
        let present = keys(true);
        if !present.is_empty() {
            self.push(" GROUP BY ");
            self.separated(&present, ", ", Self::scalar);
        }
        self.absent_keys = absent;
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.condition(having);
        }
        self.absent_keys = outer;
    }
}
