//! TOP, OFFSET and FETCH as SQL.

use super::Writer;
use crate::ir::{Limit, Scalar, Select};

impl Writer<'_> {
    pub(super) fn slice(&mut self, limit: Option<&Limit>, offset: Option<&Scalar>) {
        match limit {
            Some(Limit::Rows(rows)) => {
                self.push(" LIMIT ");
                self.scalar(rows);
            }
            // SQLite has no OFFSET without LIMIT.
            None if offset.is_some() && !self.on_postgres() => self.push(" LIMIT -1"),
            Some(Limit::Percent { .. } | Limit::WithTies { .. }) | None => {}
        }
        if let Some(offset) = offset {
            self.push(" OFFSET ");
            self.scalar(offset);
        }
    }

    /// A part of all rows, rounded up.
    pub(super) fn percent(&mut self, select: &Select, numerator: u64, denominator: u64) {
        let most = denominator - 1;
        self.push(&format!(
            " LIMIT (SELECT (count(*) * {numerator} + {most}) / {denominator} FROM ("
        ));
        self.select_rows(select, true);
        self.push(") AS t)");
    }

    /// The first rows, and those that are equal to the last of them by the first `keys` of the order.
    pub(super) fn with_ties(&mut self, select: &Select, rows: &Scalar, keys: usize) {
        self.push("SELECT ");
        self.item_names(select);
        self.push(" FROM (SELECT ");
        let own = keys.min(select.order_by.len());
        let mut values = select.order_by.iter().map(|order| order.of(select));
        if values.any(Scalar::has_window) {
            // A window within a window is a column of a query of its own.
            self.item_names(select);
            self.push(", rank() OVER (");
            self.order_by_names(select, own);
            self.push(") AS \"place\", row_number() OVER (");
            self.order_by_names(select, select.order_by.len());
            self.push(") AS \"row\" FROM (SELECT ");
            self.items(select, true);
            for (index, order) in select.order_by.iter().enumerate() {
                self.push(", ");
                self.scalar(order.of(select));
                self.push(&format!(" AS \"k{index}\""));
            }
            self.rest_of_rows(select);
            self.push(") AS v");
        } else {
            self.items(select, true);
            self.push(", rank() OVER (");
            self.order_by(&select.order_by[..own], select);
            self.push(") AS \"place\", row_number() OVER (");
            self.order_by(&select.order_by, select);
            self.push(") AS \"row\"");
            self.rest_of_rows(select);
        }
        self.push(") AS w WHERE \"place\" <= ");
        self.scalar(rows);
        self.push(" ORDER BY \"row\"");
    }

    fn item_names(&mut self, select: &Select) {
        for index in 0..select.items.len() {
            self.push(if index > 0 { ", " } else { "" });
            self.push(&format!("\"c{index}\""));
        }
    }

    /// ORDER BY of the first keys, which are columns of their own.
    fn order_by_names(&mut self, select: &Select, keys: usize) {
        for (index, order) in select.order_by.iter().take(keys).enumerate() {
            self.push(if index > 0 { ", " } else { "ORDER BY " });
            self.push(&format!("\"k{index}\""));
            self.collate(order.of(select).ty);
            self.direction(order.descending);
        }
    }
}
