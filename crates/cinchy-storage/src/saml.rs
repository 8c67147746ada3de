//! Single sign-on: assertions that were used, and users that are made of a subject.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::any::{AnyConnection, storable};
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{self, Stamp};
use crate::schema::{groups, users};
use crate::statement::{Bound, execute};
use crate::system;
use crate::users::ADMINISTRATOR;

/// Uses an assertion up, atomically, whichever process asks; whether this call was the first. In the store of short-lived
/// state.
///
/// # Errors
/// The driver's.
pub fn use_assertion(
    conn: &mut Connection,
    replay_key: &str,
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    execute(
        conn,
        "DELETE FROM used_assertions WHERE expires < $1",
        &[Bound::date_time(now.naive_utc())],
    )?;
    let inserted = execute(
        conn,
        "INSERT INTO used_assertions (replay_key, expires) VALUES ($1, $2) ON CONFLICT (replay_key) DO NOTHING",
        &[
            Bound::text(Some(replay_key)),
            Bound::date_time(expires.naive_utc()),
        ],
    )?;
    Ok(inserted == 1)
}

/// Forgets the assertions that were used.
///
/// # Errors
/// The driver's.
pub fn forget_assertions(conn: &mut Connection) -> Result<()> {
    execute(conn, "DELETE FROM used_assertions", &[])?;
    Ok(())
}

/// A user to be made of what an identity provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser<'a> {
    /// The NameID.
    pub username: &'a str,
    /// First name.
    pub first_name: Option<&'a str>,
    /// Last name.
    pub last_name: Option<&'a str>,
    /// Mail address.
    pub email: Option<&'a str>,
    /// Names of groups, in any case, or distinguished names that begin with one. Only groups of the directory count, those
    /// whose Group Type is `AD Group` (documented); others are left out.
    pub groups: &'a [String],
}

/// Makes a user whose Authentication Method is Single Sign-On, unless one of this name exists.
///
/// # Errors
/// The driver's.
pub fn create_user(
    conn: &mut Connection,
    schema: &str,
    user: &NewUser<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let texts = [user.first_name, user.last_name, user.email];
    if !storable(user.username) || texts.into_iter().flatten().any(|text| !storable(text)) {
        return Err(StorageError::Corrupt(
            "a name of the subject has characters that a database cannot keep".to_owned(),
        ));
    }
    if is_known(conn, user.username)? {
        return Ok(());
    }
    let stamp = Stamp {
        user: ADMINISTRATOR,
        at: now.naive_utc(),
    };
    let id = rows::insert(
        conn,
        schema,
        &system::TABLES[3].to_table(),
        stamp,
        vec![
            ("username", Bound::text(Some(user.username))),
            ("authentication_method", Bound::text(Some("Single Sign-On"))),
            ("first_name", Bound::text(user.first_name)),
            ("last_name", Bound::text(user.last_name)),
            ("email_address", Bound::text(user.email)),
            ("is_disabled", Bound::bit(false)),
        ],
    )?;
    for group in groups_named(conn, user.groups)? {
        add_member(conn, schema, group, id)?;
    }
    Ok(())
}

fn is_known(conn: &mut AnyConnection, username: &str) -> Result<bool> {
    let wanted = username.to_lowercase();
    let names: Vec<Option<String>> = users::table
        .filter(users::deleted.is_null())
        .select(users::username)
        .load(conn)?;
    Ok(names
        .into_iter()
        .flatten()
        .any(|name| name.to_lowercase() == wanted))
}

fn groups_named(conn: &mut AnyConnection, names: &[String]) -> Result<Vec<i32>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<String> = names
        .iter()
        .map(|name| common_name(name).to_lowercase())
        .collect();
    let all: Vec<(i32, Option<String>)> = groups::table
        .filter(groups::deleted.is_null())
        .filter(groups::group_type.eq("AD Group"))
        .order(groups::cinchy_id)
        .select((groups::cinchy_id, groups::name))
        .load(conn)?;
    Ok(all
        .into_iter()
        .filter(|(_, name)| {
            name.as_ref()
                .is_some_and(|name| wanted.contains(&name.to_lowercase()))
        })
        .map(|(id, _)| id)
        .collect())
}

/// `Staff` of `CN=Staff,OU=Groups,DC=example,DC=test`, as a directory's `memberOf` is written; another name as it is.
fn common_name(name: &str) -> &str {
    match name.get(..3) {
        Some(head) if head.eq_ignore_ascii_case("cn=") => {
            name[3..].split(',').next().unwrap_or_default()
        }
        _ => name,
    }
}

fn add_member(conn: &mut Connection, schema: &str, group: i32, user: i32) -> Result<()> {
    let mut members: Vec<i32> = rows::links(conn, schema, "groups_users")?
        .into_iter()
        .filter(|(row, _)| *row == group)
        .map(|(_, member)| member)
        .collect();
    members.push(user);
    rows::set_links(conn, schema, "groups_users", group, &members)
}
