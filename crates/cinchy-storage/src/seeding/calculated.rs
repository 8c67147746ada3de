//! After the rows: cached calculated columns are filled in, and a planner hears of new tables.

use std::collections::HashSet;

use cinchy_cql::catalog::TableId;
use cinchy_cql::value::Backend;

use super::Applier;
use super::links::bind_all;
use crate::error::Result;
use crate::ids;
use crate::rows;
use crate::statement::execute;
use crate::system;

/// Rows from which on the plans of PostgreSQL differ.
const WORTH_MEASURING: i32 = 500;

impl Applier<'_> {
    /// Fills the cached calculated columns of these tables. One that does not compile stays NULL (documented: a seed's
    /// expressions are stored, not compiled); [`super::judge`] warns of it.
    pub(super) fn calculate(&mut self, tables: &HashSet<TableId>) -> Result<()> {
        let mut ids: Vec<&TableId> = tables.iter().collect();
        ids.sort_unstable();
        let found = ids.into_iter().filter_map(|id| self.catalog.table(*id));
        for (table, column) in cinchy_cql::calculation_order(found) {
            let (Some(physical), false) =
                (column.physical.as_ref(), table.id < system::FIRST_TABLE_ID)
            else {
                continue;
            };
            let compiled = cinchy_cql::compile_calculated(
                &self.catalog,
                table.id,
                column.id,
                rows::backend(self.conn),
                self.schema,
            );
            let Ok(compiled) = compiled else {
                continue;
            };
            let binds = bind_all(&compiled.binds, self.stamp.user, self.stamp.at)?;
            let target = rows::qualified(self.conn, self.schema, &table.physical);
            let physical = rows::quoted(physical);
            let sql = format!(
                "WITH computed(id, value) AS ({}) UPDATE {target} SET {physical} = \
                 (SELECT value FROM computed WHERE computed.id = {target}.cinchy_id)",
                compiled.sql
            );
            execute(self.conn, &sql, &binds)?;
        }
        Ok(())
    }

    /// Tells PostgreSQL's planner about tables that were just filled. It would find out by itself after a minute, and plan
    /// badly until then.
    pub(super) fn measure(&mut self, tables: &HashSet<TableId>) -> Result<()> {
        if rows::backend(self.conn) != Backend::Postgres {
            return Ok(());
        }
        for id in tables {
            if let Some(table) = self.catalog.table(*id).cloned()
                && ids::peek(self.conn, *id)? > WORTH_MEASURING
            {
                let name = rows::qualified(self.conn, self.schema, &table.physical);
                execute(self.conn, &format!("ANALYZE {name}"), &[])?;
            }
        }
        Ok(())
    }
}
