//! Lock-out: after how many wrong passwords, for how long. The rule only; the storage room counts, in one statement of
//! the database, so that parallel attempts are all counted.

use chrono::{DateTime, TimeDelta, Utc};

/// The rule, from `[Cinchy].[System Properties]` (documented: 3 attempts, 15 minutes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Wrong passwords in a row that lock the account. 0 turns the lock-out off.
    pub attempts: u32,
    /// Minutes that the lock lasts, and after which old failures no longer count (the latter is inferred).
    pub minutes: u32,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            minutes: 15,
        }
    }
}

impl LockoutPolicy {
    /// How long a lock lasts, and how long a failure counts.
    pub fn window(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes.into())
    }

    /// Until when an account is locked whose [Locked Timestamp] says `since`. An administrator unlocks by clearing it.
    pub fn locked_until(&self, since: DateTime<Utc>) -> DateTime<Utc> {
        since
            .checked_add_signed(self.window())
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Whether so many wrong passwords in a row lock the account.
    pub fn locks_after(&self, failures: u32) -> bool {
        self.attempts > 0 && failures >= self.attempts
    }
}
