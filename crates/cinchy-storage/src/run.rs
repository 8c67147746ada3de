//! Running compiled CQL.

use cinchy_cql::Arguments;
use cinchy_cql::value::{Bind, Compiled, Type};

use crate::connection::Connection;
use crate::error::Result;
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

/// Runs a compiled statement and hands its rows to the sink.
///
/// # Errors
/// A parameter that does not convert, or the driver's.
pub fn select(
    conn: &mut Connection,
    compiled: &Compiled,
    arguments: &Arguments<'_>,
    sink: &mut impl RowSink,
) -> Result<()> {
    let binds = resolve(&compiled.binds, arguments)?;
    let types: Vec<Type> = compiled.columns.iter().map(|c| c.ty).collect();
    statement::query(conn, &compiled.sql, &binds, &types, sink)
}
