//! User-defined functions while statements run: binds that are calls, and result columns that are computed as rows come.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDateTime, NaiveTime};
use cinchy_cql::catalog::UserFunction;
use cinchy_cql::value::{Bind, Compiled, Type, Value};
use cinchy_cql::{Arguments, CqlError, FunctionTable, double_text};
use cinchy_udf::{ColumnType, Function, UdfError};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::statement::{self, Bound, Cell, RowSink};

fn failed(error: UdfError) -> StorageError {
    StorageError::Cql(CqlError::UserFunction {
        message: error.to_string(),
    })
}

/// The value of a bind, calls in it included.
pub(crate) fn resolve(bind: &Bind, arguments: &Arguments<'_>) -> Result<Value> {
    let Bind::UserCall {
        function,
        arguments: own,
        ty,
    } = bind
    else {
        return Ok(bind.resolve(arguments)?);
    };
    let values = own
        .iter()
        .map(|bind| given(&resolve(bind, arguments)?, function))
        .collect::<Result<Vec<_>>>()?;
    let loaded = Function::load(&function.name, &function.script).map_err(failed)?;
    let value = loaded.call(&values).map_err(failed)?;
    let text = text(value).map_or(Value::Null, Value::Text);
    Ok(cinchy_cql::convert(&text, *ty)?)
}

/// Calls a function for a table.
///
/// # Errors
/// What the script does wrong, in words.
pub fn table(function: &UserFunction, arguments: &[Value]) -> Result<FunctionTable> {
    let values = arguments
        .iter()
        .map(|value| given(value, function))
        .collect::<Result<Vec<_>>>()?;
    let loaded = Function::load(&function.name, &function.script).map_err(failed)?;
    let table = loaded.table(&values).map_err(failed)?;
    let ty = |ty| match ty {
        ColumnType::Text => Type::Text,
        ColumnType::Number => Type::Double,
        ColumnType::Date => Type::DateTime,
        ColumnType::Bool => Type::Bit,
    };
    let cell = |cell| match cell {
        cinchy_udf::Value::Null => Value::Null,
        cinchy_udf::Value::Bool(value) => Value::Bool(value),
        cinchy_udf::Value::Number(value) => Value::Double(value),
        other => text(other).map_or(Value::Null, Value::Text),
    };
    let columns: Vec<(String, Type)> = table
        .columns
        .into_iter()
        .map(|(name, of)| (name, ty(of)))
        .collect();
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        let cells = row.into_iter().zip(&columns);
        let cells = cells.map(|(value, (_, ty))| cinchy_cql::convert(&cell(value), *ty));
        rows.push(cells.collect::<Result<Vec<_>, CqlError>>()?);
    }
    Ok(FunctionTable { columns, rows })
}

/// A value as JavaScript gets it.
fn given(value: &Value, function: &UserFunction) -> Result<cinchy_udf::Value> {
    Ok(match value {
        Value::Null => cinchy_udf::Value::Null,
        Value::Bool(value) => cinchy_udf::Value::Bool(*value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "JavaScript has no other numbers"
        )]
        Value::Int(value) => cinchy_udf::Value::Number(*value as f64),
        Value::Double(value) => cinchy_udf::Value::Number(*value),
        Value::Text(value) => cinchy_udf::Value::Text(value.clone()),
        Value::Date(day) => date(day.and_time(NaiveTime::MIN)),
        Value::DateTime(at) => date(*at),
        Value::DateTimeOffset(at) => date(at.naive_utc()),
        Value::Decimal(value) => {
            let number = value.to_string().parse();
            number.map_or(cinchy_udf::Value::Null, cinchy_udf::Value::Number)
        }
        Value::Time(time) => cinchy_udf::Value::Text(time.to_string()),
        Value::Bytes(_) => return Err(bytes(&function.name)),
    })
}

fn bytes(function: &str) -> StorageError {
    StorageError::Cql(CqlError::Unsupported {
        what: format!("a binary argument of the function {function}"),
        position: None,
    })
}

fn date(at: NaiveDateTime) -> cinchy_udf::Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of all years fit")]
    cinchy_udf::Value::Date(at.and_utc().timestamp_millis() as f64)
}

/// What a function gives, as text.
fn text(value: cinchy_udf::Value) -> Option<String> {
    Some(match value {
        cinchy_udf::Value::Null => return None,
        cinchy_udf::Value::Bool(value) => (if value { "True" } else { "False" }).to_owned(),
        cinchy_udf::Value::Number(value) => double_text(value),
        cinchy_udf::Value::Text(value) => value,
        cinchy_udf::Value::Date(milliseconds) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a date of JavaScript is whole"
            )]
            let at = DateTime::from_timestamp_millis(milliseconds as i64)?;
            at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
        }
    })
}

