//! `[Cinchy].[Saved Queries]`.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::rows;
use crate::schema::{domains, saved_queries as queries};

/// A saved query, as a call of it needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedQuery {
    /// `[Cinchy Id]`.
    pub id: i32,
    /// `[Version]`: part of the key of what is compiled from it.
    pub version: i32,
    /// Name of its domain.
    pub domain: String,
    /// Name.
    pub name: String,
    /// `[CQL]`.
    pub cql: String,
    /// `[Type]`: what it returns, in the platform's words.
    pub kind: String,
    /// `[API Result Format]`.
    pub result_format: Option<String>,
    /// `[CompressJSON]`; blank means true.
    pub compress_json: bool,
    /// `[Timeout]` in seconds; blank means 30 (documented).
    pub timeout: i32,
    /// Users who may execute it.
    pub execute_users: Vec<i32>,
    /// Groups that may execute it.
    pub execute_groups: Vec<i32>,
}

/// Seconds that a query may run when `[Timeout]` is blank (documented).
const DEFAULT_TIMEOUT: i32 = 30;

#[derive(Queryable, Selectable)]
#[diesel(table_name = queries)]
struct QueryRow {
    cinchy_id: i32,
    version: i32,
    domain: Option<i32>,
    name: Option<String>,
    cql: Option<String>,
    kind: Option<String>,
    api_result_format: Option<String>,
    compressjson: Option<bool>,
    timeout: Option<i32>,
}

/// All live queries in the order of their ids. They are few and small, and callers name them in any case, so the caches
/// above load them together.
///
/// # Errors
/// The driver's.
pub fn list(conn: &mut Connection, schema: &str) -> Result<Vec<SavedQuery>> {
    let domains: HashMap<i32, Option<String>> = domains::table
        .filter(domains::deleted.is_null())
        .select((domains::cinchy_id, domains::name))
        .load::<(i32, Option<String>)>(&mut **conn)?
        .into_iter()
        .collect();
    let rows: Vec<QueryRow> = queries::table
        .filter(queries::deleted.is_null())
        .order(queries::cinchy_id)
        .select(QueryRow::as_select())
        .load(&mut **conn)?;
    let mut users = by_row(rows::links(
        conn,
        schema,
        "saved_queries_users_with_execute_access",
    )?);
    let mut groups = by_row(rows::links(
        conn,
        schema,
        "saved_queries_groups_with_execute_access",
    )?);
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let domain = domains.get(&row.domain?)?.clone()?;
            Some(SavedQuery {
                id: row.cinchy_id,
                version: row.version,
                domain,
                name: row.name.unwrap_or_default(),
                cql: row.cql.unwrap_or_default(),
                kind: row.kind.unwrap_or_default(),
                result_format: row.api_result_format,
                compress_json: row.compressjson != Some(false),
                timeout: row.timeout.filter(|t| *t > 0).unwrap_or(DEFAULT_TIMEOUT),
                execute_users: users.remove(&row.cinchy_id).unwrap_or_default(),
                execute_groups: groups.remove(&row.cinchy_id).unwrap_or_default(),
            })
        })
        .collect())
}

/// Groups the cells of a multi-link column by their row.
pub(crate) fn by_row(links: Vec<(i32, i32)>) -> HashMap<i32, Vec<i32>> {
    let mut map: HashMap<i32, Vec<i32>> = HashMap::new();
    for (row, target) in links {
        map.entry(row).or_default().push(target);
    }
    map
}

/// How many there are.
///
/// # Errors
/// The driver's.
pub fn count(conn: &mut AnyConnection) -> Result<i64> {
    Ok(queries::table
        .filter(queries::deleted.is_null())
        .count()
        .get_result(conn)?)
}
