//! The columns that a user chose to see of a table in the console. They are nobody's data: neither CQL nor a seed knows them.

use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::grid_columns as choices;
use crate::statement::{Bound, execute};

/// Cinchy Ids of the columns that a user chose; empty when they chose none. Some may be gone meanwhile.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut AnyConnection, user: i32, table: i32) -> Result<Vec<i32>> {
    let found: Option<String> = choices::table
        .filter(choices::user_id.eq(user))
        .filter(choices::table_id.eq(table))
        .select(choices::column_ids)
        .first(conn)
        .optional()?;
    // What this program wrote itself.
    Ok(found
        .and_then(|ids| serde_json::from_str(&ids).ok())
        .unwrap_or_default())
}

/// Keeps a choice in place of the one before; an empty one is no choice.
///
/// # Errors
/// The driver's.
pub fn replace(conn: &mut Connection, user: i32, table: i32, columns: &[i32]) -> Result<()> {
    let key = [Bound::int(user), Bound::int(table)];
    if columns.is_empty() {
        let text = "DELETE FROM grid_columns WHERE user_id = $1 AND table_id = $2";
        execute(conn, text, &key)?;
        return Ok(());
    }
    let ids = serde_json::Value::from(columns).to_string();
    let [user, table] = key;
    execute(
        conn,
        "INSERT INTO grid_columns (user_id, table_id, column_ids) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, table_id) DO UPDATE SET column_ids = excluded.column_ids",
        &[user, table, Bound::text(Some(&ids))],
    )?;
    Ok(())
}
