//! Changes of the design of tables ([`cinchy_cql::design`]): rows of `[Tables]` and `[Table Columns]`, physical tables,
//! views and indexes. What is asked for here is permitted and its names are good; what depends on data is checked here.

mod columns;
mod indexes;
mod tables;
mod views;

pub use columns::unique_columns;

use std::sync::Arc;

use cinchy_cql::CqlError;
use cinchy_cql::catalog::{Catalog, Column, ColumnId, Table, TableId};
use cinchy_cql::design::{Design, DesignError};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::Stamp;
use crate::table_json;

/// Carries a change out, in the transaction under way. The catalog is that of the moment before.
///
/// # Errors
/// [`CqlError::Design`] where rows, links or indexes stand in the way; the driver's. Then the transaction must be undone.
pub fn run(
    conn: &mut Connection,
    schema: &str,
    catalog: &Catalog,
    design: &Design,
    stamp: Stamp,
) -> Result<()> {
    let mut designer = Designer {
        conn,
        schema,
        catalog,
        stamp,
    };
    match design {
        Design::CreateTable {
            domain,
            name,
            columns,
        } => designer.create_table(*domain, name, columns),
        Design::DropTables(tables) => designer.drop_tables(tables),
        Design::AddColumns { table, columns } => designer.add_columns(*table, columns),
        Design::AlterColumn { table, column, to } => designer.alter_column(*table, *column, to),
        Design::DropColumns { table, columns } => designer.drop_columns(*table, columns),
        Design::CreateIndex {
            table,
            name,
            columns,
            unique,
        } => designer.create_index(*table, name, columns, *unique),
        Design::DropIndex {
            table,
            name,
            if_exists,
        } => designer.drop_index(*table, name, *if_exists),
        Design::CreateView {
            domain,
            name,
            content,
        } => designer.create_view(*domain, name, content),
        Design::AlterView { view, content } => designer.alter_view(*view, content),
        Design::DropViews(views) => designer.drop_views(views),
    }?;
    match design {
        Design::AddColumns { table, .. }
        | Design::AlterColumn { table, .. }
        | Design::DropColumns { table, .. } => table_json::write(conn, schema, &[*table]),
        _ => Ok(()),
    }
}

struct Designer<'a> {
    conn: &'a mut Connection,
    schema: &'a str,
    catalog: &'a Catalog,
    stamp: Stamp,
}

impl Designer<'_> {
    fn table(&self, id: TableId) -> Result<Arc<Table>> {
        let found = self.catalog.table(id).cloned();
        found.ok_or_else(|| StorageError::Corrupt(format!("the table {id} is gone")))
    }
}

fn column(table: &Table, id: ColumnId) -> Result<&Column> {
    let found = table.column_by_id(id);
    found.ok_or_else(|| StorageError::Corrupt(format!("the column {id} is gone")))
}

fn full_name(table: &Table) -> String {
    format!("{}.{}", table.domain, table.name)
}

fn refused(error: DesignError) -> StorageError {
    StorageError::Cql(CqlError::Design(error))
}
