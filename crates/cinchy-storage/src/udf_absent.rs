//! User-defined functions in a build without an engine for them: each is refused by name.

use std::sync::Arc;

use cinchy_cql::catalog::UserFunction;
use cinchy_cql::value::{Bind, Value};
use cinchy_cql::{Arguments, CqlError, FunctionTable};

use crate::error::{Result, StorageError};

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

/// A function that is loaded: there is none.
pub(crate) enum Script {}

impl Script {
    /// Loads no function.
    pub(crate) fn load(function: &Arc<UserFunction>) -> Result<Self> {
        Err(refused(function))
    }

    /// Calls it for a value.
    pub(crate) fn call(&self, _: &[(String, Value)]) -> Result<Value> {
        match *self {}
    }
}
