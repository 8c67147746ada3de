//! Functions that rendered CQL calls and SQLite does not have (`cinchy_cql::SQLITE_FUNCTIONS`). PostgreSQL has them built
//! in, or gets them by migration.

mod aggregates;
#[expect(clippy::too_many_arguments, reason = "a call has as many as it has")]
mod bridge;

use cinchy_cql::CqlError;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{SqliteConnection, declare_sql_function};

use crate::error::Result;

/// What the errors of our own functions begin with, on both databases; the text of T-SQL follows.
pub(crate) const RAISED: &str = "cql: ";

#[declare_sql_function]
extern "SQL" {
    /// `LIKE` of T-SQL: case-sensitive, with `[a-f]` and `[^a]`.
    fn cql_like(
        text: Nullable<Text>,
        pattern: Nullable<Text>,
        escape: Nullable<Text>,
    ) -> Nullable<Bool>;
    /// A new GUID in upper case.
    fn cql_newid() -> Text;
    /// Lower case of any script.
    fn cql_lower(text: Nullable<Text>) -> Nullable<Text>;
    /// Upper case of any script.
    fn cql_upper(text: Nullable<Text>) -> Nullable<Text>;
    /// A number as text.
    fn cql_text(number: Nullable<Double>) -> Nullable<Text>;
    /// Whether a count is 1: more rows than one are an error where a value is wanted.
    fn cql_single(count: BigInt) -> Bool;
}

/// The number of rows of a sub-select that stands for a value.
#[derive(Debug)]
struct Rows(i64);

impl ToSql<Bool, Sqlite> for Rows {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if self.0 > 1 {
            return Err(Box::new(CqlError::OneRowWanted));
        }
        out.set_value(i32::from(self.0 == 1));
        Ok(IsNull::No)
    }
}

/// Registers them on a new connection.
pub(crate) fn register(conn: &mut SqliteConnection) -> Result<()> {
    cql_like_utils::register_impl(
        conn,
        |text: Option<String>, pattern: Option<String>, escape: Option<String>| {
            let (text, pattern) = (text?, pattern?);
            Some(cinchy_cql::like(
                &text,
                &pattern,
                escape.and_then(|e| e.chars().next()),
            ))
        },
    )?;
    cql_newid_utils::register_nondeterministic_impl(conn, || {
        uuid::Uuid::new_v4().to_string().to_uppercase()
    })?;
    cql_lower_utils::register_impl(conn, |text: Option<String>| {
        text.map(|t| cinchy_cql::lower(&t))
    })?;
    cql_upper_utils::register_impl(conn, |text: Option<String>| {
        text.map(|t| cinchy_cql::upper(&t))
    })?;
    cql_text_utils::register_impl(conn, |number: Option<f64>| {
        number.map(cinchy_cql::double_text)
    })?;
    cql_single_utils::register_impl(conn, Rows)?;
    aggregates::register(conn)?;
    // diesel 2.3 hands over the right side first; a test of conversions notices when it does no longer.
    conn.register_collation("cql_number", |right, left| {
        cinchy_cql::compare_numbers(left, right)
    })?;
    bridge::register(conn)
}
