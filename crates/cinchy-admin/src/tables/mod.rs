//! Domains and tables: data to look at and to change, the design of tables, and who may do what with them.

mod access;
mod asked;
mod cell;
mod cells;
mod choice;
mod column;
mod design;
mod grid;
mod history;
mod list;
mod paste;
mod refusal;
mod row;

use std::sync::Arc;

use cinchy_cql::catalog::{Column, Columns, Grant, Table};

pub use access::{access, grant, revoke};
pub use cell::{change as change_cell, peek};
pub use choice::choose;
pub use design::{add_column, create, create_domain, design, drop_column, drop_table, new};
pub use grid::{export, grid};
pub use history::history;
pub use list::list;
pub use paste::{add, paste};
pub use row::{create as create_row, delete, edit, new as new_row, restore, search, update};

use crate::cql::name;
use crate::desk::Desk;
use crate::error::PageError;

/// What the caller may do with a table.
pub struct Rights<'a> {
    everything: bool,
    grants: &'a [Grant],
}

impl<'a> Rights<'a> {
    /// The caller's.
    pub fn of(desk: &'a Desk<'_>, table: &Table) -> Self {
        let rights = &desk.caller.entry.rights;
        Self {
            everything: rights.administrator || table.creator == Some(rights.user_id),
            grants: rights.tables.get(&table.id).map_or(&[], Vec::as_slice),
        }
    }

    fn any(&self, has: impl Fn(&Grant) -> bool) -> bool {
        self.everything || self.grants.iter().any(has)
    }

    /// The table is listed for whoever may view or add something.
    pub(crate) fn may_open(&self) -> bool {
        let some = |columns: &Columns| match columns {
            Columns::All => true,
            Columns::Some(ids) => !ids.is_empty(),
        };
        self.any(|grant| some(&grant.view) || some(&grant.edit) || grant.add_rows)
    }

    /// Whether a column is seen.
    pub fn may_view(&self, column: &Column) -> bool {
        self.any(|grant| grant.view.contains(column.id) || grant.edit.contains(column.id))
    }

    fn may_edit(&self, column: &Column) -> bool {
        self.any(|grant| grant.edit.contains(column.id))
    }

    fn may_add(&self) -> bool {
        self.any(|grant| grant.add_rows)
    }

    fn may_delete(&self) -> bool {
        self.any(|grant| grant.delete_rows)
    }

    fn may_export(&self) -> bool {
        self.any(|grant| grant.export_data)
    }

    fn may_design(&self) -> bool {
        self.any(|grant| grant.design_table)
    }
}

/// A table that the caller may open.
fn open(desk: &mut Desk<'_>, id: i32) -> Result<Arc<Table>, PageError> {
    let table = desk.table(id)?;
    if Rights::of(desk, &table).may_open() {
        return Ok(table);
    }
    Err(PageError::Denied(format!(
        "You have no right on {}.{}. An administrator can give you one on the page Entitlements of the table.",
        table.domain, table.name
    )))
}

/// `[Domain].[Table]`.
fn full(table: &Table) -> String {
    format!("{}.{}", name(&table.domain), name(&table.name))
}

/// The tabs of a table.
#[derive(Debug, Clone)]
pub struct Tabs {
    /// Cinchy Id of the table.
    pub id: i32,
    /// `Domain.Table`.
    pub title: String,
    /// The open tab.
    pub current: &'static str,
    /// Whether the caller is an administrator.
    pub administrator: bool,
    /// Whether rows may be added.
    pub may_add: bool,
}

impl Tabs {
    fn of(desk: &Desk<'_>, table: &Table, current: &'static str) -> Self {
        let rights = Rights::of(desk, table);
        Self {
            id: table.id,
            title: format!("{}.{}", table.domain, table.name),
            current,
            administrator: desk.caller.entry.administrator,
            may_add: rights.may_add(),
        }
    }
}
