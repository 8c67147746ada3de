//! Statements that change temporary tables.

use super::Writer;
use crate::bind::temporary::ROW_PHYSICAL;
use crate::ir::TemporaryChange;

impl Writer<'_> {
    /// The physical table of a temporary table. Both databases keep them in a schema of their own.
    pub(super) fn temporary(&mut self, physical: &str) {
        self.push(if self.on_postgres() {
            "pg_temp."
        } else {
            "temp."
        });
        self.quoted(physical);
    }

    pub(super) fn change(&mut self, change: &TemporaryChange) {
        let bound = self.bound;
        match change {
            TemporaryChange::Insert { table, columns } => {
                self.push("INSERT INTO ");
                self.temporary(table);
                self.push(" (");
                self.separated(columns, ", ", |w, column| w.quoted(column));
                self.push(") ");
                self.query(&bound.query, true);
            }
            TemporaryChange::Update { table, columns } => {
                self.push("UPDATE ");
                self.temporary(table);
                self.push(" AS target SET ");
                for (index, column) in columns.iter().enumerate() {
                    self.push(if index > 0 { ", " } else { "" });
                    self.quoted(column);
                    self.push(&format!(" = rows.\"c{}\"", index + 1));
                }
                self.push(" FROM (");
                self.query(&bound.query, true);
                self.push(&format!(
                    ") AS rows WHERE target.\"{ROW_PHYSICAL}\" = rows.\"c0\""
                ));
            }
            TemporaryChange::Delete { table } => {
                self.push("DELETE FROM ");
                self.temporary(table);
                self.push(&format!(
                    " WHERE \"{ROW_PHYSICAL}\" IN (SELECT \"c0\" FROM ("
                ));
                self.query(&bound.query, true);
                self.push(") AS rows)");
            }
        }
    }
}
