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
    let deadline = conn.deadline();
    let mut computing = Computing {
        layout: &layout,
        sink,
        deadline,
        arguments: *arguments,
        column: 0,
        cells: Vec::new(),
        given: arguments.values.to_vec(),
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
}

/// Computes columns on the way to another sink.
struct Computing<'a, S> {
    layout: &'a Layout,
    sink: &'a mut S,
    deadline: Option<Instant>,
    arguments: Arguments<'a>,
    /// The result column under way, and its cells so far, named as its expression names them.
    column: usize,
    cells: Vec<(String, Value)>,
    /// The caller's parameters; cells stand before them while an expression is computed.
    given: Vec<(String, Value)>,
    buffer: IsoBuffer,
    error: Option<StorageError>,
}

impl<S: RowSink> Computing<'_, S> {
    /// The value of a column whose cells are there.
    fn compute(&mut self, source: &Source) -> Result<Value> {
        if self.deadline.is_some_and(|at| Instant::now() >= at) {
            return Err(StorageError::Timeout);
        }
        match source {
            Source::Plain => Ok(Value::Null),
            Source::Script(script, _) => script.call(&self.cells),
            Source::Value(value, count) => {
                let own = self.given.len();
                self.given.append(&mut self.cells);
                self.given.rotate_right(*count);
                let arguments = Arguments {
                    values: &self.given,
                    ..self.arguments
                };
                let value = value.resolve(&arguments);
                self.given.rotate_left(*count);
                self.given.truncate(own);
                Ok(value?)
            }
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
                let name = cell_name(self.cells.len());
                self.cells.push((name, value_of(cell, ty)));
                if self.cells.len() < *count {
                    return;
                }
                match self.compute(source) {
                    Ok(value) => {
                        let cell = self.buffer.cell(&value);
                        self.sink.cell(self.column, cell);
                    }
                    Err(error) => self.error = Some(error),
                }
                self.cells.clear();
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
