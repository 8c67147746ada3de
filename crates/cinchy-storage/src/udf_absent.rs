//! User-defined functions in a build without an engine for them: each is refused by name.

use cinchy_cql::catalog::UserFunction;
use cinchy_cql::value::{Bind, Compiled, Value};
use cinchy_cql::{Arguments, CqlError, FunctionTable};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::statement::{Bound, RowSink};

fn refused(function: &UserFunction) -> StorageError {
    StorageError::Cql(CqlError::Unsupported {
        what: format!("the function {} by this build", function.name),
        position: None,
    })
}

/// The value of a bind that is no call.
pub(crate) fn resolve(bind: &Bind, arguments: &Arguments<'_>) -> Result<Value> {
    match bind {
        Bind::UserCall { function, .. } => Err(refused(function)),
        bind => Ok(bind.resolve(arguments)?),
    }
}

/// Calls a function for a table.
///
/// # Errors
/// Always.
pub fn table(function: &UserFunction, _: &[Value]) -> Result<FunctionTable> {
    Err(refused(function))
}

/// Runs a statement with columns that functions compute.
pub(crate) fn select(
    _: &mut Connection,
    compiled: &Compiled,
    _: usize,
    _: &[Bound],
    _: &mut impl RowSink,
) -> Result<()> {
    match compiled.calls.first() {
        Some(call) => Err(refused(&call.function)),
        None => Ok(()),
    }
}
