//! Running a prepared text: what it returns, and the session that a script runs in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Catalog, Table, UserFunction};
use cinchy_cql::design::Design;
use cinchy_cql::value::{Compiled, Value};
use cinchy_cql::write::CompiledWrite;
use cinchy_cql::{
    Arguments, Caught, Changed, FunctionTable, NestedQuery, Script, Session, Setting,
};
use cinchy_storage::rows::Stamp;
use cinchy_storage::statement::RowSink as _;
use cinchy_storage::write::{self, OutputRows};
use cinchy_storage::{Connection, design, run, temporary, udf};
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::{Prepared, Text};
use cinchy_web::{AT_ONCE, Generation, Instance};

use crate::answer::{Reply, Window, Writer};
use crate::error::ApiError;
use crate::format::Shape;
use crate::parameters::Parameters;
use crate::place::{Place, generation};

/// What a statement returns of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// All of them.
    Rows,
    /// The first column of the first one.
    Scalar,
    /// All of them; the tables are read with all versions of their rows.
    Versions,
    /// None; instead how many rows the last statement changed.
    Affected,
}

impl Returns {
    /// By `[Saved Queries].[Type]`.
    ///
    /// # Errors
    /// A type that is not supported yet.
    pub fn of_saved(kind: &str) -> Result<Self, ApiError> {
        match kind {
            ""
            | "Query (Approved Data Only)"
            | "Query (Include Draft Changes)"
            | "Query Results (Approved Data Only)"
            | "Query Results (Include Draft Changes)" => Ok(Self::Rows),
            "Query (Include Version History)" | "Query Results (Include Version History)" => {
                Ok(Self::Versions)
            }
            "Scalar" | "Single Value (First Column of First Row)" => Ok(Self::Scalar),
            "Non Query" | "Number of Rows Affected" => Ok(Self::Affected),
            "DDL Script" | "Execute DDL Script" => Ok(Self::Rows),
            other => Err(ApiError::Parameter(format!(
                "Saved queries of the type `{other}` are not supported by this version yet"
            ))),
        }
    }

    /// By the `Type` of ExecuteCQL.
    ///
    /// # Errors
    /// An unknown type, or one that is not supported yet.
    pub fn of_type(kind: Option<&str>) -> Result<Self, ApiError> {
        match kind.map(str::to_ascii_uppercase).as_deref() {
            None | Some("" | "QUERY" | "DRAFT_QUERY") => Ok(Self::Rows),
            Some("SCALAR") => Ok(Self::Scalar),
            Some("NONQUERY") => Ok(Self::Affected),
            Some("VERSION_HISTORY_QUERY") => Ok(Self::Versions),
            Some(other) => Err(ApiError::Parameter(format!(
                "Type `{other}` is unknown; use QUERY, DRAFT_QUERY, SCALAR, NONQUERY or VERSION_HISTORY_QUERY"
            ))),
        }
    }
}

/// A text and how its result is wanted.
pub struct Run<'a> {
    /// The text.
    pub text: Text<'a>,
    /// Its parameters.
    pub parameters: &'a Parameters,
    /// Which of its rows.
    pub returns: Returns,
    /// How they are written.
    pub shape: &'a Shape,
    /// Which part of them.
    pub window: Window,
    /// How long it may run; `None`: as long as it takes.
    pub timeout: Option<Duration>,
}

