//! Running a script for a caller: the session that the interpreter asks, on one connection. What becomes of the first result
//! set is the room's to say, through [`Results`].

use std::sync::Arc;

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Catalog, Table, UserFunction};
use cinchy_cql::design::Design;
use cinchy_cql::value::{Compiled, ResultColumn, Type, Value};
use cinchy_cql::write::CompiledWrite;
use cinchy_cql::{
    Arguments, Caught, Changed, CqlError, FunctionTable, NestedQuery, Script, Session, Setting,
};
use cinchy_storage::rows::Stamp;
use cinchy_storage::statement::RowSink;
use cinchy_storage::write::{self, OutputRows};
use cinchy_storage::{Connection, StorageError, design, run, temporary, udf};

use crate::authenticate::Authenticated;
use crate::cache::Generation;
use crate::instance::Instance;
use crate::query::{CompileError, Text};

/// What running a text may fail with.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The text, or the rights on its tables.
    #[error(transparent)]
    Cql(#[from] CqlError),
    /// The database could not run the statement: bad data for it, such as a division by zero.
    #[error("the database could not run the query")]
    Run(#[source] StorageError),
    /// The time of the statement is over.
    #[error(transparent)]
    Timeout(StorageError),
    /// `EXEC` of a query that is not there: `Domain/Name`.
    #[error("the saved query `{0}` could not be found")]
    NoQuery(String),
    /// `EXEC` of a query that the caller may not execute.
    #[error(
        "`{user}` may not execute the saved query `{query}`; add the user or one of its groups to who may execute it"
    )]
    MayNotExecute {
        /// User name.
        user: String,
        /// `Domain/Name`.
        query: String,
    },
    /// The emulator failed.
    #[error(transparent)]
    Storage(StorageError),
}

impl From<StorageError> for RunError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Cql(error) => Self::Cql(error),
            error @ StorageError::Timeout => Self::Timeout(error),
            other => Self::Storage(other),
        }
    }
}

impl From<CompileError> for RunError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Cql(error) => Self::Cql(error),
            CompileError::Storage(error) => error.into(),
        }
    }
}

impl RunError {
    /// A failure while a statement ran: the statement's fault, unless the database is away.
    pub fn of_run(error: StorageError) -> Self {
        match error {
            error @ (StorageError::Cql(_) | StorageError::Timeout) => error.into(),
            error if error.is_the_statements() => Self::Run(error),
            error => Self::Storage(error),
        }
    }

    /// What the caller may read.
    pub fn message(&self) -> String {
        match self {
            Self::MayNotExecute { query, .. } => {
                format!("You do not have access to execute the saved query {query}")
            }
            Self::NoQuery(query) => format!("Saved query {query} could not be found"),
            Self::Storage(_) => "The platform is not available".to_owned(),
            Self::Run(_) => "The query could not be executed".to_owned(),
            Self::Cql(error) => error.to_string(),
            Self::Timeout(error) => error.to_string(),
        }
    }
}

/// Takes the first result set of a text.
pub trait Results: RowSink {
    /// The result set begins. `hold_back`: something may still fail after its last row, so none may leave before the end.
    /// One that failed within TRY is forgotten when another one begins.
    fn begin(&mut self, columns: &[ResultColumn], hold_back: bool);
}

/// What of the first result set is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All its columns.
    Rows,
    /// Its first column.
    FirstColumn,
    /// Nothing: only what was changed counts.
    Nothing,
}

impl Wanted {
    /// How many of so many columns.
    pub fn columns(self, all: usize) -> usize {
        match self {
            Self::Rows | Self::Nothing => all,
            Self::FirstColumn => all.min(1),
        }
    }
}

/// The parameters of a run.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Names in lower case without `@`, with their types, sorted.
    pub types: &'a [(String, Type)],
    /// Their values.
    pub values: &'a [(String, Value)],
}

/// Where a script runs.
pub struct Scene<'a> {
    /// The platform.
    pub instance: &'a Instance,
    /// The connection.
    pub conn: &'a mut Connection,
    /// What is known there.
    pub generation: Arc<Generation>,
    /// Temporary tables of a connection that the caller holds open.
    pub kept: Option<&'a mut Vec<Arc<Table>>>,
    /// Who runs it.
    pub caller: &'a Authenticated,
}

