//! Physical tables of users' tables, made and dropped at run time. Names come from ids, never from user text.

use std::borrow::Cow;

use cinchy_cql::catalog::{CalculatedType, Column, ColumnKind, Table};
use cinchy_cql::value::{Backend, Type};
use diesel::connection::SimpleConnection;
use sha2::{Digest, Sha256};

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
        | ColumnKind::Geography
        | ColumnKind::Guid => Type::Text,
        ColumnKind::Number => Type::Double,
        ColumnKind::Integer
        | ColumnKind::Identity { .. }
        | ColumnKind::Link { junction: None, .. } => Type::Int,
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
        ColumnKind::Derived(ty) => *ty,
    })
}

/// The type of a physical column. SQLite keeps exact numbers, dates and times as text.
pub(crate) fn sql_type(ty: Type, backend: Backend) -> Cow<'static, str> {
    Cow::Borrowed(match (ty, backend) {
        (Type::Text | Type::Null, Backend::Sqlite) => "TEXT",
        // Compared and ordered by code point, as SQLite does.
        (Type::Text | Type::Null | Type::DateTimeOffset(_), Backend::Postgres) => {
            "TEXT COLLATE \"C\""
        }
        (Type::Double | Type::Real, Backend::Sqlite) => "REAL",
        (Type::Double | Type::Real, Backend::Postgres) => "DOUBLE PRECISION",
        (Type::TinyInt | Type::SmallInt | Type::Int, _) => "INTEGER",
        (Type::BigInt, _) => "BIGINT",
        (Type::DateTime | Type::DateTime2(_), _) => "TIMESTAMP",
        (Type::Bit, _) => "BOOLEAN",
        (Type::Binary, Backend::Sqlite) => "BLOB",
        (Type::Binary, Backend::Postgres) => "BYTEA",
        (
            Type::Decimal { .. }
            | Type::Money
            | Type::Date
            | Type::Time(_)
            | Type::DateTimeOffset(_),
            Backend::Sqlite,
        ) => "TEXT",
        (Type::Decimal { precision, scale }, Backend::Postgres) => {
            return Cow::Owned(format!("NUMERIC({precision},{scale})"));
        }
        (Type::Money, Backend::Postgres) => "NUMERIC(19,4)",
        (Type::Date, Backend::Postgres) => "DATE",
        (Type::Time(_), Backend::Postgres) => "TIME",
    })
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

/// `column IN` the ids of the JSON array that is bound as this number.
pub(crate) fn among(column: &str, bind: usize, backend: Backend) -> String {
    match backend {
        Backend::Sqlite => format!("{column} IN (SELECT value FROM json_each(${bind}))"),
        Backend::Postgres => format!(
            "{column} IN (SELECT e.item::int4 FROM jsonb_array_elements_text(${bind}::jsonb) AS e(item))"
        ),
    }
}

/// Copies the present versions of rows into the history: `$1` is when they were replaced, `$2` their ids.
pub(crate) fn keep_versions_sql(conn: &Connection, schema: &str, table: &Table) -> String {
    let backend = backend(conn);
    let mut names = String::new();
    let mut values = String::new();
    for column in &table.columns {
        if let Some(physical) = &column.physical {
            names.push_str(&format!(", {}", quoted(physical)));
            values.push_str(&format!(", v.{}", quoted(physical)));
        } else if let ColumnKind::Link {
            junction: Some(junction),
            ..
        } = &column.kind
        {
            let list = match backend {
                Backend::Sqlite => "group_concat(l.target_id, ',' ORDER BY l.ordinal)",
                Backend::Postgres => "string_agg(l.target_id::text, ',' ORDER BY l.ordinal)",
            };
            names.push_str(&format!(", {}", quoted(junction)));
            values.push_str(&format!(
                ", (SELECT {list} FROM {} AS l WHERE l.row_id = v.cinchy_id)",
                qualified(conn, schema, junction)
            ));
        }
    }
    format!(
        "INSERT INTO {} (replaced{names}) SELECT $1{values} FROM {} AS v WHERE {}",
        qualified(conn, schema, &history_of(&table.physical)),
        qualified(conn, schema, &table.physical),
        among("v.cinchy_id", 2, backend),
    )
}

