//! GUIDs of `[Cinchy].[Tables]` and `[Table Columns]`, which the catalog does without.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::error::Result;
use crate::schema::{table_columns, tables};

/// The live table with this GUID, in any case.
///
/// # Errors
/// The driver's.
pub fn find_by_guid(conn: &mut AnyConnection, guid: &str) -> Result<Option<i32>> {
    let all: Vec<(i32, Option<String>)> = tables::table
        .filter(tables::deleted.is_null())
        .order(tables::cinchy_id)
        .select((tables::cinchy_id, tables::guid))
        .load(conn)?;
    Ok(all
        .into_iter()
        .find(|(_, own)| own.as_ref().is_some_and(|g| g.eq_ignore_ascii_case(guid)))
        .map(|(id, _)| id))
}

/// The GUID of a table.
///
/// # Errors
/// The driver's.
pub fn guid(conn: &mut AnyConnection, table: i32) -> Result<Option<String>> {
    let found: Option<Option<String>> = tables::table
        .filter(tables::cinchy_id.eq(table))
        .select(tables::guid)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// GUIDs of the columns of a table, by Cinchy Id.
///
/// # Errors
/// The driver's.
pub fn column_guids(conn: &mut AnyConnection, table: i32) -> Result<HashMap<i32, String>> {
    let found: Vec<(i32, Option<String>)> = table_columns::table
        .filter(table_columns::deleted.is_null())
        .filter(table_columns::table_id.eq(table))
        .select((table_columns::cinchy_id, table_columns::guid))
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter_map(|(id, guid)| Some((id, guid?)))
        .collect())
}