impl Instance {
    /// What a connection sees: changes of a transaction that is not committed are for nobody else.
    ///
    /// # Errors
    /// The database's.
    pub fn seen_by(&self, conn: &mut Connection) -> Result<Arc<Generation>, StorageError> {
        if conn.has_uncommitted() {
            self.uncommitted_generation(conn)
        } else {
            self.generation(conn)
        }
    }
}

/// Runs a script; how many rows its last change has changed, if it made any.
///
/// # Errors
/// What a statement is refused for, or the database's.
pub fn run_script<R: Results>(
    script: &Script,
    text: Text<'_>,
    given: Given<'_>,
    wanted: Wanted,
    scene: Scene<'_>,
    results: &mut R,
) -> Result<Option<u64>, RunError> {
    // The emulated clock stands still while a script runs.
    let now = scene.instance.clock().now().naive_utc();
    let setting = Setting {
        rights: &scene.caller.entry.rights,
        backend: scene.instance.database().backend(),
        schema: scene.instance.database().schema(),
        ad_hoc: text.ad_hoc,
        versions: text.versions,
        current_user: scene.caller.entry.user.id,
        now,
    };
    let mut running = Running {
        text,
        wanted,
        scene,
        now,
        results,
        answered: false,
        temporary: Vec::new(),
    };
    let outcome = script.run(setting, given.types, given.values, &mut running)?;
    Ok(outcome.affected)
}

/// The session of one script.
struct Running<'a, R> {
    text: Text<'a>,
    wanted: Wanted,
    scene: Scene<'a>,
    now: NaiveDateTime,
    results: &'a mut R,
    /// Whether the first result set has been handed over.
    answered: bool,
    /// Temporary tables that are to be dropped.
    temporary: Vec<Arc<Table>>,
}

impl<R: Results> Running<'_, R> {
    /// Whether a result set is the one that is handed over; the next ones are not.
    fn takes(&mut self) -> bool {
        self.wanted != Wanted::Nothing && !std::mem::replace(&mut self.answered, true)
    }

    /// Hands over the rows of OUTPUT.
    fn output(&mut self, output: &OutputRows) {
        let count = self.wanted.columns(output.columns.len());
        self.results.begin(&output.columns[..count], true);
        for row in &output.rows {
            for (index, cell) in row.iter().take(count).enumerate() {
                self.results.cell(index, cell.as_cell());
            }
            if self.results.end_row().is_break() {
                break;
            }
        }
    }
}

