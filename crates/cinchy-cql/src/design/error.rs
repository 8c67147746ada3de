//! Why a table, view or index cannot be made or changed. Texts are T-SQL's where there is one.

use crate::error::Position;

/// A refused change of design.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DesignError {
    /// `CREATE TABLE [Nope].[T]`; text after that of tables.
    #[error("Domain {domain} could not be found")]
    DomainNotFound {
        /// Name as written.
        domain: String,
        /// Where.
        position: Option<Position>,
    },
    /// `DROP VIEW [HR].[Nope]`; text after that of tables.
    #[error("View {view} in domain {domain} could not be found")]
    ViewNotFound {
        /// Domain as written.
        domain: String,
        /// Name as written.
        view: String,
        /// Where.
        position: Option<Position>,
    },
    /// A table or view of this name is there (T-SQL text).
    #[error("There is already an object named '{name}' in the database.")]
    Exists {
        /// Name of the table or view.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// A column that is there, named twice, or of a system column's name, which every table has (T-SQL text).
    #[error(
        "Column names in each table must be unique. Column name '{column}' in table '{table}' is specified more than once."
    )]
    DuplicateColumn {
        /// Name of the column.
        column: String,
        /// Name of the table.
        table: String,
        /// Where.
        position: Option<Position>,
    },
    /// A name outside the platform's pattern (seen in its models).
    #[error(
        "'{name}' is not a valid name of a {of}: letters, digits, blanks and _ ' + - : ( ) / = @ ! & % are allowed, {LONGEST_NAME} characters at most"
    )]
    BadName {
        /// The name.
        name: String,
        /// `table`, `column`, `view` or `index`.
        of: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// `ALTER TABLE [Cinchy].[Users] ...`.
    #[error("The system table {table} cannot be changed")]
    SystemTable {
        /// Name of the table.
        table: String,
        /// Where.
        position: Option<Position>,
    },
    /// `ALTER TABLE ... DROP COLUMN [Modified]` or ALTER COLUMN of one (text of writes to such columns).
    #[error("Columns {column} are readonly and can not be updated")]
    SystemColumn {
        /// Name of the column.
        column: String,
        /// Where.
        position: Option<Position>,
    },
    /// A column that a link shows or an index holds (T-SQL text, with the object named).
    #[error(
        "ALTER {TABLE} {action} COLUMN {column} failed because one or more objects access this column: {by}"
    )]
    ColumnInUse {
        /// `DROP` or `ALTER`.
        action: &'static str,
        /// Name of the column.
        column: String,
        /// What uses it.
        by: String,
    },
    /// T-SQL text.
    #[error(
        "ALTER {TABLE} DROP COLUMN failed because '{column}' is the only data column in table '{table}'. A table must have at least one data column."
    )]
    LastColumn {
        /// Name of the column.
        column: String,
        /// Name of the table.
        table: String,
    },
    /// A table that links of another lead to (T-SQL text of foreign keys, with the link named).
    #[error("Could not drop object '{table}' because it is referenced by the link column {by}.")]
    TableInUse {
        /// `Domain.Table`.
        table: String,
        /// `Domain.Table.Column` of the link.
        by: String,
    },
    /// `CREATE INDEX` of a name that the table has (T-SQL text).
    #[error(
        "The operation failed because an index or statistics with name '{index}' already exists on table '{table}'."
    )]
    IndexExists {
        /// Name of the index.
        index: String,
        /// `Domain.Table`.
        table: String,
    },
    /// T-SQL text.
    #[error(
        "Cannot drop the index '{table}.{index}', because it does not exist or you do not have permission."
    )]
    IndexNotFound {
        /// Name of the index.
        index: String,
        /// `Domain.Table`.
        table: String,
    },
    /// A multi-link, a calculated column that is not cached, a binary column (T-SQL text).
    #[error(
        "Column '{column}' in table '{table}' is of a type that is invalid for use as a key column in an index."
    )]
    NotIndexable {
        /// Name of the column.
        column: String,
        /// `Domain.Table`.
        table: String,
        /// Where.
        position: Option<Position>,
    },
    /// Rows that are there break a unique index (T-SQL text without the values).
    #[error(
        "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '{table}' and the index name '{index}'. The statement has been terminated."
    )]
    DuplicateKey {
        /// `Domain.Table`.
        table: String,
        /// Name of the index.
        index: String,
    },
    /// `ALTER COLUMN x INT NOT NULL` where rows have no value (T-SQL text).
    #[error(
        "Cannot insert the value NULL into column '{column}', table '{table}'; column does not allow nulls. UPDATE fails. The statement has been terminated."
    )]
    NullsThere {
        /// Name of the column.
        column: String,
        /// `Domain.Table`.
        table: String,
    },
    /// `ALTER COLUMN x VARCHAR(2)` where longer texts are (T-SQL text).
    #[error("String or binary data would be truncated. The statement has been terminated.")]
    Truncated,
    /// `CREATE VIEW ... AS SELECT 1` (T-SQL text).
    #[error(
        "Create View or Function failed because no column name was specified for column {number}."
    )]
    UnnamedColumn {
        /// From 1.
        number: usize,
    },
    /// A view that reads itself, through others or not.
    #[error("View {view} reads itself")]
    ViewCycle {
        /// `Domain.View`.
        view: String,
    },
}

/// Most characters of a name (seen in the platform's models).
pub(super) const LONGEST_NAME: usize = 125;

/// Apart from its verb: these texts are messages, and whoever looks for SQL shall not find them.
const TABLE: &str = "TABLE";

impl DesignError {
    /// Where in the text, when it is known.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::DomainNotFound { position, .. }
            | Self::ViewNotFound { position, .. }
            | Self::Exists { position, .. }
            | Self::DuplicateColumn { position, .. }
            | Self::BadName { position, .. }
            | Self::SystemTable { position, .. }
            | Self::SystemColumn { position, .. }
            | Self::NotIndexable { position, .. } => *position,
            _ => None,
        }
    }
}
