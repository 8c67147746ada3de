//! What a statement must know before it can be compiled, and what only running something tells: the values of
//! `executeSavedQuery`, the columns of a function in FROM.

use std::fmt;
use std::sync::Arc;

use crate::catalog::{Table, UserFunction};
use crate::value::{Bind, Type, Value};

/// What must be found out.
#[derive(Debug, Clone, PartialEq)]
pub enum Need {
    /// The first column of a saved query, run with the caller's rights.
    SavedQuery {
        /// Domain as written.
        domain: String,
        /// Name as written.
        name: String,
        /// Rows at most.
        limit: Option<u64>,
    },
    /// The table that a user-defined function gives.
    FunctionTable {
        /// The function.
        function: Arc<UserFunction>,
        /// Its arguments.
        arguments: Vec<Bind>,
    },
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::SavedQuery { domain, name, .. } => {
                write!(f, "executeSavedQuery('{domain}', '{name}')")
            }
            Self::FunctionTable { function, .. } => {
                write!(f, "the function {} in FROM", function.name)
            }
        }
    }
}

/// What was found out.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Values of one type.
    Values(Type, Vec<Value>),
    /// A temporary table that holds the rows.
    Table(Arc<Table>),
}

/// The rows of a function in FROM.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionTable {
    /// Names and types.
    pub columns: Vec<(String, Type)>,
    /// Rows of as many values, of these types or NULL.
    pub rows: Vec<Vec<Value>>,
}
