//! Cinchy Ids: from 1 in each table, never reused, without gaps after a failed statement, alike on both databases.

use cinchy_cql::catalog::TableId;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::next_ids;
use crate::statement::{Bound, execute};
use crate::system::{FIRST_COLUMN_ID, FIRST_TABLE_ID};

/// The first id that a table without rows gives.
fn first_id(table: TableId) -> i32 {
    match table {
        2 => FIRST_TABLE_ID,
        3 => FIRST_COLUMN_ID,
        _ => 1,
    }
}

/// Takes `count` ids of a table, in the transaction under way; the first of them.
///
/// # Errors
/// The driver's.
pub fn take(conn: &mut Connection, table: TableId, count: i32) -> Result<i32> {
    // The row stays locked until the transaction ends, so two writers never take the same id.
    execute(
        conn,
        "INSERT INTO next_ids (table_id, next_id) VALUES ($1, $2) \
         ON CONFLICT (table_id) DO UPDATE SET next_id = next_ids.next_id + $3",
        &[
            Bound::int(table),
            Bound::int(first_id(table) + count),
            Bound::int(count),
        ],
    )?;
    Ok(peek(conn, table)? - count)
}

/// Makes sure that `id`, given by a seed, is not given again.
///
/// # Errors
/// The driver's.
pub fn reserve(conn: &mut Connection, table: TableId, id: i32) -> Result<()> {
    if id >= peek(conn, table)? {
        execute(
            conn,
            "INSERT INTO next_ids (table_id, next_id) VALUES ($1, $2) \
             ON CONFLICT (table_id) DO UPDATE SET next_id = excluded.next_id",
            &[Bound::int(table), Bound::int(id.saturating_add(1))],
        )?;
    }
    Ok(())
}

/// The id that a table gives next.
///
/// # Errors
/// The driver's.
pub fn peek(conn: &mut AnyConnection, table: TableId) -> Result<i32> {
    Ok(next_ids::table
        .filter(next_ids::table_id.eq(table))
        .select(next_ids::next_id)
        .first(conn)
        .optional()?
        .unwrap_or_else(|| first_id(table)))
}
