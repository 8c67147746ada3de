//! Lock-out: after how many wrong passwords, for how long. Pure decisions; the counters live in the storage room, which
//! applies them in one transaction so that parallel attempts are all counted.

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

/// What is remembered about an account. The default is an account without failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LockoutState {
    /// Wrong passwords in a row.
    pub failed: u32,
    /// When the last of them came.
    pub last_failure: Option<DateTime<Utc>>,
    /// `[Users].[Locked Timestamp]`: when the account was locked; an administrator unlocks by clearing it.
    pub locked_at: Option<DateTime<Utc>>,
}

impl LockoutPolicy {
    /// Until when the account is locked, or `None` when it is not locked now.
    pub fn locked_until(&self, state: &LockoutState, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = state.locked_at?.checked_add_signed(self.window())?;
        (self.attempts > 0 && now < until).then_some(until)
    }

    /// The state after one more wrong password. A failure while locked changes nothing, so that attempts do not prolong
    /// a lock; after a lock has run out the count begins again.
    pub fn after_failure(&self, state: &LockoutState, now: DateTime<Utc>) -> LockoutState {
        if self.locked_until(state, now).is_some() {
            return *state;
        }
        let counts_on = state.locked_at.is_none()
            && state
                .last_failure
                .is_some_and(|last| now.signed_duration_since(last) < self.window());
        let failed = if counts_on {
            state.failed.saturating_add(1)
        } else {
            1
        };
        let locks = self.attempts > 0 && failed >= self.attempts;
        LockoutState {
            failed,
            last_failure: Some(now),
            locked_at: locks.then_some(now),
        }
    }

    /// The state after a right password: nothing is held against the account.
    pub fn after_success() -> LockoutState {
        LockoutState::default()
    }

    fn window(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.minutes))
    }
}
