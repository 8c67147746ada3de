//! Running a prepared text: what it returns, and how that is written. The session of a script is `cinchy_web::script`.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cinchy_cql::Arguments;
use cinchy_cql::value::{Compiled, ResultColumn};
use cinchy_storage::statement::{Cell, RowSink};
use cinchy_storage::{Connection, run};
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::{Prepared, Text};
use cinchy_web::script::{self, Given, Results, Scene, Wanted};
use cinchy_web::{AT_ONCE, Instance};

use crate::answer::{Reply, Window, Writer};
use crate::error::ApiError;
use crate::format::Shape;
use crate::parameters::Parameters;
use crate::place::Place;

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
    /// What of a result set that is.
    fn wanted(self) -> Wanted {
        match self {
            Self::Rows | Self::Versions => Wanted::Rows,
            Self::Scalar => Wanted::FirstColumn,
            Self::Affected => Wanted::Nothing,
        }
    }

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
    /// Only the columns are wanted: no row is sent, and what a script writes is undone.
    pub schema_only: bool,
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
        let mut out = Out {
            reply: Some(reply),
            writer: None,
            shape: self.shape,
            window: self.first_window(),
        };
        let given = Given {
            types: &self.parameters.types,
            values: &self.parameters.values,
        };
        let wanted = self.returns.wanted();
        let affected = if self.schema_only {
            // What the script does to the caller's temporary tables is undone too.
            let mut kept = kept.cloned();
            conn.undone(|conn| {
                let scene = Scene {
                    instance,
                    conn,
                    generation,
                    kept: kept.as_mut(),
                    caller,
                };
                script::run_script(&script, self.text, given, wanted, scene, &mut out)
            })?;
            None
        } else {
            let scene = Scene {
                instance,
                conn,
                generation,
                kept,
                caller,
            };
            script::run_script(&script, self.text, given, wanted, scene, &mut out)?
        };
        match (out.writer, out.reply) {
            (Some(writer), _) => writer.finish(),
            (None, Some(reply)) if self.returns == Returns::Affected => {
                reply.count(affected.map_or(NO_COUNT, |n| i64::try_from(n).unwrap_or(i64::MAX)));
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
        self.returns.wanted().columns(compiled.columns.len())
    }

    fn writer<'w>(&self, compiled: &Compiled, reply: &'w mut Reply) -> Writer<'w> {
        let columns = &compiled.columns[..self.columns(compiled)];
        Writer::new(reply, self.shape, columns, self.first_window())
    }

    fn first_window(&self) -> Window {
        match self.returns {
            Returns::Rows | Returns::Versions | Returns::Affected => self.window,
            Returns::Scalar => Window { start: 0, count: 1 },
        }
    }
}

/// What a text that changes nothing counts (ADO.NET).
const NO_COUNT: i64 = -1;

/// The first result set of a script, on its way into a reply.
struct Out<'a> {
    /// Taken by the writer.
    reply: Option<&'a mut Reply>,
    writer: Option<Writer<'a>>,
    shape: &'a Shape,
    window: Window,
}

impl Results for Out<'_> {
    fn begin(&mut self, columns: &[ResultColumn], hold_back: bool) {
        if let Some(reply) = self.reply.take() {
            let mut writer = Writer::new(reply, self.shape, columns, self.window);
            writer.hold_back(hold_back);
            self.writer = Some(writer);
        } else if let Some(writer) = &mut self.writer {
            writer.begin_again(self.shape, columns);
        }
    }
}

impl RowSink for Out<'_> {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if let Some(writer) = &mut self.writer {
            writer.cell(index, cell);
        }
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        match &mut self.writer {
            Some(writer) => writer.end_row(),
            None => ControlFlow::Break(()),
        }
    }
}
