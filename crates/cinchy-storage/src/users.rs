//! `[Cinchy].[Users]`.

use chrono::{DateTime, NaiveDateTime, Utc};
use cinchy_auth::lockout::LockoutPolicy;
use cinchy_auth::principal::{AuthenticationMethod, User};
use cinchy_auth::secret::HashedSecret;
use diesel::prelude::*;

use crate::any::{AnyConnection, storable};
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{self, Stamp};
use crate::schema::users;
use crate::statement::Bound;
use crate::system;

/// Cinchy Id of the built-in administrator (seen in the documentation's sample token).
pub const ADMINISTRATOR: i32 = 1;
/// Cinchy Id of the built-in user Anonymous. System users have negative ids (documented by example).
pub const ANONYMOUS: i32 = -1;

/// A row as the code reads it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub cinchy_id: i32,
    pub version: i32,
    pub username: Option<String>,
    pub authentication_method: Option<String>,
    pub password: Option<String>,
    pub email_address: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_disabled: Option<bool>,
    pub locked_timestamp: Option<NaiveDateTime>,
    pub password_expiration_timestamp: Option<NaiveDateTime>,
}

impl UserRow {
    /// `First Last`; the user name when both are blank. The calculated column `[Name]` says the same in CQL.
    pub(crate) fn name(&self) -> String {
        match (&self.first_name, &self.last_name) {
            (None, None) => self.username.clone().unwrap_or_default(),
            (first, last) => {
                let first = first.as_deref().unwrap_or_default();
                let last = last.as_deref().map(|l| format!(" {l}")).unwrap_or_default();
                format!("{first}{last}").trim_start().to_owned()
            }
        }
    }

    fn into_user(self, policy: LockoutPolicy) -> Result<User> {
        let profile = self.name();
        let username = self.username.unwrap_or_default();
        let method = self
            .authentication_method
            .as_deref()
            .unwrap_or("Cinchy User Account");
        Ok(User {
            id: self.cinchy_id,
            display_name: format!("{profile} ({username})"),
            profile,
            email: self.email_address,
            authentication_method: AuthenticationMethod::parse(method)
                .map_err(|error| StorageError::Corrupt(error.to_string()))?,
            disabled: self.is_disabled == Some(true),
            locked_until: self
                .locked_timestamp
                .map(|at| policy.locked_until(at.and_utc())),
            password: self
                .password
                .as_deref()
                .map(HashedSecret::parse)
                .transpose()
                .map_err(|_| {
                    StorageError::Corrupt(format!(
                        "the password of user {} is not a hash",
                        self.cinchy_id
                    ))
                })?,
            password_expires: self.password_expiration_timestamp.map(|at| at.and_utc()),
            credential_version: self.version.into(),
            username,
        })
    }
}

/// Finds a live user by name, in any case.
///
/// # Errors
/// The driver's.
pub fn find_by_name(
    conn: &mut AnyConnection,
    username: &str,
    policy: LockoutPolicy,
) -> Result<Option<User>> {
    if !storable(username) {
        return Ok(None);
    }
    // The databases fold only ASCII alike, so the candidates are compared once more here.
    let wanted = username.to_lowercase();
    let exact: Option<UserRow> = users::table
        .filter(users::deleted.is_null())
        .filter(users::username.eq(username))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?;
    if let Some(row) = exact {
        return row.into_user(policy).map(Some);
    }
    let names: Vec<(i32, Option<String>)> = users::table
        .filter(users::deleted.is_null())
        .select((users::cinchy_id, users::username))
        .load(conn)?;
    match names
        .into_iter()
        .find(|(_, name)| name.as_ref().is_some_and(|n| n.to_lowercase() == wanted))
    {
        Some((id, _)) => find(conn, id, policy),
        None => Ok(None),
    }
}

/// Finds a live user by Cinchy Id.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut AnyConnection, id: i32, policy: LockoutPolicy) -> Result<Option<User>> {
    users::table
        .filter(users::deleted.is_null())
        .filter(users::cinchy_id.eq(id))
        .select(UserRow::as_select())
        .first::<UserRow>(conn)
        .optional()?
        .map(|row| row.into_user(policy))
        .transpose()
}

/// How many users there are.
///
/// # Errors
/// The driver's.
pub fn count(conn: &mut AnyConnection) -> Result<i64> {
    Ok(users::table
        .filter(users::deleted.is_null())
        .count()
        .get_result(conn)?)
}

fn update(
    conn: &mut Connection,
    schema: &str,
    id: i32,
    stamp: Stamp,
    values: Vec<(&str, Bound)>,
) -> Result<()> {
    let table = system::TABLES[3].to_table();
    rows::update(conn, schema, &table, id, stamp, values)
}

