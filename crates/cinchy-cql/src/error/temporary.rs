//! What temporary tables do not take, in T-SQL's words.

/// Why a temporary table does not take a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemporaryError {
    /// NULL in a column that was declared NOT NULL.
    #[error(
        "Cannot insert the value NULL into column '{column}', table 'tempdb.dbo.{table}'; column does not allow nulls. {verb} fails. The statement has been terminated."
    )]
    Null {
        /// The column.
        column: String,
        /// The table, `#t`.
        table: String,
        /// `INSERT` or `UPDATE`.
        verb: &'static str,
    },
    /// A text that is longer than its column.
    #[error("String or binary data would be truncated. The statement has been terminated.")]
    Truncated,
    /// A second row with one key.
    #[error(
        "Violation of {kind} constraint. Cannot insert duplicate key in object 'dbo.{table}'. The statement has been terminated."
    )]
    DuplicateKey {
        /// `PRIMARY KEY` or `UNIQUE KEY`.
        kind: &'static str,
        /// The table, `#t`.
        table: String,
    },
    /// A value for a column that the database counts.
    #[error(
        "Cannot insert explicit value for identity column in table '{table}' when IDENTITY_INSERT is set to OFF."
    )]
    ExplicitIdentity {
        /// The table, `#t`.
        table: String,
    },
    /// SET of a column that the database counts.
    #[error("Cannot update identity column '{column}'.")]
    UpdateIdentity {
        /// The column.
        column: String,
    },
}