impl Run<'_> {
    /// Runs the text and writes its result. At once it runs only what is compiled, changes nothing and was short before.
    ///
    /// # Errors
    /// CQL that does not compile, a parameter that does not convert, what a statement of a script is refused for, or the
    /// database's.
    pub fn write(
        &self,
        instance: &Instance,
        place: Place<'_>,
        caller: &Authenticated,
        reply: &mut Reply,
    ) -> Result<(), ApiError> {
        let Place {
            conn,
            generation,
            kept,
        } = place;
        let entry = &caller.entry;
        let prepared = if reply.is_at_once() {
            match instance.prepared(&generation, entry, self.text) {
                Some(prepared) if prepared.is_short() => prepared,
                _ => return Ok(()),
            }
        } else {
            let prepared = instance.prepare(conn, &generation, entry, self.text)?;
            conn.limit(self.timeout.and_then(|t| Instant::now().checked_add(t)));
            prepared
        };
        let now = instance.clock().now().naive_utc();
        let current_user = entry.user.id;
        let script = match prepared {
            Prepared::Script(script) => script,
            Prepared::Query(query) => {
                let arguments = Arguments {
                    values: &self.parameters.values,
                    current_user,
                    now,
                };
                let began = Instant::now();
                let done = self.query(conn, &query.compiled, &arguments, reply);
                query.ran(began.elapsed() < AT_ONCE && !reply.is_streamed());
                return done;
            }
        };
        let setting = Setting {
            rights: &caller.entry.rights,
            backend: instance.database().backend(),
            schema: instance.database().schema(),
            ad_hoc: self.text.ad_hoc,
            versions: self.text.versions,
            current_user,
            now,
        };
        let mut running = Running {
            run: self,
            instance,
            conn,
            generation,
            now,
            caller,
            reply: Some(reply),
            writer: None,
            kept,
            temporary: Vec::new(),
        };
        let outcome = script.run(
            setting,
            &self.parameters.types,
            &self.parameters.values,
            &mut running,
        )?;
        let writer = running.writer.take();
        let reply = running.reply.take();
        match (writer, reply) {
            (Some(writer), _) => writer.finish(),
            (None, Some(reply)) if self.returns == Returns::Affected => {
                reply.count(
                    outcome
                        .affected
                        .map_or(NO_COUNT, |n| i64::try_from(n).unwrap_or(i64::MAX)),
                );
            }
            (None, Some(reply)) => Writer::new(reply, self.shape, &[], Window::ALL).finish(),
            (None, None) => {}
        }
        Ok(())
    }

    fn query(
        &self,
        conn: &mut Connection,
        compiled: &Compiled,
        arguments: &Arguments<'_>,
        reply: &mut Reply,
    ) -> Result<(), ApiError> {
        if self.returns == Returns::Affected {
            conn.guarded(|conn| run::rows(conn, compiled, arguments, &mut |_| {}))
                .map_err(ApiError::of_run)?;
            reply.count(NO_COUNT);
            return Ok(());
        }
        let mut writer = self.writer(compiled, reply);
        let columns = self.columns(compiled);
        conn.guarded(|conn| run::select(conn, compiled, columns, arguments, &mut writer))
            .map_err(ApiError::of_run)?;
        writer.finish();
        Ok(())
    }

    fn columns(&self, compiled: &Compiled) -> usize {
        match self.returns {
            Returns::Rows | Returns::Versions | Returns::Affected => compiled.columns.len(),
            Returns::Scalar => compiled.columns.len().min(1),
        }
    }

    /// Writes the rows of OUTPUT.
    fn output<'w>(&self, output: &OutputRows, reply: &'w mut Reply) -> Writer<'w> {
        let (count, window) = match self.returns {
            Returns::Scalar => (1, Window { start: 0, count: 1 }),
            _ => (output.columns.len(), self.window),
        };
        let columns = &output.columns[..count.min(output.columns.len())];
        let mut writer = Writer::new(reply, self.shape, columns, window);
        writer.hold_back(true);
        for row in &output.rows {
            for (index, cell) in row.iter().take(count).enumerate() {
                writer.cell(index, cell.as_cell());
            }
            if writer.end_row().is_break() {
                break;
            }
        }
        writer
    }

    fn writer<'w>(&self, compiled: &Compiled, reply: &'w mut Reply) -> Writer<'w> {
        let window = match self.returns {
            Returns::Rows | Returns::Versions | Returns::Affected => self.window,
            Returns::Scalar => Window { start: 0, count: 1 },
        };
        let columns = &compiled.columns[..self.columns(compiled)];
        Writer::new(reply, self.shape, columns, window)
    }
}

/// What a text that changes nothing counts (ADO.NET).
const NO_COUNT: i64 = -1;

/// The session of one script.
struct Running<'a> {
    run: &'a Run<'a>,
    instance: &'a Instance,
    conn: &'a mut Connection,
    generation: Arc<Generation>,
    /// The emulated clock, which stands still while a script runs.
    now: NaiveDateTime,
    caller: &'a Authenticated,
    /// Taken by the writer of the first result set.
    reply: Option<&'a mut Reply>,
    writer: Option<Writer<'a>>,
    /// Temporary tables of the connection that the caller holds open.
    kept: Option<&'a mut Vec<Arc<Table>>>,
    /// Temporary tables that are to be dropped.
    temporary: Vec<Arc<Table>>,
}

