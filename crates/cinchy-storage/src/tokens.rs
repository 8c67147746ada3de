//! Personal access tokens. Only hashes are kept.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::personal_access_tokens as tokens;
use crate::statement::{Bound, execute};

/// A token's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub struct StoredToken {
    /// Id of the row.
    pub id: i32,
    /// Cinchy Id of its user.
    pub user_id: i32,
    /// Name, for people.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// When it was made.
    pub created: NaiveDateTime,
    /// When it ends.
    pub expires: NaiveDateTime,
}

/// Finds a token that was not deleted by its hash; whether it has expired is the caller's to ask.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut AnyConnection, hash: &str) -> Result<Option<StoredToken>> {
    Ok(tokens::table
        .filter(tokens::deleted.is_null())
        .filter(tokens::token_hash.eq(hash))
        .select(StoredToken::as_select())
        .first(conn)
        .optional()?)
}

/// Tokens that were not deleted, in the order in which they were made.
///
/// # Errors
/// The driver's.
pub fn list(conn: &mut AnyConnection) -> Result<Vec<StoredToken>> {
    Ok(tokens::table
        .filter(tokens::deleted.is_null())
        .order(tokens::id)
        .select(StoredToken::as_select())
        .load(conn)?)
}

/// Holds off everybody else who wants to keep a token, until the transaction ends: a user's tokens are counted first.
///
/// # Errors
/// The driver's.
pub fn lock(conn: &mut Connection) -> Result<()> {
    if let AnyConnection::Postgres(_) = &**conn {
        let text = "LOCK TABLE personal_access_tokens IN SHARE ROW EXCLUSIVE MODE";
        execute(conn, text, &[])?;
    }
    Ok(())
}

/// A token to keep.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Cinchy Id of its user.
    pub user_id: i32,
    /// Name.
    pub name: &'a str,
    /// Description.
    pub description: Option<&'a str>,
    /// SHA-256 of the token, hex.
    pub token_hash: &'a str,
    /// Now.
    pub created: NaiveDateTime,
    /// When it ends.
    pub expires: NaiveDateTime,
}

/// Keeps a token.
///
/// # Errors
/// The driver's; a second token of one value is a unique violation.
pub fn insert(conn: &mut Connection, token: &NewToken<'_>) -> Result<()> {
    execute(
        conn,
        "INSERT INTO personal_access_tokens (id, user_id, name, description, token_hash, created, expires) \
         SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5, $6 FROM personal_access_tokens",
        &[
            Bound::int(token.user_id),
            Bound::text(Some(token.name)),
            Bound::text(token.description),
            Bound::text(Some(token.token_hash)),
            Bound::date_time(token.created),
            Bound::date_time(token.expires),
        ],
    )?;
    Ok(())
}

/// Deletes a token of a user; whether there was one.
///
/// # Errors
/// The driver's.
pub fn delete(conn: &mut Connection, id: i32, user: i32, now: NaiveDateTime) -> Result<bool> {
    let changed = execute(
        conn,
        "UPDATE personal_access_tokens SET deleted = $1 WHERE id = $2 AND user_id = $3 AND deleted IS NULL",
        &[Bound::date_time(now), Bound::int(id), Bound::int(user)],
    )?;
    Ok(changed > 0)
}
