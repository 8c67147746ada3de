//! Why a function gives nothing.

/// What may go wrong with a function; each text names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UdfError {
    /// The script does not parse, or throws.
    #[error("The function {name} failed: {message}")]
    Failed {
        /// The function.
        name: String,
        /// What JavaScript says.
        message: String,
    },
    /// No function of this name in its script.
    #[error("The script of the function {0} defines no function {0}")]
    Missing(String),
    /// It was stopped.
    #[error("The function {0} was stopped: it ran longer than 500 ms")]
    TooSlow(String),
    /// It was stopped.
    #[error("The function {0} was stopped: it needs more than 16 MiB of memory")]
    TooLarge(String),
    /// What it gives is no table.
    #[error("The function {name} gives no table: {reason}")]
    NoTable {
        /// The function.
        name: String,
        /// Why.
        reason: String,
    },
}
