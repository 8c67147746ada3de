//! Running compiled CQL.

use cinchy_cql::value::{Bind, Compiled, Type};
use cinchy_cql::{Arguments, CqlError};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::statement::{self, Bound, RowSink};

/// The values of binds, each with the SQL type that the text announces.
///
/// # Errors
/// A parameter that does not convert to the type of its context.
pub fn resolve(binds: &[Bind], arguments: &Arguments<'_>) -> Result<Vec<Bound>> {
    binds
        .iter()
        .map(|bind| {
            Ok(Bound {
                ty: bind.ty(),
                value: bind.resolve(arguments)?,
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
    let types: Vec<Type> = compiled
        .columns
        .iter()
        .take(columns)
        .map(|c| c.ty)
        .collect();
    statement::query(conn, &compiled.sql, &binds, &types, sink).map_err(explain)
}

/// Turns an error that CQL has a text for into that.
fn explain(error: StorageError) -> StorageError {
    let StorageError::Database(diesel::result::Error::DatabaseError(_, info)) = &error else {
        return error;
    };
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
    error
}
