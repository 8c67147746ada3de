//! What was granted and may be asked for later, in the store of short-lived state: codes, refresh tokens, device codes,
//! and access tokens that were revoked. Only hashes of handles are kept; what the data say is the identity room's.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::each_backend;
use crate::error::Result;
use crate::schema::{grants, platform_state, revoked_tokens};

/// The kind of what is left of a family that was ended.
const ENDED: &str = "ended";

/// A grant's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = grants)]
pub struct StoredGrant {
    /// SHA-256 of the handle, hex.
    pub key_hash: String,
    /// `code`, `refresh`, `device`, or `access` for an access token that goes with its family.
    pub kind: String,
    /// What belongs together and is revoked together; of a device code, the hash of its user code.
    pub family: String,
    /// The client.
    pub client_id: String,
    /// The user, where there is one.
    pub user_id: Option<i32>,
    /// The rest, as JSON; of an access token, its hash.
    pub data: String,
    /// When it was granted.
    pub created: NaiveDateTime,
    /// When it ends.
    pub expires: NaiveDateTime,
    /// When it was used; of a device code, when it was last asked for.
    pub consumed: Option<NaiveDateTime>,
}

/// The grant of a handle.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut AnyConnection, key_hash: &str, kind: &str) -> Result<Option<StoredGrant>> {
    Ok(grants::table
        .filter(grants::key_hash.eq(key_hash))
        .filter(grants::kind.eq(kind))
        .select(StoredGrant::as_select())
        .first(conn)
        .optional()?)
}

/// The grants of a family.
///
/// # Errors
/// The driver's.
pub fn of_family(conn: &mut AnyConnection, family: &str) -> Result<Vec<StoredGrant>> {
    Ok(grants::table
        .filter(grants::family.eq(family))
        .select(StoredGrant::as_select())
        .load(conn)?)
}

/// Keeps a grant.
///
/// # Errors
/// The driver's.
pub fn insert(conn: &mut AnyConnection, grant: &StoredGrant) -> Result<()> {
    diesel::insert_into(grants::table)
        .values(grant)
        .execute(conn)?;
    Ok(())
}

/// Uses a grant up; whether this call was the first to do so.
///
/// # Errors
/// The driver's.
pub fn consume(conn: &mut AnyConnection, key_hash: &str, now: NaiveDateTime) -> Result<bool> {
    let unused = grants::table
        .filter(grants::key_hash.eq(key_hash))
        .filter(grants::consumed.is_null());
    let changed = diesel::update(unused)
        .set(grants::consumed.eq(now))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Notes when a device code was asked for. What its user decides meanwhile stays.
///
/// # Errors
/// The driver's.
pub fn note_asked(conn: &mut AnyConnection, key_hash: &str, now: NaiveDateTime) -> Result<()> {
    diesel::update(grants::table.filter(grants::key_hash.eq(key_hash)))
        .set(grants::consumed.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Decides a grant that waits: who it is for, and what else is known of it. Whether this call was the first to do so, and
/// in time.
///
/// # Errors
/// The driver's.
pub fn decide(
    conn: &mut AnyConnection,
    waiting: &StoredGrant,
    user_id: Option<i32>,
    data: &str,
    now: NaiveDateTime,
) -> Result<bool> {
    let undecided = grants::table
        .filter(grants::key_hash.eq(&waiting.key_hash))
        .filter(grants::user_id.is_null())
        .filter(grants::data.eq(&waiting.data))
        .filter(grants::expires.gt(now));
    let changed = diesel::update(undecided)
        .set((grants::user_id.eq(user_id), grants::data.eq(data)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Takes a grant away; whether this call was the first to do so.
///
/// # Errors
/// The driver's.
pub fn delete(conn: &mut AnyConnection, key_hash: &str) -> Result<bool> {
    let changed =
        diesel::delete(grants::table.filter(grants::key_hash.eq(key_hash))).execute(conn)?;
    Ok(changed == 1)
}

/// Holds a family until the transaction ends, so that what one request keeps and what another ends do not cross; whether it
/// was ended.
///
/// # Errors
/// The driver's.
pub fn hold_family(conn: &mut AnyConnection, family: &str) -> Result<bool> {
    diesel::update(grants::table.filter(grants::family.eq(family)))
        .set(grants::family.eq(family))
        .execute(conn)?;
    let ended: i64 = grants::table
        .filter(grants::family.eq(family))
        .filter(grants::kind.eq(ENDED))
        .count()
        .get_result(conn)?;
    Ok(ended > 0)
}

/// Ends a family: its refresh tokens stop working, its access tokens are revoked, and so is what is kept of it later.
/// `handle` is a new handle, under which that is remembered.
///
/// # Errors
/// The driver's.
pub fn end_family(
    conn: &mut AnyConnection,
    family: &str,
    handle: String,
    now: NaiveDateTime,
) -> Result<()> {
    if hold_family(conn, family)? {
        return Ok(());
    }
    let mut last = now;
    let mut client_id = String::new();
    for grant in of_family(conn, family)? {
        last = last.max(grant.expires);
        match grant.kind.as_str() {
            "access" if grant.expires > now => revoke(conn, &grant.data, grant.expires)?,
            // Used codes stay, so that the next use is known for what it is.
            "code" => continue,
            _ => {}
        }
        delete(conn, &grant.key_hash)?;
        client_id = grant.client_id;
    }
    let ended = StoredGrant {
        key_hash: handle,
        kind: ENDED.to_owned(),
        family: family.to_owned(),
        client_id,
        user_id: None,
        data: String::new(),
        created: now,
        expires: last,
        consumed: None,
    };
    insert(conn, &ended)
}

/// Revokes an access token until it would have expired anyway.
///
/// # Errors
/// The driver's.
pub fn revoke(conn: &mut AnyConnection, token_hash: &str, expires: NaiveDateTime) -> Result<()> {
    let row = (
        revoked_tokens::token_hash.eq(token_hash),
        revoked_tokens::expires.eq(expires),
    );
    // Another process may be revoking it too.
    let insert = diesel::insert_into(revoked_tokens::table).values(row);
    each_backend!(conn, conn => insert.on_conflict_do_nothing().execute(conn))?;
    Ok(())
}

/// Hashes of all revoked access tokens.
///
/// # Errors
/// The driver's.
pub fn revoked(conn: &mut AnyConnection) -> Result<Vec<String>> {
    Ok(revoked_tokens::table
        .select(revoked_tokens::token_hash)
        .load(conn)?)
}

/// Tells every process that something was revoked, or that keys were rotated. In the main database.
///
/// # Errors
/// The driver's.
pub fn announce(conn: &mut AnyConnection) -> Result<()> {
    diesel::update(platform_state::table)
        .set(platform_state::identity_version.eq(platform_state::identity_version + 1))
        .execute(conn)?;
    Ok(())
}

/// Forgets what ended before a moment.
///
/// # Errors
/// The driver's.
pub fn delete_expired(conn: &mut AnyConnection, before: NaiveDateTime) -> Result<()> {
    diesel::delete(grants::table.filter(grants::expires.lt(before))).execute(conn)?;
    diesel::delete(revoked_tokens::table.filter(revoked_tokens::expires.lt(before)))
        .execute(conn)?;
    Ok(())
}

/// Forgets all grants; revoked access tokens stay revoked.
///
/// # Errors
/// The driver's.
pub fn clear(conn: &mut AnyConnection) -> Result<()> {
    diesel::delete(grants::table).execute(conn)?;
    Ok(())
}
