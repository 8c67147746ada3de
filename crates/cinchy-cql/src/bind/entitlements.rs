//! What a caller may do with a table, in one piece: for clients that ask before they show a form. It asks the same
//! questions as the binder, so what is said is what is enforced.

use super::rights::{Access, Reader, views};
use crate::catalog::{Column, ColumnId, ColumnKind, Grant, Rights, Table};

/// A caller's rights on one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntitlements {
    /// Whether anything at all names the caller: a grant, or a role that allows everything.
    pub defined: bool,
    /// May insert rows.
    pub add_rows: bool,
    /// May delete rows.
    pub delete_rows: bool,
    /// May approve changes.
    pub approve_changes: bool,
    /// May change the table itself.
    pub design_table: bool,
    /// May change who may do what.
    pub manage_controls: bool,
    /// Every column in the order of the table.
    pub columns: Vec<ColumnEntitlements>,
}

/// A caller's rights on one column, in whatever row: row filters are a question of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnEntitlements {
    /// `[Table Columns].[Cinchy Id]`.
    pub column: ColumnId,
    /// May read it.
    pub view: bool,
    /// May write it.
    pub edit: bool,
}

/// What these rights allow on a table.
pub fn entitlements(rights: &Rights, table: &Table) -> TableEntitlements {
    let reader = Reader::User(rights);
    let access = reader.access(table);
    let full = matches!(access, Access::Full);
    let named: &[Grant] = rights.tables.get(&table.id).map_or(&[], Vec::as_slice);
    let any = |of: fn(&Grant) -> bool| full || named.iter().any(of);
    let sees = |column: &Column| match &access {
        Access::Full => true,
        Access::Grants(grants) => grants.iter().any(|grant| views(grant, column)),
        Access::None => false,
    };
    TableEntitlements {
        defined: full || !named.is_empty(),
        add_rows: any(|g| g.add_rows),
        delete_rows: any(|g| g.delete_rows),
        approve_changes: any(|g| g.approve_changes),
        design_table: any(|g| g.design_table),
        manage_controls: any(|g| g.manage_controls),
        columns: table
            .columns
            .iter()
            .map(|column| ColumnEntitlements {
                column: column.id,
                view: sees(column),
                edit: is_writable(column)
                    && reader
                        .editing(table, column)
                        .is_none_or(|grants| !grants.is_empty()),
            })
            .collect(),
    }
}

/// Whether anybody may write the column: the platform fills its own and the calculated ones.
fn is_writable(column: &Column) -> bool {
    !column.is_system && !matches!(column.kind, ColumnKind::Calculated { .. })
}