impl Session for Running<'_> {
    type Error = ApiError;

    fn catalog(&mut self) -> Result<Arc<Catalog>, ApiError> {
        Ok(self.generation.catalog(self.conn)?)
    }

    fn check(&mut self) -> Result<(), ApiError> {
        self.conn.check_time().map_err(ApiError::of_run)
    }

    fn answer(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        last: bool,
    ) -> Result<(), ApiError> {
        if self.run.returns == Returns::Affected {
            return self.rows(query, arguments, &mut |_| {});
        }
        let Some(reply) = self.reply.take() else {
            return self.rows(query, arguments, &mut |_| {});
        };
        let mut writer = self.run.writer(query, reply);
        writer.hold_back(!last);
        let columns = self.run.columns(query);
        self.conn
            .guarded(|conn| run::select(conn, query, columns, arguments, &mut writer))
            .map_err(ApiError::of_run)?;
        self.writer = Some(writer);
        Ok(())
    }

    fn rows(
        &mut self,
        query: &Compiled,
        arguments: &Arguments<'_>,
        row: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), ApiError> {
        self.conn
            .guarded(|conn| run::rows(conn, query, arguments, row))
            .map_err(ApiError::of_run)
    }

    fn temporary_tables(&mut self) -> Vec<Arc<Table>> {
        self.kept.as_deref().cloned().unwrap_or_default()
    }

    fn temporary_name(&mut self) -> String {
        self.instance.temporary_name()
    }

    fn create_temporary(&mut self, table: &Arc<Table>) -> Result<(), ApiError> {
        self.conn
            .guarded(|conn| temporary::create(conn, table))
            .map_err(ApiError::of_run)?;
        match &mut self.kept {
            // A table variable goes with its text, whatever the connection.
            Some(kept) if table.name.starts_with('#') => kept.push(table.clone()),
            _ => self.temporary.push(table.clone()),
        }
        Ok(())
    }

    fn drop_temporary(&mut self, table: &Table) -> Result<(), ApiError> {
        self.conn
            .guarded(|conn| temporary::drop(conn, table))
            .map_err(ApiError::of_run)?;
        self.temporary.retain(|own| own.physical != table.physical);
        if let Some(kept) = &mut self.kept {
            kept.retain(|own| own.physical != table.physical);
        }
        Ok(())
    }

    fn change_temporary(
        &mut self,
        statement: &Compiled,
        arguments: &Arguments<'_>,
    ) -> Result<u64, ApiError> {
        self.conn
            .guarded(|conn| run::change(conn, statement, arguments))
            .map_err(ApiError::of_run)
    }

    fn design(&mut self, design: &Design) -> Result<(), ApiError> {
        let stamp = Stamp {
            user: self.caller.entry.user.id,
            at: self.now,
        };
        let catalog = self.generation.catalog(self.conn)?;
        let schema = self.instance.database().schema();
        self.conn
            .atomic(|conn| design::run(conn, schema, &catalog, design, stamp))
            .map_err(ApiError::of_run)?;
        self.generation = generation(self.instance, self.conn)?;
        Ok(())
    }

    fn write(
        &mut self,
        statement: &CompiledWrite,
        arguments: &Arguments<'_>,
        show: bool,
    ) -> Result<Changed, ApiError> {
        let schema = self.instance.database().schema();
        let written = self
            .conn
            .atomic(|conn| write::run(conn, schema, statement, arguments))
            .map_err(ApiError::of_run)?;
        // The next statement sees a table that this one has renamed.
        self.generation = generation(self.instance, self.conn)?;
        if show
            && self.run.returns != Returns::Affected
            && let Some(output) = &written.output
            && let Some(reply) = self.reply.take()
        {
            self.writer = Some(self.run.output(output, reply));
        }
        Ok(Changed {
            affected: u64::try_from(written.affected).unwrap_or(u64::MAX),
            last_id: written.last_id,
        })
    }

    fn saved_query(&mut self, domain: &str, name: &str) -> Result<NestedQuery, ApiError> {
        let full = || format!("{domain}/{name}");
        let query = self
            .generation
            .query(self.conn, domain, name)?
            .ok_or_else(|| ApiError::NoQuery(full()))?;
        let principal = self.caller.principal();
        if !principal.may_execute(&query.execute_users, &query.execute_groups) {
            return Err(ApiError::MayNotExecute {
                user: principal.username,
                query: full(),
            });
        }
        let script = Script::parse(&query.cql, &self.run.parameters.texts)?;
        Ok(NestedQuery {
            script: Arc::new(script),
        })
    }

    fn function_table(
        &mut self,
        function: &UserFunction,
        arguments: &[Value],
    ) -> Result<FunctionTable, ApiError> {
        udf::table(function, arguments).map_err(ApiError::of_run)
    }

    fn message(&mut self, text: &str) {
        tracing::debug!(text, "a script says");
    }

    fn caught(&self, error: &ApiError) -> Option<Caught> {
        match error {
            ApiError::Cql(error) => Some(Caught::of(error)),
            ApiError::Run(_) | ApiError::MayNotExecute { .. } | ApiError::NoQuery(_) => {
                Some(Caught::of_database(error.message()))
            }
            _ => None,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // The time may be over, and the tables must go all the same.
        self.conn.limit(None);
        for table in std::mem::take(&mut self.temporary) {
            if let Err(error) = temporary::drop(self.conn, &table) {
                tracing::warn!(%error, "a temporary table could not be dropped");
            }
        }
    }
}
