//! Why a request is allowed or refused: a chain of checks, each with what decided it and what would allow it. The checks are
//! those of the real path: authentication, the client's row, rights of the compiler.
//!
//! `chain` asks about a user or a token and a query; `call` about a request that the journal has. Who shows the answer (the
//! control API, the console) decides how it looks; what a [`Mend`] does is up to whoever carries it out.

mod call;
mod chain;
mod columns;
mod mend;

use serde::Serialize;

pub use call::of_entry;
pub use chain::{What, Who, chain};
pub use mend::{Mend, MissingColumns};

/// The chain of checks, up to the first that denies.
#[derive(Debug, Default, Serialize)]
pub struct Explanation {
    /// Whether every check allows.
    pub allowed: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// `fault`, `token`, `client`, `grant`, `scope`, `redirect`, `request`, `user`, `query`, `execute`, `cql`, `table`,
    /// `columns`, `row filter`.
    pub check: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What decided it.
    pub because: String,
    /// What would allow it.
    pub mend: Option<String>,
    /// Changes that would allow it and that can be carried out as they are.
    #[serde(skip)]
    pub mends: Vec<Mend>,
}

/// What came of a check.
#[derive(Debug, Serialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

impl Explanation {
    fn allow(&mut self, check: &'static str, because: impl Into<String>) {
        self.checks.push(Check {
            check,
            outcome: Outcome::Allow,
            because: because.into(),
            mend: None,
            mends: Vec::new(),
        });
    }

    fn deny(&mut self, check: &'static str, because: impl Into<String>, mend: impl Into<String>) {
        self.deny_but(check, because, mend, []);
    }

    fn deny_but(
        &mut self,
        check: &'static str,
        because: impl Into<String>,
        mend: impl Into<String>,
        mends: impl IntoIterator<Item = Mend>,
    ) {
        self.checks.push(Check {
            check,
            outcome: Outcome::Deny,
            because: because.into(),
            mend: Some(mend.into()),
            mends: mends.into_iter().collect(),
        });
    }

    fn is_denied(&self) -> bool {
        self.checks.iter().any(|c| c.outcome == Outcome::Deny)
    }

    fn settled(mut self) -> Self {
        self.allowed = !self.is_denied();
        self
    }
}

/// `because; mend`, as refusals are written.
fn split(text: &str) -> (String, String) {
    match text.rsplit_once("; ").or_else(|| text.split_once(": ")) {
        Some((because, mend)) => (because.to_owned(), mend.to_owned()),
        None => (text.to_owned(), "send another credential".to_owned()),
    }
}