/// All physical tables of a table.
pub(crate) fn all_of(table: &Table) -> Vec<String> {
    let junctions = table.columns.iter().filter_map(|c| match &c.kind {
        ColumnKind::Link { junction, .. } => junction.clone(),
        _ => None,
    });
    [table.physical.clone(), history_of(&table.physical)]
        .into_iter()
        .chain(junctions)
        .collect()
}

/// Name of the table of earlier versions.
pub(crate) fn history_of(physical: &str) -> String {
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
    let name = quoted(&index_name(table, columns, unique));
    let backend = backend(conn);
    let list: Vec<String> = columns
        .iter()
        .map(|column| key_part(table, column, unique, backend))
        .collect();
    let (unique, live) = if unique {
        ("UNIQUE ", " WHERE deleted IS NULL")
    } else {
        ("", "")
    };
    let target = qualified(conn, schema, &table.physical);
    let list = list.join(", ");
    conn.batch_execute(&format!(
        "CREATE {unique}INDEX IF NOT EXISTS {name} ON {target} ({list}){live}"
    ))?;
    Ok(())
}

/// A column of an index. Blanks at the end of a text do not count where texts are compared, nor make them unique (T-SQL), so
/// an index is of use only where it knows that. A plain one of SQLite keeps the order of texts, which compiled CQL asks for
/// by it; equality finds its way there without the collation.
fn key_part(table: &Table, column: &str, unique: bool, backend: Backend) -> String {
    let own = table
        .columns
        .iter()
        .find(|c| c.physical.as_deref() == Some(column));
    let is_text = own.and_then(|c| stored_type(&c.kind)) == Some(Type::Text);
    let name = quoted(column);
    match backend {
        Backend::Postgres if is_text => format!("({name}::bpchar)"),
        Backend::Sqlite if is_text && unique => format!("{name} COLLATE RTRIM"),
        _ => name,
    }
}

/// Drops the index that [`index`] makes of these columns, if it is there.
///
/// # Errors
/// The driver's.
pub fn drop_index(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    columns: &[&str],
    unique: bool,
) -> Result<()> {
    let name = qualified(conn, schema, &index_name(table, columns, unique));
    conn.batch_execute(&format!("DROP INDEX IF EXISTS {name}"))?;
    Ok(())
}

/// Longest name that PostgreSQL keeps whole is of 63 bytes.
const LONGEST_NAME: usize = 60;

pub(crate) fn index_name(table: &Table, columns: &[&str], unique: bool) -> String {
    let kind = if unique { "u" } else { "i" };
    let head = format!("{kind}_{}", table.physical);
    let name = format!("{head}_{}", columns.join("_"));
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let digest = Sha256::digest(&name);
    let digest: String = digest[..16].iter().map(|b| format!("{b:02x}")).collect();
    format!("{head}_{digest}")
}

/// Adds columns to a table and to its history.
///
/// # Errors
/// The driver's.
pub fn add_columns<'a>(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    columns: impl IntoIterator<Item = &'a Column>,
) -> Result<()> {
    let backend = backend(conn);
    for column in columns {
        if let ColumnKind::Link {
            junction: Some(junction),
            ..
        } = &column.kind
        {
            let made = junction_sql(conn, schema, junction);
            conn.batch_execute(&made)?;
            let history = qualified(conn, schema, &history_of(&table.physical));
            let junction = quoted(junction);
            conn.batch_execute(&format!("ALTER TABLE {history} ADD COLUMN {junction} TEXT"))?;
            continue;
        }
        let (Some(physical), Some(ty)) = (&column.physical, stored_type(&column.kind)) else {
            continue;
        };
        let column = format!("{} {}", quoted(physical), sql_type(ty, backend));
        for name in [&table.physical, &history_of(&table.physical)] {
            let name = qualified(conn, schema, name);
            conn.batch_execute(&format!("ALTER TABLE {name} ADD COLUMN {column}"))?;
        }
    }
    Ok(())
}

/// Removes a column of a table and of its history. No index may hold it.
///
/// # Errors
/// The driver's.
pub fn drop_column(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    physical: &str,
) -> Result<()> {
    for name in [&table.physical, &history_of(&table.physical)] {
        let name = qualified(conn, schema, name);
        conn.batch_execute(&format!(
            "ALTER TABLE {name} DROP COLUMN {}",
            quoted(physical)
        ))?;
    }
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
pub(crate) fn is_data_table(name: &str) -> bool {
    let name = name.strip_suffix("_history").unwrap_or(name);
    name.strip_prefix(['t', 'l'])
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
}
