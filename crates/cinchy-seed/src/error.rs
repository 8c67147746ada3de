//! What is wrong with a seed: messages with file, line and column.

use std::fmt;

use serde::Serialize;

use crate::Location;

/// One thing that is wrong with a seed (documented shape of a problem answer: `file, line, column, message`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeedError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line from 1; 0 where there is none.
    pub line: u32,
    /// Column in characters from 1; 0 where there is none.
    pub column: u32,
    /// What is wrong and what would mend it.
    pub message: String,
}

impl SeedError {
    /// An error at a place.
    pub fn new(file: &str, at: Location, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            message: message.into(),
        }
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message);
        }
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

impl std::error::Error for SeedError {}

/// Everything that is wrong with a seed, in the order of the files and never empty when it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SeedErrors(pub Vec<SeedError>);

impl SeedErrors {
    /// The most that are listed; a file of a wrong shape would otherwise yield one for each of its rows.
    pub const MOST: usize = 200;
}

impl From<SeedError> for SeedErrors {
    fn from(error: SeedError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for SeedErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SeedErrors {}
