//! Running compiled CQL.

use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDateTime, SubsecRound};
use cinchy_cql::value::{Bind, Compiled, Type, Value};
use cinchy_cql::{Arguments, CqlError, bound_text, bound_value};

use crate::computed;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::functions::RAISED;
use crate::statement::{self, Bound, Cell, RowSink};
use crate::udf;

/// The values of binds, each with the SQL type that the text announces.
///
/// # Errors
/// A parameter that does not convert to the type of its context.
pub fn resolve(binds: &[Bind], arguments: &Arguments<'_>) -> Result<Vec<Bound>> {
    binds
        .iter()
        .map(|bind| {
            let value = udf::resolve(bind, arguments)?;
            // What PostgreSQL keeps.
            let value = match value {
                Value::DateTime(moment) => Value::DateTime(moment.trunc_subsecs(6)),
                Value::Time(time) => Value::Time(time.trunc_subsecs(6)),
                value => value,
            };
            let value = match bound_text(&value) {
                Some(text) => Value::Text(text),
                None => value,
            };
            Ok(Bound {
                ty: bind.ty(),
                value,
            })
        })
        .collect()
}

/// Runs a compiled statement and hands the first `columns` cells of its rows to the sink.
///
/// # Errors
/// A parameter that does not convert, or the driver's.
pub fn select(
    conn: &mut Connection,
    compiled: &Compiled,
    columns: usize,
    arguments: &Arguments<'_>,
    sink: &mut impl RowSink,
) -> Result<()> {
    let binds = resolve(&compiled.binds, arguments)?;
    if !compiled.computed.is_empty() {
        return computed::select(conn, compiled, columns, &binds, arguments, sink).map_err(explain);
    }
    let types: Vec<Type> = compiled
        .columns
        .iter()
        .take(columns)
        .map(|c| c.ty)
        .collect();
    statement::query(conn, &compiled.sql, &binds, &types, sink).map_err(explain)
}

/// Runs a compiled statement and hands over its rows as values.
///
/// # Errors
/// As [`select`].
pub fn rows(
    conn: &mut Connection,
    compiled: &Compiled,
    arguments: &Arguments<'_>,
    row: &mut dyn FnMut(Vec<Value>),
) -> Result<()> {
    let mut sink = Values {
        types: compiled.columns.iter().map(|c| c.ty).collect(),
        row: Vec::new(),
        hand: row,
    };
    select(conn, compiled, compiled.columns.len(), arguments, &mut sink)
}

/// A sink that hands on whole rows.
struct Values<'a> {
    types: Vec<Type>,
    row: Vec<Value>,
    hand: &'a mut dyn FnMut(Vec<Value>),
}

impl RowSink for Values<'_> {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        let ty = self.types.get(index).copied().unwrap_or(Type::Text);
        self.row.push(value_of(cell, ty));
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        (self.hand)(std::mem::take(&mut self.row));
        ControlFlow::Continue(())
    }
}

/// The value of a cell. Texts of dates and numbers were written by this program; what cannot be read is none.
pub(crate) fn value_of(cell: Cell<'_>, ty: Type) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(v) => Value::Bool(v),
        Cell::Int(v) => Value::Int(v),
        Cell::Double(v) => Value::Double(v),
        Cell::Text(v) if matches!(ty, Type::Time(_)) => bound_value(v, ty).unwrap_or(Value::Null),
        Cell::Text(v) => Value::Text(v.to_owned()),
        Cell::Decimal(v) => bound_value(v, ty).unwrap_or(Value::Null),
        Cell::DateTime(v) if matches!(ty, Type::DateTimeOffset(_)) => {
            DateTime::parse_from_rfc3339(v).map_or(Value::Null, Value::DateTimeOffset)
        }
        Cell::DateTime(v) => match NaiveDateTime::parse_from_str(v, "%Y-%m-%dT%H:%M:%S%.f") {
            Ok(moment) if ty == Type::Date => Value::Date(moment.date()),
            Ok(moment) => Value::DateTime(moment),
            Err(_) => Value::Null,
        },
        Cell::Bytes(v) => Value::Bytes(v.to_vec()),
    }
}

/// Runs a compiled statement that changes a temporary table; how many rows.
///
/// # Errors
/// As [`select`].
pub fn change(
    conn: &mut Connection,
    compiled: &Compiled,
    arguments: &Arguments<'_>,
) -> Result<u64> {
    let binds = resolve(&compiled.binds, arguments)?;
    let rows = statement::execute(conn, &compiled.sql, &binds).map_err(explain)?;
    Ok(rows as u64)
}

/// Turns an error that CQL has a text for into that.
pub(crate) fn explain(error: StorageError) -> StorageError {
    let StorageError::Database(diesel::result::Error::DatabaseError(_, info)) = &error else {
        return error;
    };
    if let Some(text) = info.message().strip_prefix(RAISED) {
        let text = text.to_owned();
        return CqlError::FunctionFailed { text }.into();
    }
    // The driver hands over no code, so the texts tell: PostgreSQL's in English, and those of our own functions.
    let says = |texts: [&str; 2]| texts.iter().any(|text| info.message().contains(text));
    if says(["division by zero", "Divide by zero error encountered."]) {
        return CqlError::DivideByZero { position: None }.into();
    }
    if says([
        "more than one row returned by a subquery",
        "Subquery returned more than 1 value.",
    ]) {
        return CqlError::OneRowWanted.into();
    }
    if says([
        "invalid input syntax for type json",
        "unsupported Unicode escape sequence",
    ]) {
        return CqlError::from(cinchy_cql::JsonError::Text).into();
    }
    let overflows = [
        ("integer out of range", "int"),
        ("integer overflow", "bigint"),
        ("bigint out of range", "bigint"),
        ("numeric field overflow", "numeric"),
        ("value out of range: overflow", "float"),
        ("timestamp out of range", "datetime"),
    ];
    for (text, to) in overflows {
        if info.message() == text {
            let from = "expression";
            return CqlError::Overflow { from, to }.into();
        }
    }
    error
}
