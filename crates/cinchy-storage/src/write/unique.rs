//! Duplicate keys: the platform's text names the index and the key, which the drivers tell in different ways.

use std::collections::HashSet;

use cinchy_cql::CqlError;
use cinchy_cql::catalog::Table;
use cinchy_cql::value::{Type, Value};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use super::cells;
use crate::connection::Connection;
use crate::data_tables::index_name;
use crate::error::{Result, StorageError};
use crate::rows::{qualified, quoted};
use crate::statement::{Bound, collect};
use crate::system::FIRST_TABLE_ID;

/// Rows that are compared one by one to find the duplicate (our limit).
const MOST_COMPARED: usize = 1_000;

/// A row that was to be written.
pub(super) struct Written<'a> {
    id: i32,
    values: &'a [Bound],
}

impl<'a> Written<'a> {
    /// Rows with their ids.
    pub fn all(ids: &[i32], rows: &'a [Vec<Bound>]) -> Vec<Self> {
        let rows = ids.iter().zip(rows);
        rows.map(|(id, values)| Self { id: *id, values }).collect()
    }
}

/// Indexes of system tables that are not over plain columns: the columns, whose texts count in lower case.
fn lower_case(index: &str) -> Option<&'static [&'static str]> {
    Some(match index {
        "domains_name_key" | "groups_name_key" => &["name"],
        "users_username_key" => &["username"],
        "tables_name_key" | "saved_queries_name_key" => &["domain", "name"],
        "table_columns_name_key" => &["table", "name"],
        _ => return None,
    })
}

/// Turns a unique violation into the platform's text; another error stays.
pub(super) fn explain(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    physical: &[String],
    rows: &[Written<'_>],
    error: StorageError,
) -> StorageError {
    let StorageError::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) =
        &error
    else {
        return error;
    };
    let Some((index, columns)) = index_of(table, info.as_ref()) else {
        return error;
    };
    let key = match info.details() {
        // `Key (c10001)=(Sales) already exists.`
        Some(details) => details.split_once(")=(").and_then(|(_, rest)| {
            let (key, _) = rest.rsplit_once(')')?;
            Some(key.to_owned())
        }),
        // SQLite goes on after a failed statement, and can be asked.
        None => {
            let lower = lower_case(&index).is_some();
            let key = Key {
                columns: &columns,
                lower,
            };
            duplicate(conn, schema, table, physical, rows, &key).unwrap_or_default()
        }
    };
    CqlError::DuplicateKey {
        object: format!("Tbl{}", table.id),
        index,
        key: key.unwrap_or_default(),
    }
    .into()
}

/// The name of the index with its columns: PostgreSQL gives the name (and the key, so that nobody asks for the columns),
/// SQLite the columns, or the name where they are no plain ones.
fn index_of(table: &Table, info: &dyn DatabaseErrorInformation) -> Option<(String, Vec<String>)> {
    if let Some(name) = info.constraint_name() {
        return Some((name.to_owned(), Vec::new()));
    }
    let (_, what) = info.message().split_once("constraint failed: ")?;
    if let Some(name) = what.strip_prefix("index '") {
        let name = name.trim_end_matches('\'');
        let columns = lower_case(name).unwrap_or_default();
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        return Some((name.to_owned(), columns));
    }
    let columns: Vec<&str> = what
        .split(", ")
        .filter_map(|column| Some(column.split_once('.')?.1))
        .collect();
    let name = if table.id < FIRST_TABLE_ID {
        format!("{}_{}_key", table.physical, columns.join("_"))
    } else {
        index_name(table, &columns, true)
    };
    Some((name, columns.into_iter().map(str::to_owned).collect()))
}

/// What an index compares.
struct Key<'a> {
    columns: &'a [String],
    /// Texts count in lower case.
    lower: bool,
}

/// The key of the first row that another live row has, or an earlier row of the same statement.
fn duplicate(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    physical: &[String],
    rows: &[Written<'_>],
    key: &Key<'_>,
) -> Result<Option<String>> {
    let &Key { columns, lower } = key;
    let places: Option<Vec<usize>> = columns
        .iter()
        .map(|c| physical.iter().position(|p| p == c))
        .collect();
    let Some(places) = places else {
        return Ok(None);
    };
    let name = qualified(conn, schema, &table.physical);
    let conditions: Vec<String> = (1..)
        .zip(columns)
        .map(|(number, column)| {
            if lower {
                format!("lower({}) = lower(${number})", quoted(column))
            } else {
                // As the index has it, and without meaning for what is no text.
                format!("{} COLLATE RTRIM = ${number}", quoted(column))
            }
        })
        .collect();
    let first = rows.first().map_or(i32::MAX, |r| r.id);
    let last = rows.last().map_or(i32::MAX, |r| r.id);
    let sql = format!(
        "SELECT 1 FROM {name} WHERE deleted IS NULL AND {} AND NOT cinchy_id BETWEEN {first} AND {last} LIMIT 1",
        conditions.join(" AND ")
    );
    let mut seen = HashSet::new();
    for row in rows.iter().take(MOST_COMPARED) {
        let binds: Vec<Bound> = places
            .iter()
            .filter_map(|p| row.values.get(*p).cloned())
            .collect();
        if binds.iter().any(|b| b.value == Value::Null) {
            continue;
        }
        let parts: Vec<String> = binds
            .iter()
            .map(|b| match &b.value {
                Value::Text(text) if lower => text.to_ascii_lowercase(),
                Value::DateTime(at) => at.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
                other => cells::shown(other),
            })
            .collect();
        let key = parts.join(", ");
        let compared: Vec<&str> = parts.iter().map(|p| p.trim_end_matches(' ')).collect();
        if !seen.insert(compared.join(", "))
            || !collect(conn, &sql, &binds, &[Type::Int])?.is_empty()
        {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
