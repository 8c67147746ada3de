//! The clock of an instance: everything that the platform itself dates or expires asks it. Timeouts of requests, caches
//! of verified credentials and the `Date` header use the machine's.

use chrono::{DateTime, Utc};

/// The clock. It runs with the machine's until the control API can freeze and move it.
#[derive(Debug, Default)]
pub struct Clock(());

impl Clock {
    /// The instance's time.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// How it runs, as the control API says it.
    pub fn mode(&self) -> &'static str {
        "real"
    }
}
