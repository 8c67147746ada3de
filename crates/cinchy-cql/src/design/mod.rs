//! Statements that change tables (DDL): what they mean, as plain data. `parse` reads the forms of T-SQL that the stock
//! parser does not know, `bind` finds names and rights; `cinchy-storage` carries out.
//!
//! The words are those of the documentation's DDL page: tables of plain columns, views, indexes. Links, choices and
//! calculated columns have no DDL on the platform; seeds make them.

mod bind;
mod error;
pub(crate) mod parse;

use crate::catalog::{Catalog, ColumnId, ColumnKind, DomainId, Rights, TableId, ViewId};
use crate::error::CqlError;
use crate::room;
use crate::syntax;

pub(crate) use bind::{NO_COLUMNS, design, is_design};
pub use error::DesignError;

/// What a statement would do, for whoever makes columns that the language has no words for: the statement names them with a
/// plain type, and what they are to hold is put into the answer.
///
/// # Errors
/// Anything but one statement of this module, names that are there or may not be, rights.
pub fn read(cql: &str, catalog: &Catalog, rights: &Rights) -> Result<Design, CqlError> {
    room::deep(|| match syntax::parse_statement(cql)? {
        Some(statement) if is_design(&statement) => design(&statement, catalog, rights, None),
        _ => Err(CqlError::Unsupported {
            what: "a statement that changes no table".to_owned(),
            position: None,
        }),
    })
}

/// A change of the design of tables, bound and permitted.
#[derive(Debug, Clone, PartialEq)]
pub enum Design {
    /// `CREATE TABLE [D].[T] (...)`. The caller becomes its creator, who may do everything with it (documented).
    CreateTable {
        /// Its domain.
        domain: DomainId,
        /// Its name.
        name: String,
        /// Its columns in order.
        columns: Vec<NewColumn>,
    },
    /// `ALTER TABLE [D].[T] ADD ...`.
    AddColumns {
        /// The table.
        table: TableId,
        /// New columns, behind those that are there.
        columns: Vec<NewColumn>,
    },
    /// `ALTER TABLE [D].[T] ALTER COLUMN ...`. Values that are there are converted, or the statement fails.
    AlterColumn {
        /// The table.
        table: TableId,
        /// The column.
        column: ColumnId,
        /// What it shall be; name and uniqueness are as they were.
        to: NewColumn,
    },
    /// `ALTER TABLE [D].[T] DROP COLUMN ...`. The rows of `[Table Columns]` get `[Deleted]`; what is stored stays.
    DropColumns {
        /// The table.
        table: TableId,
        /// The columns.
        columns: Vec<ColumnId>,
    },
    /// `DROP TABLE`. The rows of `[Tables]` get `[Deleted]` (documented); what is stored stays.
    DropTables(Vec<TableId>),
    /// `CREATE VIEW`.
    CreateView {
        /// Its domain.
        domain: DomainId,
        /// Its name.
        name: String,
        /// What it shows.
        content: ViewContent,
    },
    /// `ALTER VIEW`.
    AlterView {
        /// The view.
        view: ViewId,
        /// What it shows from now on.
        content: ViewContent,
    },
    /// `DROP VIEW`.
    DropViews(Vec<ViewId>),
    /// `CREATE INDEX`.
    CreateIndex {
        /// The table.
        table: TableId,
        /// Name, unique within the table.
        name: String,
        /// Columns in order.
        columns: Vec<ColumnId>,
        /// Live rows must differ in them.
        unique: bool,
    },
    /// `DROP INDEX name ON [D].[T]`.
    DropIndex {
        /// The table.
        table: TableId,
        /// Name as written.
        name: String,
        /// Nothing happens when there is none.
        if_exists: bool,
    },
}

/// A column to be made. Statements make columns of Text, Number, DateTime, YesNo and Binary.
#[derive(Debug, Clone, PartialEq)]
pub struct NewColumn {
    /// Name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// NOT NULL.
    pub mandatory: bool,
    /// UNIQUE.
    pub unique: bool,
}

/// What a view shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewContent {
    /// Its SELECT.
    pub text: String,
    /// Names of its columns, where the statement gives them; else those of the SELECT.
    pub columns: Vec<String>,
}
