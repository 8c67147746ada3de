//! Named copies of an instance's data: taken while it runs, put back as one transaction, compared.
//!
//! On SQLite a snapshot is a file made by the online backup, which goes with the process; on PostgreSQL a schema of copied
//! tables, which every process on the server has until it is deleted. Signing keys and short-lived state are no part of one.

mod diff;
mod postgres;
mod sqlite;

use chrono::{DateTime, Utc};

pub(crate) use postgres::{lock_data, lock_instance};

pub use diff::{Changed, Difference, TableDifference};
pub(crate) use sqlite::OpenSnapshots;

use crate::connection::Location;
use crate::database::Database;
use crate::error::Result;

/// A snapshot, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When it was taken, by the machine's clock.
    pub created: DateTime<Utc>,
    /// What it takes on disk.
    pub bytes: u64,
}

/// Whether a snapshot may be called so: 1 to 60 of letters, digits, `-`, `_` and `.`, the first no dot; `live` is what the
/// data is now.
pub fn is_snapshot_name(name: &str) -> bool {
    (1..=60).contains(&name.len())
        && !name.starts_with('.')
        && !name.eq_ignore_ascii_case(LIVE)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// What the present data is called where snapshots are compared.
pub const LIVE: &str = "live";

impl Database {
    /// The snapshots of an instance, by name.
    ///
    /// # Errors
    /// Files that cannot be read, or the driver's.
    pub fn snapshots(&self, instance: &str) -> Result<Vec<Snapshot>> {
        match self.location_of() {
            Location::Sqlite(_) => sqlite::list(self, instance),
            Location::Postgres(_) => postgres::list(self, instance),
        }
    }

    /// Takes a snapshot; one of this name is replaced. The name must be one ([`is_snapshot_name`]).
    ///
    /// # Errors
    /// Files that cannot be written, or the driver's; a snapshot of this name is as it was then.
    pub fn take_snapshot(&self, instance: &str, name: &str) -> Result<Snapshot> {
        match self.location_of() {
            Location::Sqlite(_) => sqlite::take(self, instance, name),
            Location::Postgres(_) => postgres::take(self, instance, name),
        }
    }

    /// Makes the data what it was when the snapshot was taken; whether there is one of this name.
    ///
    /// # Errors
    /// The driver's; nothing has changed then.
    pub fn restore_snapshot(&self, instance: &str, name: &str) -> Result<bool> {
        match self.location_of() {
            Location::Sqlite(_) => sqlite::restore(self, instance, name),
            Location::Postgres(_) => postgres::restore(self, instance, name),
        }
    }

    /// Deletes a snapshot; whether there was one of this name.
    ///
    /// # Errors
    /// Files that cannot be removed, or the driver's.
    pub fn delete_snapshot(&self, instance: &str, name: &str) -> Result<bool> {
        match self.location_of() {
            Location::Sqlite(_) => sqlite::delete(self, instance, name),
            Location::Postgres(_) => postgres::delete(self, instance, name),
        }
    }

    /// What changed from one snapshot to another, or to [`LIVE`]. `None` where one of them is not there.
    ///
    /// # Errors
    /// The driver's.
    pub fn compare_snapshots(
        &self,
        instance: &str,
        before: &str,
        after: &str,
    ) -> Result<Option<Difference>> {
        let compare = || {
            let (Some(mut before), Some(mut after)) =
                (self.side(instance, before)?, self.side(instance, after)?)
            else {
                return Ok(None);
            };
            diff::compare(&mut before, &mut after).map(Some)
        };
        match self.location_of() {
            Location::Sqlite(_) => sqlite::compare(self, compare),
            Location::Postgres(_) => postgres::compare(self, compare),
        }
    }

    fn side(&self, instance: &str, name: &str) -> Result<Option<diff::Side>> {
        if name.eq_ignore_ascii_case(LIVE) {
            let conn = self.connect()?;
            return Ok(Some(diff::Side::new(conn, self.schema())?));
        }
        match self.location_of() {
            Location::Sqlite(_) => sqlite::side(self, instance, name),
            Location::Postgres(_) => postgres::side(self, instance, name),
        }
    }
}