/// Locks an account from `now` on, or unlocks it.
///
/// # Errors
/// The driver's.
pub fn set_locked(
    conn: &mut Connection,
    schema: &str,
    id: i32,
    since: Option<DateTime<Utc>>,
    now: NaiveDateTime,
) -> Result<()> {
    let stamp = Stamp {
        user: ADMINISTRATOR,
        at: now,
    };
    let value = Bound::date_time(since.map(|at| at.naive_utc()));
    update(conn, schema, id, stamp, vec![("locked_timestamp", value)])
}

/// Sets a new hash of the password that `old` is a hash of; whether `old` was still the user's.
///
/// # Errors
/// The driver's.
pub fn renew_hash(
    conn: &mut Connection,
    schema: &str,
    id: i32,
    old: &HashedSecret,
    new: &HashedSecret,
    now: NaiveDateTime,
) -> Result<bool> {
    // Held until the transaction ends, so that nobody sets another one meanwhile.
    let held = diesel::update(users::table.filter(users::cinchy_id.eq(id)))
        .filter(users::password.eq(old.as_phc()))
        .set(users::password.eq(old.as_phc()))
        .execute(&mut **conn)?;
    if held == 0 {
        return Ok(false);
    }
    let stamp = Stamp {
        user: ADMINISTRATOR,
        at: now,
    };
    let values = vec![("password", Bound::text(Some(new.as_phc())))];
    update(conn, schema, id, stamp, values)?;
    Ok(true)
}

/// Sets a password that its user chose, and when it must be changed again.
///
/// # Errors
/// The driver's.
pub fn set_own_password(
    conn: &mut Connection,
    schema: &str,
    id: i32,
    hash: &HashedSecret,
    expires: Option<DateTime<Utc>>,
    now: NaiveDateTime,
) -> Result<()> {
    let values = vec![
        ("password", Bound::text(Some(hash.as_phc()))),
        (
            "password_expiration_timestamp",
            Bound::date_time(expires.map(|at| at.naive_utc())),
        ),
    ];
    update(conn, schema, id, Stamp { user: id, at: now }, values)
}

/// Live users that may use the login page, in the order of their ids: Cinchy Id, user name, name.
///
/// # Errors
/// The driver's.
pub fn list_interactive(conn: &mut AnyConnection, most: i64) -> Result<Vec<(i32, String, String)>> {
    let rows: Vec<UserRow> = users::table
        .filter(users::deleted.is_null())
        .filter(users::cinchy_id.gt(0))
        .filter(
            users::is_disabled
                .is_null()
                .or(users::is_disabled.eq(false)),
        )
        .filter(
            users::authentication_method
                .is_null()
                .or(users::authentication_method.ne(AuthenticationMethod::NonInteractive.as_str())),
        )
        .order(users::cinchy_id)
        .limit(most)
        .select(UserRow::as_select())
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = row.name();
            (row.cinchy_id, row.username.unwrap_or_default(), name)
        })
        .collect())
}

/// Counts a failed sign-in, atomically; whether the account must be locked now.
///
/// # Errors
/// The driver's.
pub fn count_failure(
    conn: &mut Connection,
    id: i32,
    policy: LockoutPolicy,
    now: DateTime<Utc>,
) -> Result<bool> {
    let window = now - policy.window();
    crate::statement::execute(
        conn,
        "INSERT INTO login_failures (user_id, failures, last_failure) VALUES ($1, 1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET last_failure = excluded.last_failure, \
         failures = CASE WHEN login_failures.last_failure <= $3 THEN 1 ELSE login_failures.failures + 1 END",
        &[
            Bound::int(id),
            Bound::date_time(now.naive_utc()),
            Bound::date_time(window.naive_utc()),
        ],
    )?;
    let failures: i32 = crate::schema::login_failures::table
        .filter(crate::schema::login_failures::user_id.eq(id))
        .select(crate::schema::login_failures::failures)
        .first(&mut **conn)?;
    Ok(policy.locks_after(failures.unsigned_abs()))
}

/// Forgets the failed sign-ins of a user, or of all.
///
/// # Errors
/// The driver's.
pub fn clear_failures(conn: &mut AnyConnection, id: Option<i32>) -> Result<()> {
    use crate::schema::login_failures;
    match id {
        Some(id) => diesel::delete(login_failures::table.filter(login_failures::user_id.eq(id)))
            .execute(conn)?,
        None => diesel::delete(login_failures::table).execute(conn)?,
    };
    Ok(())
}
