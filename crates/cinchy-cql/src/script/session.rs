//! What the interpreter asks of whoever runs it: a database, and the platform around it.

use std::sync::Arc;

use crate::api::Arguments;
use crate::catalog::{Catalog, Table, UserFunction};
use crate::design::Design;
use crate::error::{CqlError, TemporaryError};
use crate::need::FunctionTable;
use crate::value::{Compiled, Value};
use crate::write::CompiledWrite;

use super::Script;

/// A connection with what a script needs of the platform. One session runs one script, with those that it executes.
pub trait Session {
    /// What running may fail with.
    type Error: From<CqlError>;

    /// The tables as they are now: a statement before may have changed them.
    ///
    /// # Errors
    /// The database's.
    fn catalog(&mut self) -> Result<Arc<Catalog>, Self::Error>;

    /// Whether the script may go on: its time is not over and somebody still waits for it. Asked before each statement.
    ///
    /// # Errors
    /// That it may not.
    fn check(&mut self) -> Result<(), Self::Error>;

    /// Runs a query whose rows are the script's result. `last`: no statement follows, so rows may leave before the query
    /// has ended.
    ///
    /// # Errors
    /// The database's.
    fn answer(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        last: bool,
    ) -> Result<(), Self::Error>;

    /// Runs a query and hands over its rows.
    ///
    /// # Errors
    /// The database's.
    fn rows(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        row: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), Self::Error>;

    /// Temporary tables that are there when the script begins: those of a connection that is held open.
    fn temporary_tables(&mut self) -> Vec<Arc<Table>>;

    /// A name for the physical table of a temporary table that no connection has used.
    fn temporary_name(&mut self) -> String;

    /// Makes the physical table of a temporary table. It goes when the session ends, if it was not dropped; `#t` of a
    /// connection that is held open stays.
    ///
    /// # Errors
    /// The database's.
    fn create_temporary(&mut self, table: &Arc<Table>) -> Result<(), Self::Error>;

    /// Drops the physical table of a temporary table.
    ///
    /// # Errors
    /// The database's.
    fn drop_temporary(&mut self, table: &Table) -> Result<(), Self::Error>;

    /// Runs a statement that changes a temporary table; how many rows.
    ///
    /// # Errors
    /// A row that the table does not take, or the database's.
    fn change_temporary(
        &mut self,
        table: &Table,
        statement: &Compiled,
        arguments: &Arguments<'_>,
    ) -> Result<u64, Self::Error>;

    /// Changes the design of tables; all of it or nothing.
    ///
    /// # Errors
    /// What stands in the way, or the database's.
    fn design(&mut self, design: &Design) -> Result<(), Self::Error>;

    /// Runs a statement that writes rows of the platform's tables: all of it, or nothing. `show`: the rows of its OUTPUT are
    /// the script's result.
    ///
    /// # Errors
    /// Values that do not fit, or the database's.
    fn write(
        &mut self,
        statement: &CompiledWrite,
        arguments: &Arguments<'_>,
        show: bool,
    ) -> Result<Changed, Self::Error>;

    /// The saved query of this name that `EXEC` runs.
    ///
    /// # Errors
    /// None of that name, or one that the caller may not execute.
    fn saved_query(&mut self, domain: &str, name: &str) -> Result<NestedQuery, Self::Error>;

    /// Calls a user-defined function for a table.
    ///
    /// # Errors
    /// What the script does wrong.
    fn function_table(
        &mut self,
        function: &UserFunction,
        arguments: &[Value],
    ) -> Result<FunctionTable, Self::Error>;

    /// A message of PRINT, or of RAISERROR with a low severity.
    fn message(&mut self, text: &str);

    /// An error as CATCH sees it; `None`: no CATCH may hold it (the time is over, the database is gone).
    fn caught(&self, error: &Self::Error) -> Option<Caught>;
}

/// What a statement has written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Rows affected.
    pub affected: u64,
    /// Id of the last inserted row.
    pub last_id: Option<i32>,
}

/// A saved query that a script executes.
#[derive(Debug, Clone)]
pub struct NestedQuery {
    /// Its text, parsed.
    pub script: Arc<Script>,
}

/// An error within CATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// ERROR_MESSAGE().
    pub message: String,
    /// ERROR_NUMBER().
    pub number: i32,
    /// ERROR_SEVERITY().
    pub severity: i32,
    /// ERROR_STATE().
    pub state: i32,
}

/// The number of an error that a function raised, of which only the text is left.
fn number_of(text: &str) -> i32 {
    [
        ("Divide by zero", 8134),
        ("Conversion failed when converting the", 245),
        ("Conversion failed when converting date", 241),
        ("Error converting data type", 8114),
        ("Adding a value to a", 517),
        ("The datediff function", 535),
        ("Cannot construct data type", 289),
        ("An invalid floating point operation", 3623),
        ("Arithmetic overflow", 8115),
        ("Invalid length parameter", 537),
        ("JSON text is not properly", 13_609),
        ("JSON path is not properly", 13_607),
        ("Property cannot be found", 13_608),
        ("Scalar value cannot be found", 13_623),
        ("Object or array cannot be found", 13_624),
    ]
    .into_iter()
    .find(|(start, _)| text.starts_with(start))
    .map_or(50_000, |(_, number)| number)
}

impl Caught {
    /// An error of a statement that the language knows, with T-SQL's number where it is well known.
    pub fn of(error: &CqlError) -> Self {
        let (number, severity, state) = match error {
            CqlError::Raised {
                number,
                severity,
                state,
                ..
            } => (*number, *severity, *state),
            CqlError::DivideByZero { .. } => (8134, 16, 1),
            CqlError::OneRowWanted => (512, 16, 1),
            CqlError::NotOfType { .. } => (245, 16, 1),
            CqlError::NotADate { .. } => (241, 16, 1),
            CqlError::DateOutOfRange { .. } => (242, 16, 3),
            CqlError::NotANumber { .. } | CqlError::ConversionError { .. } => (8114, 16, 5),
            CqlError::NotMoney => (235, 16, 0),
            CqlError::NotAGuid => (8169, 16, 2),
            CqlError::Overflow { .. } => (8115, 16, 2),
            CqlError::DateOverflow { .. } => (517, 16, 1),
            CqlError::DateDifferenceOverflow { .. } => (535, 16, 0),
            CqlError::BadDateParts { .. } => (289, 16, 1),
            CqlError::Temporary(TemporaryError::Null { .. }) => (515, 16, 2),
            CqlError::Temporary(TemporaryError::Truncated) => (8152, 16, 30),
            CqlError::Temporary(TemporaryError::DuplicateKey { .. }) => (2627, 14, 1),
            CqlError::FunctionFailed { text } => (number_of(text), 16, 1),
            CqlError::InvalidObject { .. } => (208, 16, 1),
            CqlError::DuplicateKey { .. } => (2601, 14, 1),
            _ => (50_000, 16, 1),
        };
        Self {
            message: error.to_string(),
            number,
            severity,
            state,
        }
    }

    /// An error of the database, of which no more may be said.
    pub fn of_database(message: String) -> Self {
        Self {
            message,
            number: 50_000,
            severity: 16,
            state: 1,
        }
    }
}