impl<R: Results> Session for Running<'_, R> {
    type Error = RunError;

    fn catalog(&mut self) -> Result<Arc<Catalog>, RunError> {
        Ok(self.scene.generation.catalog(self.scene.conn)?)
    }

    fn check(&mut self) -> Result<(), RunError> {
        self.scene.conn.check_time().map_err(RunError::of_run)
    }

    fn answer(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        last: bool,
    ) -> Result<(), RunError> {
        if !self.takes() {
            return self.rows(query, arguments, &mut |_| {});
        }
        let columns = self.wanted.columns(query.columns.len());
        self.results.begin(&query.columns[..columns], !last);
        let results = &mut *self.results;
        let done = self
            .scene
            .conn
            .guarded(|conn| run::select(conn, query, columns, arguments, results));
        self.answered = done.is_ok();
        done.map_err(RunError::of_run)
    }

    fn rows(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        row: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), RunError> {
        self.scene
            .conn
            .guarded(|conn| run::rows(conn, query, arguments, row))
            .map_err(RunError::of_run)
    }

    fn temporary_tables(&mut self) -> Vec<Arc<Table>> {
        self.scene.kept.as_deref().cloned().unwrap_or_default()
    }

    fn temporary_name(&mut self) -> String {
        self.scene.instance.temporary_name()
    }

    fn create_temporary(&mut self, table: &Arc<Table>) -> Result<(), RunError> {
        self.scene
            .conn
            .guarded(|conn| temporary::create(conn, table))
            .map_err(RunError::of_run)?;
        match &mut self.scene.kept {
            // A table variable goes with its text, whatever the connection.
            Some(kept) if table.name.starts_with('#') => kept.push(table.clone()),
            _ => self.temporary.push(table.clone()),
        }
        Ok(())
    }

    fn drop_temporary(&mut self, table: &Table) -> Result<(), RunError> {
        self.scene
            .conn
            .guarded(|conn| temporary::drop(conn, table))
            .map_err(RunError::of_run)?;
        self.temporary.retain(|own| own.physical != table.physical);
        if let Some(kept) = &mut self.scene.kept {
            kept.retain(|own| own.physical != table.physical);
        }
        Ok(())
    }

    fn change_temporary(
        &mut self,
        table: &Table,
        statement: &Compiled,
        arguments: &Arguments<'_>,
    ) -> Result<u64, RunError> {
        self.scene
            .conn
            .guarded(|conn| temporary::change(conn, table, statement, arguments))
            .map_err(RunError::of_run)
    }

    fn design(&mut self, design: &Design) -> Result<(), RunError> {
        let stamp = Stamp {
            user: self.scene.caller.entry.user.id,
            at: self.now,
        };
        let catalog = self.scene.generation.catalog(self.scene.conn)?;
        let schema = self.scene.instance.database().schema();
        self.scene
            .conn
            .atomic(|conn| design::run(conn, schema, &catalog, design, stamp))
            .map_err(RunError::of_run)?;
        self.scene.generation = self.scene.instance.seen_by(self.scene.conn)?;
        Ok(())
    }

    fn write(
        &mut self,
        statement: &CompiledWrite,
        arguments: &Arguments<'_>,
        show: bool,
    ) -> Result<Changed, RunError> {
        let schema = self.scene.instance.database().schema();
        let written = self
            .scene
            .conn
            .atomic(|conn| write::run(conn, schema, statement, arguments))
            .map_err(RunError::of_run)?;
        // The next statement sees a table that this one has renamed.
        self.scene.generation = self.scene.instance.seen_by(self.scene.conn)?;
        if show
            && let Some(output) = &written.output
            && self.takes()
        {
            self.output(output);
        }
        Ok(Changed {
            affected: u64::try_from(written.affected).unwrap_or(u64::MAX),
            last_id: written.last_id,
        })
    }

    fn saved_query(&mut self, domain: &str, name: &str) -> Result<NestedQuery, RunError> {
        let full = || format!("{domain}/{name}");
        let query = self
            .scene
            .generation
            .query(self.scene.conn, domain, name)?
            .ok_or_else(|| RunError::NoQuery(full()))?;
        let principal = self.scene.caller.principal();
        if !principal.may_execute(&query.execute_users, &query.execute_groups) {
            return Err(RunError::MayNotExecute {
                user: principal.username,
                query: full(),
            });
        }
        let script = Script::parse(&query.cql, self.text.text_parameters)?;
        Ok(NestedQuery {
            script: Arc::new(script),
        })
    }

    fn function_table(
        &mut self,
        function: &UserFunction,
        arguments: &[Value],
    ) -> Result<FunctionTable, RunError> {
        udf::table(function, arguments).map_err(RunError::of_run)
    }

    fn message(&mut self, text: &str) {
        tracing::debug!(text, "a script says");
    }

    fn caught(&self, error: &RunError) -> Option<Caught> {
        match error {
            RunError::Cql(error) => Some(Caught::of(error)),
            RunError::Run(_) | RunError::MayNotExecute { .. } | RunError::NoQuery(_) => {
                Some(Caught::of_database(error.message()))
            }
            RunError::Timeout(_) | RunError::Storage(_) => None,
        }
    }
}

impl<R> Drop for Running<'_, R> {
    fn drop(&mut self) {
        // The time may be over, and the tables must go all the same.
        self.scene.conn.limit(None);
        for table in std::mem::take(&mut self.temporary) {
            if let Err(error) = temporary::drop(self.scene.conn, &table) {
                tracing::warn!(%error, "a temporary table could not be dropped");
            }
        }
    }
}
