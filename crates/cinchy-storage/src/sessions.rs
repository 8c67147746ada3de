//! Browser sessions, in the store of short-lived state. Only hashes of cookies are kept.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::error::Result;
use crate::schema::sign_in_sessions as sessions;

/// A session's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct StoredSession {
    /// SHA-256 of the cookie, hex.
    pub id_hash: String,
    /// What the cookie is for: `sso` or `console`.
    pub kind: String,
    /// The login that it belongs to.
    pub sid: String,
    /// Cinchy Id of the user.
    pub user_id: i32,
    /// How the user signed in; `amr`.
    pub method: String,
    /// Where; `idp`.
    pub identity_provider: String,
    /// What the user's password was then.
    pub password_stamp: String,
    /// When the user signed in.
    pub authenticated: NaiveDateTime,
    /// When it was last used, to the minute.
    pub last_seen: NaiveDateTime,
}

/// The session of a cookie.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut AnyConnection, id_hash: &str, kind: &str) -> Result<Option<StoredSession>> {
    Ok(sessions::table
        .filter(sessions::id_hash.eq(id_hash))
        .filter(sessions::kind.eq(kind))
        .select(StoredSession::as_select())
        .first(conn)
        .optional()?)
}

/// Keeps a new session.
///
/// # Errors
/// The driver's.
pub fn insert(conn: &mut AnyConnection, session: &StoredSession) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(conn)?;
    Ok(())
}

/// Notes that a session was used.
///
/// # Errors
/// The driver's.
pub fn touch(conn: &mut AnyConnection, id_hash: &str, now: NaiveDateTime) -> Result<()> {
    diesel::update(sessions::table.filter(sessions::id_hash.eq(id_hash)))
        .set(sessions::last_seen.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Whether a login has a session.
///
/// # Errors
/// The driver's.
pub fn has_login(conn: &mut AnyConnection, sid: &str) -> Result<bool> {
    let found: i64 = sessions::table
        .filter(sessions::sid.eq(sid))
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

/// Ends a login: its sessions of every kind.
///
/// # Errors
/// The driver's.
pub fn delete_login(conn: &mut AnyConnection, sid: &str) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::sid.eq(sid))).execute(conn)?;
    Ok(())
}

/// Ends all sessions of a user.
///
/// # Errors
/// The driver's.
pub fn delete_of_user(conn: &mut AnyConnection, user_id: i32) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user_id))).execute(conn)?;
    Ok(())
}

/// Forgets sessions that were last used before a moment.
///
/// # Errors
/// The driver's.
pub fn delete_idle(conn: &mut AnyConnection, before: NaiveDateTime) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::last_seen.lt(before))).execute(conn)?;
    Ok(())
}

/// Ends all sessions.
///
/// # Errors
/// The driver's.
pub fn clear(conn: &mut AnyConnection) -> Result<()> {
    diesel::delete(sessions::table).execute(conn)?;
    Ok(())
}
