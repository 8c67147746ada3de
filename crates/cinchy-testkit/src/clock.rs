//! The clock of an instance, moved by a test.

use serde::Deserialize;
use serde_json::json;

use crate::error::TestkitError;
use crate::instance::Instance;

/// The clock of an instance: token and code lifetimes, personal access tokens, lockout, sessions, `GETDATE()`, Created and
/// Modified all go by it.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    instance: &'a Instance,
}

#[derive(Deserialize)]
struct Reading {
    now: String,
}

impl<'a> Clock<'a> {
    pub(crate) fn of(instance: &'a Instance) -> Self {
        Self { instance }
    }

    /// What it shows, as `2027-01-01T00:00:00.000Z`.
    ///
    /// # Errors
    /// The control API's.
    pub async fn now(self) -> Result<String, TestkitError> {
        let url = self.instance.control("clock")?;
        let request = self.instance.http().get(url);
        let response = self.instance.ask("GET /_emulator/clock", request).await?;
        let reading: Reading = response.json().await?;
        Ok(reading.now)
    }

    /// Moves it on by a duration (`1h`, `90s`, `PT15M`), or back by one with a minus sign. A clock that stands goes on
    /// standing.
    ///
    /// # Errors
    /// A duration that is none, or the control API's.
    pub async fn advance(self, by: &str) -> Result<(), TestkitError> {
        self.put(json!({ "advance": by })).await
    }

    /// Stops it at a time, for example `2027-01-01T00:00:00Z`.
    ///
    /// # Errors
    /// A time that is none, or the control API's.
    pub async fn freeze(self, at: &str) -> Result<(), TestkitError> {
        self.put(json!({ "freeze": at })).await
    }

    /// Lets it run on from a time.
    ///
    /// # Errors
    /// A time that is none, or the control API's.
    pub async fn set(self, at: &str) -> Result<(), TestkitError> {
        self.put(json!({ "set": at })).await
    }

    /// Lets it run with the machine's again.
    ///
    /// # Errors
    /// The control API's.
    pub async fn real(self) -> Result<(), TestkitError> {
        let request = self.instance.http().delete(self.instance.control("clock")?);
        self.instance
            .ask("DELETE /_emulator/clock", request)
            .await?;
        Ok(())
    }

    async fn put(self, change: serde_json::Value) -> Result<(), TestkitError> {
        let request = self.instance.http().put(self.instance.control("clock")?);
        self.instance
            .ask("PUT /_emulator/clock", request.json(&change))
            .await?;
        Ok(())
    }
}
