//! Signing keys of the identity server, kept in the database so that several processes and later starts agree on them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::signing_keys;
use crate::statement::{Bound, execute};

/// A key as it is stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = signing_keys)]
pub struct StoredKey {
    /// Thumbprint of the certificate.
    pub kid: String,
    /// PKCS#8 PEM.
    pub private_key: String,
    /// Certificate, PEM.
    pub certificate: String,
    /// When it was made.
    pub created: NaiveDateTime,
    /// When it stopped signing; still listed until its tokens have expired.
    pub retired: Option<NaiveDateTime>,
}

/// All keys, the one that signs first.
///
/// # Errors
/// The driver's.
pub fn list(conn: &mut AnyConnection) -> Result<Vec<StoredKey>> {
    let mut keys: Vec<StoredKey> = signing_keys::table
        .select(StoredKey::as_select())
        .load(conn)?;
    keys.sort_by(|a, b| {
        (a.retired.is_some(), b.created, &b.kid).cmp(&(b.retired.is_some(), a.created, &a.kid))
    });
    Ok(keys)
}

/// Holds off other processes that want to make a key too, until the transaction ends.
///
/// # Errors
/// The driver's.
pub fn lock(conn: &mut Connection) -> Result<()> {
    if let AnyConnection::Postgres(_) = &**conn {
        execute(conn, "LOCK TABLE signing_keys IN EXCLUSIVE MODE", &[])?;
    }
    Ok(())
}

/// Keeps a new key.
///
/// # Errors
/// The driver's.
pub fn insert(conn: &mut Connection, key: &StoredKey) -> Result<()> {
    execute(
        conn,
        "INSERT INTO signing_keys (kid, private_key, certificate, created) VALUES ($1, $2, $3, $4)",
        &[
            Bound::text(Some(&key.kid)),
            Bound::text(Some(&key.private_key)),
            Bound::text(Some(&key.certificate)),
            Bound::date_time(key.created),
        ],
    )?;
    Ok(())
}

/// Retires the keys that sign now: they are listed until their tokens have expired.
///
/// # Errors
/// The driver's.
pub fn retire_all(conn: &mut AnyConnection, now: NaiveDateTime) -> Result<()> {
    diesel::update(signing_keys::table.filter(signing_keys::retired.is_null()))
        .set(signing_keys::retired.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Removes keys that were retired before a moment.
///
/// # Errors
/// The driver's.
pub fn delete_retired(conn: &mut AnyConnection, before: NaiveDateTime) -> Result<()> {
    diesel::delete(signing_keys::table.filter(signing_keys::retired.lt(before))).execute(conn)?;
    Ok(())
}
