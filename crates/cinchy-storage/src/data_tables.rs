//! Physical tables of users' tables, made and dropped at run time. Names come from ids, never from user text.

use cinchy_cql::catalog::{CalculatedType, ColumnKind, Table};
use cinchy_cql::value::{Backend, Type};
use diesel::connection::SimpleConnection;

use crate::connection::Connection;
use crate::error::Result;
use crate::rows::{backend, qualified, quoted};
use crate::statement::{OwnedCell, collect};

/// The static type of what a column stores; `None` for a multi-link or a calculated column that is not cached.
pub fn stored_type(kind: &ColumnKind) -> Option<Type> {
    Some(match kind {
        ColumnKind::Text { .. }
        | ColumnKind::Choice { .. }
        | ColumnKind::Geometry
        | ColumnKind::Geography => Type::Text,
        ColumnKind::Number => Type::Double,
        ColumnKind::Integer | ColumnKind::Link { junction: None, .. } => Type::Int,
        ColumnKind::DateTime => Type::DateTime,
        ColumnKind::YesNo => Type::Bit,
        ColumnKind::Binary => Type::Binary,
        ColumnKind::Link {
            junction: Some(_), ..
        }
        | ColumnKind::Calculated { cached: false, .. } => return None,
        ColumnKind::Calculated { result, .. } => match result {
            CalculatedType::Text => Type::Text,
            CalculatedType::Number => Type::Double,
            CalculatedType::DateTime => Type::DateTime,
            CalculatedType::YesNo => Type::Bit,
        },
    })
}

pub(crate) fn sql_type(ty: Type, backend: Backend) -> &'static str {
    match (ty, backend) {
        (Type::Text | Type::Null, Backend::Sqlite) => "TEXT",
        // Compared and ordered by code point, as SQLite does.
        (Type::Text | Type::Null, Backend::Postgres) => "TEXT COLLATE \"C\"",
        (Type::Double, Backend::Sqlite) => "REAL",
        (Type::Double, Backend::Postgres) => "DOUBLE PRECISION",
        (Type::Int, _) => "INTEGER",
        (Type::BigInt, _) => "BIGINT",
        (Type::DateTime, _) => "TIMESTAMP",
        (Type::Bit, _) => "BOOLEAN",
        (Type::Binary, Backend::Sqlite) => "BLOB",
        (Type::Binary, Backend::Postgres) => "BYTEA",
    }
}

/// Makes the physical table, its history and the junctions of its multi-links.
///
/// # Errors
/// The driver's.
pub fn create(conn: &mut Connection, schema: &str, table: &Table) -> Result<()> {
    let backend = backend(conn);
    let mut columns = String::new();
    let mut history = String::new();
    let mut junctions = String::new();
    for column in table.columns.iter().filter(|c| !c.is_system) {
        match (&column.physical, stored_type(&column.kind)) {
            (Some(physical), Some(ty)) => {
                let line = format!(", {} {}", quoted(physical), sql_type(ty, backend));
                columns.push_str(&line);
                history.push_str(&line);
            }
            _ => {
                if let ColumnKind::Link {
                    junction: Some(junction),
                    ..
                } = &column.kind
                {
                    junctions.push_str(&junction_sql(conn, schema, junction));
                    // A version keeps the targets as text, `1,2`.
                    history.push_str(&format!(", {} TEXT", quoted(junction)));
                }
            }
        }
    }
    let common = "version INTEGER NOT NULL DEFAULT 1, draft_version INTEGER NOT NULL DEFAULT 0, created_by INTEGER, \
                  created TIMESTAMP, modified_by INTEGER, modified TIMESTAMP, deleted_by INTEGER, deleted TIMESTAMP";
    let name = qualified(conn, schema, &table.physical);
    let history_name = qualified(conn, schema, &history_of(&table.physical));
    conn.batch_execute(&format!(
        "CREATE TABLE {name} (cinchy_id INTEGER NOT NULL PRIMARY KEY, {common}{columns}); \
         CREATE TABLE {history_name} (cinchy_id INTEGER NOT NULL, {common}, replaced TIMESTAMP{history}, \
         PRIMARY KEY (cinchy_id, version)); {junctions}"
    ))?;
    Ok(())
}

/// Name of the table of earlier versions.
fn history_of(physical: &str) -> String {
    format!("{physical}_history")
}

fn junction_sql(conn: &Connection, schema: &str, junction: &str) -> String {
    let name = qualified(conn, schema, junction);
    let index = quoted(&format!("{junction}_target"));
    let option = match backend(conn) {
        Backend::Sqlite => " WITHOUT ROWID",
        Backend::Postgres => "",
    };
    format!(
        "CREATE TABLE {name} (row_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, target_id INTEGER NOT NULL, \
         PRIMARY KEY (row_id, ordinal)){option}; CREATE INDEX {index} ON {name} (target_id); "
    )
}

/// Indexes columns of a table; a unique index counts live rows only.
///
/// # Errors
/// The driver's, also when rows that are there break a unique one.
pub fn index(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    columns: &[&str],
    unique: bool,
) -> Result<()> {
    let kind = if unique { "u" } else { "i" };
    let name = quoted(&format!("{kind}_{}_{}", table.physical, columns.join("_")));
    let list: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    let (unique, live) = if unique {
        ("UNIQUE ", " WHERE deleted IS NULL")
    } else {
        ("", "")
    };
    let target = qualified(conn, schema, &table.physical);
    let list = list.join(", ");
    conn.batch_execute(&format!(
        "CREATE {unique}INDEX {name} ON {target} ({list}){live}"
    ))?;
    Ok(())
}

/// Drops every physical table of users' tables, known to the catalog or not.
///
/// # Errors
/// The driver's.
pub fn drop_all(conn: &mut Connection, schema: &str) -> Result<()> {
    let sql = match backend(conn) {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'".to_owned(),
        Backend::Postgres => format!(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = '{}'",
            schema.replace('\'', "''")
        ),
    };
    let mut drops = String::new();
    for row in collect(conn, &sql, &[], &[Type::Text])? {
        if let [OwnedCell::Text(name)] = row.as_slice()
            && is_data_table(name)
        {
            drops.push_str(&format!("DROP TABLE {};", qualified(conn, schema, name)));
        }
    }
    if !drops.is_empty() {
        conn.batch_execute(&drops)?;
    }
    Ok(())
}

/// `t101`, `t101_history`, `l10007`: made by this module.
fn is_data_table(name: &str) -> bool {
    let name = name.strip_suffix("_history").unwrap_or(name);
    name.strip_prefix(['t', 'l'])
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
}
