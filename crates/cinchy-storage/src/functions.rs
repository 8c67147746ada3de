//! Functions that rendered CQL calls and SQLite does not have. PostgreSQL gets the same ones by migration.

use diesel::sql_types::{Nullable, Text};
use diesel::{SqliteConnection, declare_sql_function};

use crate::error::Result;

#[declare_sql_function]
extern "SQL" {
    /// `LIKE` of T-SQL: case-sensitive, with `[a-f]` and `[^a]`.
    fn cql_like(text: Nullable<Text>, pattern: Nullable<Text>, escape: Nullable<Text>) -> Nullable<Bool>;
    /// A new GUID in upper case.
    fn cql_newid() -> Text;
    /// Lower case of any script.
    fn cql_lower(text: Nullable<Text>) -> Nullable<Text>;
    /// Upper case of any script.
    fn cql_upper(text: Nullable<Text>) -> Nullable<Text>;
}

/// Registers them on a new connection.
pub(crate) fn register(conn: &mut SqliteConnection) -> Result<()> {
    cql_like_utils::register_impl(
        conn,
        |text: Option<String>, pattern: Option<String>, escape: Option<String>| {
            let (text, pattern) = (text?, pattern?);
            Some(cinchy_cql::like(&text, &pattern, escape.and_then(|e| e.chars().next())))
        },
    )?;
    cql_newid_utils::register_nondeterministic_impl(conn, || uuid::Uuid::new_v4().to_string().to_uppercase())?;
    cql_lower_utils::register_impl(conn, |text: Option<String>| text.map(|t| t.to_lowercase()))?;
    cql_upper_utils::register_impl(conn, |text: Option<String>| text.map(|t| t.to_uppercase()))?;
    Ok(())
}
