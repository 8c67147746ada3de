//! The one row of `platform_state` and the settings: what caches compare, and what was seeded.

use std::ops::ControlFlow;

use chrono::NaiveDateTime;
use cinchy_cql::value::Type;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::{platform_state, settings};
use crate::statement::{self, Bound, Cell, RowSink, execute};

/// Versions of what is cached. Triggers move them with every write, whatever door it came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Versions {
    /// Domains, tables, columns.
    pub catalog: i64,
    /// The same, and users, groups, clients, saved queries, entitlements, tokens, settings.
    pub security: i64,
    /// Signing keys, and access tokens that were revoked. 0: neither has ever changed.
    pub identity: i64,
}

/// Reads the versions.
///
/// # Errors
/// The driver's.
pub fn versions(conn: &mut Connection) -> Result<Versions> {
    let mut found = Found::default();
    // Each request asks. By its text, which is prepared once: the driver writes a typed query out anew each time.
    statement::query(
        conn,
        "SELECT catalog_version, security_version, identity_version FROM platform_state",
        &[],
        &[Type::BigInt; 3],
        &mut found,
    )?;
    let [catalog, security, identity] = found.0;
    Ok(Versions {
        catalog,
        security,
        identity,
    })
}

/// The cells of one row of integers.
#[derive(Default)]
struct Found([i64; 3]);

impl RowSink for Found {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if let (Some(place), Cell::Int(value)) = (self.0.get_mut(index), cell) {
            *place = value;
        }
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a database was seeded with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// Fingerprint of the seeds.
    pub fingerprint: String,
    /// When.
    pub at: NaiveDateTime,
}

/// The last seeding; `None` on a database that was just made.
///
/// # Errors
/// The driver's.
pub fn seeded(conn: &mut AnyConnection) -> Result<Option<Seeded>> {
    let (fingerprint, at): (Option<String>, Option<NaiveDateTime>) = platform_state::table
        .select((platform_state::seed_fingerprint, platform_state::seeded))
        .first(conn)?;
    Ok(fingerprint
        .zip(at)
        .map(|(fingerprint, at)| Seeded { fingerprint, at }))
}

/// Notes a seeding.
///
/// # Errors
/// The driver's.
pub fn set_seeded(conn: &mut AnyConnection, fingerprint: &str, now: NaiveDateTime) -> Result<()> {
    diesel::update(platform_state::table)
        .set((
            platform_state::seed_fingerprint.eq(fingerprint),
            platform_state::seeded.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// A setting's JSON text.
///
/// # Errors
/// The driver's.
pub fn setting(conn: &mut AnyConnection, name: &str) -> Result<Option<String>> {
    Ok(settings::table
        .filter(settings::name.eq(name))
        .select(settings::value)
        .first(conn)
        .optional()?)
}

/// Sets a setting.
///
/// # Errors
/// The driver's.
pub fn set_setting(conn: &mut Connection, name: &str, value: &str) -> Result<()> {
    execute(
        conn,
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[Bound::text(Some(name)), Bound::text(Some(value))],
    )?;
    Ok(())
}

/// The key under which what browsers are handed is sealed (base64): the stored one, or `new`, which is stored then. Several
/// processes that start at once get the same.
///
/// # Errors
/// The driver's.
pub fn seal_key(conn: &mut AnyConnection, new: &str) -> Result<String> {
    diesel::update(platform_state::table.filter(platform_state::seal_key.is_null()))
        .set(platform_state::seal_key.eq(new))
        .execute(conn)?;
    Ok(known_seal_key(conn)?.unwrap_or_default())
}

/// The key that [`seal_key`] stored.
///
/// # Errors
/// The driver's.
pub fn known_seal_key(conn: &mut AnyConnection) -> Result<Option<String>> {
    let stored = platform_state::table.select(platform_state::seal_key);
    Ok(stored.get_result(conn)?)
}

/// Stores a key, whatever was there.
///
/// # Errors
/// The driver's.
pub(crate) fn set_seal_key(conn: &mut AnyConnection, key: &str) -> Result<()> {
    diesel::update(platform_state::table)
        .set(platform_state::seal_key.eq(key))
        .execute(conn)?;
    Ok(())
}