/// Runs a statement with columns that functions compute.
///
/// # Errors
/// What a script does wrong, or the driver's.
pub(crate) fn select(
    conn: &mut Connection,
    compiled: &Compiled,
    columns: usize,
    binds: &[Bound],
    sink: &mut impl RowSink,
) -> Result<()> {
    let layout = Layout::of(compiled, columns)?;
    let deadline = conn.deadline();
    let mut computing = Computing::new(&layout, sink, deadline);
    statement::query(conn, &compiled.sql, binds, &layout.types, &mut computing)?;
    computing.finish()
}

/// The first `columns` result columns with the static types of the SQL's columns that they are made of.
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
    Call(Function, String, usize),
}

impl Layout {
    /// Loads the functions that a statement computes columns with.
    fn of(compiled: &Compiled, columns: usize) -> Result<Self> {
        let mut layout = Self {
            columns: Vec::with_capacity(columns),
            types: Vec::new(),
        };
        for (index, column) in compiled.columns.iter().take(columns).enumerate() {
            match compiled.calls.iter().find(|call| call.column == index) {
                None => {
                    layout.columns.push(Source::Plain);
                    layout.types.push(column.ty);
                }
                Some(call) => {
                    let UserFunction { name, script, .. } = Arc::as_ref(&call.function);
                    let function = Function::load(name, script).map_err(failed)?;
                    let source = Source::Call(function, name.clone(), call.arguments.len());
                    layout.columns.push(source);
                    layout.types.extend(&call.arguments);
                }
            }
        }
        Ok(layout)
    }
}

/// Computes columns on the way to another sink.
struct Computing<'a, S> {
    layout: &'a Layout,
    sink: &'a mut S,
    deadline: Option<Instant>,
    /// The result column under way, and its arguments so far.
    column: usize,
    arguments: Vec<cinchy_udf::Value>,
    error: Option<StorageError>,
}

impl<'a, S: RowSink> Computing<'a, S> {
    fn new(layout: &'a Layout, sink: &'a mut S, deadline: Option<Instant>) -> Self {
        Self {
            layout,
            sink,
            deadline,
            column: 0,
            arguments: Vec::new(),
            error: None,
        }
    }

    /// What went wrong in a function.
    fn finish(self) -> Result<()> {
        self.error.map_or(Ok(()), Err)
    }

    fn call(&mut self, function: &Function) {
        if self.deadline.is_some_and(|at| Instant::now() >= at) {
            self.error = Some(StorageError::Timeout);
            return;
        }
        match function.call(&self.arguments) {
            Ok(value) => {
                let text = text(value);
                let cell = text.as_deref().map_or(Cell::Null, Cell::Text);
                self.sink.cell(self.column, cell);
            }
            Err(error) => self.error = Some(failed(error)),
        }
    }
}

impl<S: RowSink> RowSink for Computing<'_, S> {
    fn cell(&mut self, _index: usize, cell: Cell<'_>) {
        if self.error.is_some() {
            return;
        }
        let layout = self.layout;
        match layout.columns.get(self.column) {
            Some(Source::Call(function, name, count)) => {
                match argument(cell, name) {
                    Ok(value) => self.arguments.push(value),
                    Err(error) => self.error = Some(error),
                }
                if self.arguments.len() < *count {
                    return;
                }
                self.call(function);
                self.arguments.clear();
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

/// A cell as JavaScript gets it.
fn argument(cell: Cell<'_>, function: &str) -> Result<cinchy_udf::Value> {
    Ok(match cell {
        Cell::Null => cinchy_udf::Value::Null,
        Cell::Bool(value) => cinchy_udf::Value::Bool(value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "JavaScript has no other numbers"
        )]
        Cell::Int(value) => cinchy_udf::Value::Number(value as f64),
        Cell::Double(value) => cinchy_udf::Value::Number(value),
        Cell::Decimal(value) => {
            let number = value.parse();
            cinchy_udf::Value::Number(
                number.map_err(|_| StorageError::Corrupt(format!("the number `{value}`")))?,
            )
        }
        Cell::Text(value) => cinchy_udf::Value::Text(value.to_owned()),
        Cell::DateTime(value) => {
            let at = NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f")
                .or_else(|_| DateTime::parse_from_rfc3339(value).map(|at| at.naive_utc()));
            date(at.map_err(|_| StorageError::Corrupt(format!("the date `{value}`")))?)
        }
        Cell::Bytes(_) => return Err(bytes(function)),
    })
}
