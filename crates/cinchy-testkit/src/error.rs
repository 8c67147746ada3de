//! What can go wrong in a fixture, told apart so that a failing test says what to mend.

use std::path::PathBuf;
use std::time::Duration;

use cinchy_emulator::StartError;
use cinchy_seed::SeedErrors;
use reqwest::StatusCode;

use crate::journal::Entry;

/// Why the test kit cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestkitError {
    /// The emulator did not start.
    #[error("the emulator did not start: {0}")]
    Start(#[from] StartError),
    /// The runtime of the test ended while the emulator was starting.
    #[error("the emulator's start was cut off: {0}")]
    CutOff(#[from] tokio::task::JoinError),
    /// A seed file cannot be read, or the text of one cannot be put where the emulator reads it.
    #[error("cannot use the seed `{path}`: {source}")]
    SeedFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text of a seed has mistakes.
    #[error("the seed has mistakes:\n{0}")]
    Seed(#[from] SeedErrors),
    /// No seed of this emulator names the client.
    #[error(
        "no seed names the client `{0}`; add it to `clients:`, or call `login` with its secret"
    )]
    UnknownClient(String),
    /// The seed leaves the secret out, so that one was generated.
    #[error(
        "the seed gives the client `{0}` no `secret:`; add one, or call `login` with the generated one"
    )]
    NoSecret(String),
    /// No seed of this emulator names the user.
    #[error("no seed names the user `{0}`; add it to `users:`, or call `login` with its password")]
    UnknownUser(String),
    /// The seed has a hash only, or no password at all.
    #[error("the seed gives the user `{0}` no plain `password:`; add one, or call `login` with it")]
    NoPassword(String),
    /// The token endpoint refused.
    #[error(
        "no token for the client `{client}` and the user `{user}`: {error}{}{}",
        .description.as_deref().map(|text| format!(" ({text})")).unwrap_or_default(),
        .reason.as_deref().map(|text| format!(": {text}")).unwrap_or_default()
    )]
    Refused {
        /// `client_id`.
        client: String,
        /// `username`.
        user: String,
        /// The `error` member (RFC 6749 5.2).
        error: String,
        /// The `error_description` member.
        description: Option<String>,
        /// What the emulator adds in `X-Emulator-Reason`, unless it was started `--faithful`.
        reason: Option<String>,
    },
    /// A call of the control API was answered otherwise than hoped.
    #[error("`{call}` was answered {status}: {body}")]
    Control {
        /// Method and path.
        call: &'static str,
        /// The answer's status.
        status: StatusCode,
        /// Its text; for a seed with mistakes it names line and column of each.
        body: String,
    },
    /// Other requests came than were expected.
    #[error("expected {count} requests within {time:?}, came {}:{}", came.len(), told(came))]
    Expected {
        /// How many; 0 is none.
        count: usize,
        /// How long was waited.
        time: Duration,
        /// What came.
        came: Vec<Entry>,
    },
    /// The control API is off in this emulator.
    #[error("this emulator has no control API; start it without `no_control`")]
    NoControl,
    /// The connection failed, or an answer is not what the endpoint gives.
    #[error("the call failed: {0}")]
    Http(#[from] reqwest::Error),
    /// The server ended with an error.
    #[error("the emulator stopped with an error: {0}")]
    Stop(#[source] std::io::Error),
}

/// A line for each request.
fn told(came: &[Entry]) -> String {
    came.iter()
        .map(|entry| {
            let status = entry
                .status
                .map_or_else(|| "nothing".to_owned(), |status| status.to_string());
            let reason = entry.reason.as_deref().unwrap_or_default();
            format!("\n  {} {} -> {status} {reason}", entry.method, entry.path)
        })
        .collect()
}
