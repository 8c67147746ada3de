//! What a caller may do with a table, in one piece: for clients that ask before they show a form. It asks the same
//! questions as the binder, so what is said is what is enforced.

use super::rights::{Reader, is_read_only};
use crate::catalog::{ColumnId, Rights, Table};

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
    TableEntitlements {
        defined: reader.any(table, |_| true),
        add_rows: reader.may_add(table),
        delete_rows: reader
            .deleting(table)
            .is_none_or(|grants| !grants.is_empty()),
        approve_changes: reader.any(table, |g| g.approve_changes),
        design_table: reader.may_design(table),
        manage_controls: reader.any(table, |g| g.manage_controls),
        columns: table
            .columns
            .iter()
            .map(|column| ColumnEntitlements {
                column: column.id,
                view: reader.may_view(table, column),
                edit: !is_read_only(column)
                    && reader
                        .editing(table, column)
                        .is_none_or(|grants| !grants.is_empty()),
            })
            .collect(),
    }
}
