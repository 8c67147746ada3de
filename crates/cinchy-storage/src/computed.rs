//! Result columns that are computed as rows come: calls of user-defined functions, and what the database has no words for.

use std::ops::ControlFlow;
use std::time::Instant;

use cinchy_cql::value::{Compiled, ComputedBy, Type, Value};
use cinchy_cql::{Arguments, Computed, cell_name};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::run::value_of;
use crate::statement::{self, Bound, Cell, IsoBuffer, RowSink};
use crate::udf::Script;

/// Runs a statement with computed columns and hands the first `columns` cells of its rows to the sink.
///
/// # Errors
/// What a computation raises, or the driver's.
pub(crate) fn select(
    conn: &mut Connection,
    compiled: &Compiled,
    columns: usize,
    binds: &[Bound],
    arguments: &Arguments<'_>,
    sink: &mut impl RowSink,
) -> Result<()> {
    let layout = Layout::of(compiled, columns)?;
    let mut computing = Computing {
        layout: &layout,
        sink,
        deadline: conn.deadline(),
        arguments: *arguments,
        column: 0,
        cells: 0,
        given: layout.given(arguments.values),
        buffer: IsoBuffer::default(),
        error: None,
    };
    statement::query(conn, &compiled.sql, binds, &layout.types, &mut computing)?;
    computing.error.map_or(Ok(()), Err)
}

/// The result columns with the columns of the SQL that they are made of.
struct Layout {
    /// For each result column.
    columns: Vec<Source>,
    /// Types of the SQL's columns.
    types: Vec<Type>,
}

enum Source {
    /// The next column.
    Plain,
    /// As many columns as the function has arguments.
    Script(Script, usize),
    /// As many columns as the expression mentions.
    Value(Computed, usize),
}

impl Layout {
    fn of(compiled: &Compiled, columns: usize) -> Result<Self> {
        let mut layout = Self {
            columns: Vec::with_capacity(columns),
            types: Vec::new(),
        };
        for (index, column) in compiled.columns.iter().take(columns).enumerate() {
            let Some(computed) = compiled.computed.iter().find(|c| c.column == index) else {
                layout.columns.push(Source::Plain);
                layout.types.push(column.ty);
                continue;
            };
            let count = computed.cells.len();
            layout.columns.push(match &computed.by {
                ComputedBy::Script(function) => Source::Script(Script::load(function)?, count),
                ComputedBy::Value(value) => Source::Value(value.clone(), count),
            });
            layout.types.extend(&computed.cells);
        }
        Ok(layout)
    }

    /// What each result column is computed from: its cells by the names that expressions have for them, to be filled row by
    /// row, and before the caller's parameters where it is an expression.
    fn given(&self, parameters: &[(String, Value)]) -> Vec<Vec<(String, Value)>> {
        let cells = |count: usize| (0..count).map(|index| (cell_name(index), Value::Null));
        self.columns
            .iter()
            .map(|source| match source {
                Source::Plain => Vec::new(),
                Source::Script(_, count) => cells(*count).collect(),
                Source::Value(_, count) => cells(*count).chain(parameters.to_vec()).collect(),
            })
            .collect()
    }
}

/// Computes columns on the way to another sink.
struct Computing<'a, S> {
    layout: &'a Layout,
    sink: &'a mut S,
    deadline: Option<Instant>,
    arguments: Arguments<'a>,
    /// The result column under way, and how many of its cells are there.
    column: usize,
    cells: usize,
    /// See [`Layout::given`].
    given: Vec<Vec<(String, Value)>>,
    buffer: IsoBuffer,
    error: Option<StorageError>,
}

impl<S: RowSink> Computing<'_, S> {
    /// The value of a column whose cells are there.
    fn compute(&self, source: &Source) -> Result<Value> {
        if self.deadline.is_some_and(|at| Instant::now() >= at) {
            return Err(StorageError::Timeout);
        }
        let given = self.given.get(self.column).map_or(&[][..], Vec::as_slice);
        match source {
            Source::Plain => Ok(Value::Null),
            Source::Script(script, _) => script.call(given),
            Source::Value(value, _) => Ok(value.resolve(&Arguments {
                values: given,
                ..self.arguments
            })?),
        }
    }
}

impl<S: RowSink> RowSink for Computing<'_, S> {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if self.error.is_some() {
            return;
        }
        let layout = self.layout;
        match layout.columns.get(self.column) {
            Some(source @ (Source::Script(_, count) | Source::Value(_, count))) => {
                let ty = layout.types.get(index).copied().unwrap_or(Type::Text);
                let given = self.given.get_mut(self.column);
                if let Some((_, value)) = given.and_then(|given| given.get_mut(self.cells)) {
                    *value = value_of(cell, ty);
                }
                self.cells += 1;
                if self.cells < *count {
                    return;
                }
                match self.compute(source) {
                    Ok(value) => {
                        let cell = self.buffer.cell(&value);
                        self.sink.cell(self.column, cell);
                    }
                    Err(error) => self.error = Some(error),
                }
                self.cells = 0;
            }
            _ => self.sink.cell(self.column, cell),
        }
        self.column += 1;
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        self.column = 0;
        if self.error.is_some() {
            return ControlFlow::Break(());
        }
        self.sink.end_row()
    }
}
