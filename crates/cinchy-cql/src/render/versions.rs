//! What writing and version histories need of SQL: earlier versions as sources, lists kept as text, long lists of keys.

use super::Writer;
use crate::catalog::{ColumnKind, Table};
use crate::ir::{List, Scalar};
use crate::value::Type;

/// Name of the physical table of a table's earlier versions.
pub(crate) fn history_table(physical: &str) -> String {
    format!("{physical}_history")
}

/// Physical column of `[Replaced]`, which only versions have.
pub(crate) const REPLACED: &str = "replaced";

impl Writer<'_> {
    /// Current rows and earlier versions under one set of columns; multi-links are texts, `1,2`.
    pub(super) fn versions(&mut self, table: &Table) {
        self.push("(SELECT ");
        self.stored_columns(table, true);
        self.push(" FROM ");
        self.qualified(&table.physical);
        self.push(" AS v UNION ALL SELECT ");
        self.stored_columns(table, false);
        self.push(" FROM ");
        self.qualified(&history_table(&table.physical));
        self.push(" AS v)");
    }

    fn stored_columns(&mut self, table: &Table, current: bool) {
        if current {
            self.push("NULL");
            self.cast_suffix(Type::DateTime);
            self.push(" AS ");
        }
        self.push(REPLACED);
        for column in &table.columns {
            if let Some(physical) = &column.physical {
                self.push(", v.");
                self.quoted(physical);
            } else if let ColumnKind::Link {
                junction: Some(junction),
                ..
            } = &column.kind
            {
                self.push(", ");
                if current {
                    self.list_of_ids(junction, "v");
                    self.push(" AS ");
                } else {
                    self.push("v.");
                }
                self.quoted(junction);
            }
        }
    }

    /// The targets of a multi-link of the row `alias`, as versions keep them.
    fn list_of_ids(&mut self, junction: &str, alias: &str) {
        self.push(if self.on_postgres() {
            "(SELECT string_agg(l.target_id::text, ',' ORDER BY l.ordinal) FROM "
        } else {
            "(SELECT group_concat(l.target_id, ',' ORDER BY l.ordinal) FROM "
        });
        self.qualified(junction);
        self.push(&format!(" AS l WHERE l.row_id = {alias}.cinchy_id)"));
    }

    /// ` FROM` the items of a list text, as rows of a junction.
    pub(super) fn text_list(&mut self, list: &List) {
        if self.on_postgres() {
            self.push(" FROM (SELECT u.ordinality AS \"ordinal\", u.item::int4 AS \"target_id\" FROM unnest(string_to_array(");
            self.scalar(&list.owner);
            self.push(", ',')) WITH ORDINALITY AS u(item, ordinality))");
        } else {
            self.push(
                " FROM (SELECT key AS \"ordinal\", value AS \"target_id\" FROM json_each('[' || ",
            );
            self.scalar(&list.owner);
            self.push(" || ']'))");
        }
        self.push(&format!(" AS j{}", list.id));
    }

    /// `value IN` the elements of a JSON array, which is one bind however many there are.
    pub(super) fn among(&mut self, value: &Scalar, list: &Scalar) {
        self.padded(value, true);
        if self.on_postgres() {
            self.push(" IN (SELECT e.item");
            if value.ty == Type::Text {
                self.push("::bpchar");
            } else {
                self.cast_suffix(value.ty);
            }
            self.push(" FROM jsonb_array_elements_text(");
            self.scalar(list);
            self.push("::jsonb) AS e(item))");
        } else {
            self.push(" IN (SELECT value FROM json_each(");
            self.scalar(list);
            self.push("))");
        }
    }
}
