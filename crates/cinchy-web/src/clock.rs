//! The clock of an instance: everything that the platform itself dates or expires asks it. Timeouts of requests, caches
//! of verified credentials and the `Date` header use the machine's.
//!
//! How it runs is kept in the store of short-lived state, so that every process on one PostgreSQL server knows it.

use std::sync::{Mutex, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use cinchy_storage::instance_states;
use cinchy_storage::{Database, StorageError};

pub use cinchy_storage::instance_states::ClockSetting;

/// The clock. It runs with the machine's until it is frozen or moved.
#[derive(Debug, Default)]
pub struct Clock {
    setting: RwLock<ClockSetting>,
    /// One change after the other: what is kept here is what was written last. How many there were.
    changes: Mutex<u64>,
}

/// What can be done to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChange {
    /// It stands at this moment, or at the present one.
    Freeze(Option<DateTime<Utc>>),
    /// It runs on from this moment.
    Set(DateTime<Utc>),
    /// It is so much later at once, or earlier. A frozen one stays frozen.
    Advance(TimeDelta),
    /// It runs with the machine's again.
    Real,
}

/// Why a clock was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Dates of the platform have four digits, and tokens count from 1970.
    #[error("the clock stays between 1970-01-01 and 9900-01-01")]
    Range,
    /// The setting could not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// 1970-01-01 and 9900-01-01, in seconds since the former. A century below the last date that the databases know, so that
/// no expiry leaves the calendar.
const RANGE: std::ops::Range<i64> = 0..250_246_627_200;

impl Clock {
    /// The instance's time.
    pub fn now(&self) -> DateTime<Utc> {
        reading(self.setting(), Utc::now())
    }

    /// How it runs, as the control API says it.
    pub fn mode(&self) -> &'static str {
        match self.setting() {
            ClockSetting::Real => "real",
            ClockSetting::Frozen(_) => "frozen",
            ClockSetting::Offset(_) => "offset",
        }
    }

    /// How it runs.
    pub fn setting(&self) -> ClockSetting {
        *self.setting.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what the store says.
    pub(crate) fn adopt(&self, setting: ClockSetting) {
        if self.setting() != setting {
            *self.setting.write().unwrap_or_else(PoisonError::into_inner) = setting;
        }
    }

    /// How often it was changed here, for [`Self::follow`].
    pub(crate) fn changes(&self) -> u64 {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what the store said after there were so many changes here: a later one is newer than that.
    pub(crate) fn follow(&self, setting: ClockSetting, after: u64) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *changes == after {
            self.adopt(setting);
        }
    }

    /// Changes it, in the store too. Two changes at once, in two processes even, come one after the other.
    pub(crate) fn change(
        &self,
        database: &Database,
        name: &str,
        change: ClockChange,
    ) -> Result<(), ClockError> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let setting = database.write_shared(|conn, schema| {
            let before = instance_states::lock(conn, schema, name)?.clock;
            let after = changed(before, change, Utc::now())?;
            if after != before {
                instance_states::set_clock(conn, schema, name, after)?;
            }
            Ok::<_, ClockError>(after)
        })?;
        self.adopt(setting);
        *changes += 1;
        Ok(())
    }
}

fn reading(setting: ClockSetting, machine: DateTime<Utc>) -> DateTime<Utc> {
    match setting {
        ClockSetting::Real => machine,
        ClockSetting::Frozen(at) => at,
        ClockSetting::Offset(ahead) => machine.checked_add_signed(ahead).unwrap_or(machine),
    }
}

fn changed(
    before: ClockSetting,
    change: ClockChange,
    machine: DateTime<Utc>,
) -> Result<ClockSetting, ClockError> {
    let now = reading(before, machine);
    let (at, frozen) = match change {
        ClockChange::Real => return Ok(ClockSetting::Real),
        ClockChange::Freeze(at) => (at.unwrap_or(now), true),
        ClockChange::Set(at) => (at, false),
        ClockChange::Advance(by) => (
            now.checked_add_signed(by).ok_or(ClockError::Range)?,
            matches!(before, ClockSetting::Frozen(_)),
        ),
    };
    if !RANGE.contains(&at.timestamp()) {
        return Err(ClockError::Range);
    }
    // The store keeps microseconds.
    let at = DateTime::from_timestamp_micros(at.timestamp_micros()).ok_or(ClockError::Range)?;
    Ok(match (frozen, at - machine) {
        (true, _) => ClockSetting::Frozen(at),
        (false, ahead) => ClockSetting::Offset(TimeDelta::microseconds(
            ahead.num_microseconds().ok_or(ClockError::Range)?,
        )),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(changes: &[ClockChange], expected: Option<(&str, bool)>) {
        let machine = at("2026-01-01T00:00:00Z");
        let setting = changes.iter().try_fold(ClockSetting::Real, |before, one| {
            changed(before, *one, machine)
        });
        let found = setting.ok().map(|setting| {
            let frozen = matches!(setting, ClockSetting::Frozen(_));
            (reading(setting, machine), frozen)
        });
        let expected = expected.map(|(text, frozen)| (at(text), frozen));
        assert_eq!(found, expected, "{changes:?}");
    }

    #[test]
    fn a_clock_is_moved_and_stopped() {
        use ClockChange::{Advance, Freeze, Real, Set};
        let hour = TimeDelta::hours(1);
        let day = at("2027-06-01T12:00:00Z");
        check(&[], Some(("2026-01-01T00:00:00Z", false)));
        check(&[Advance(hour)], Some(("2026-01-01T01:00:00Z", false)));
        check(
            &[Advance(hour), Advance(-hour)],
            Some(("2026-01-01T00:00:00Z", false)),
        );
        check(&[Set(day)], Some(("2027-06-01T12:00:00Z", false)));
        check(
            &[Set(day), Advance(hour)],
            Some(("2027-06-01T13:00:00Z", false)),
        );
        check(
            &[Set(day), Freeze(None)],
            Some(("2027-06-01T12:00:00Z", true)),
        );
        check(
            &[Freeze(Some(day)), Advance(hour)],
            Some(("2027-06-01T13:00:00Z", true)),
        );
        check(
            &[Freeze(Some(day)), Set(day)],
            Some(("2027-06-01T12:00:00Z", false)),
        );
        check(
            &[Freeze(Some(day)), Real],
            Some(("2026-01-01T00:00:00Z", false)),
        );
        check(&[Set(at("1969-12-31T23:59:59Z"))], None);
        check(&[Set(at("9900-01-01T00:00:00Z"))], None);
        check(&[Advance(TimeDelta::MAX)], None);
        check(&[Advance(-TimeDelta::days(40_000))], None);
    }
}
