//! Physical temporary tables of scripts. They belong to one connection and have names that no other has had, since a
//! connection keeps the statements that it has prepared.

use cinchy_cql::catalog::{Column, ColumnKind, Key, Table};
use cinchy_cql::value::{Backend, Compiled, Type, Value};
use cinchy_cql::write::OutputInto;
use cinchy_cql::{Arguments, CqlError, TemporaryError, bound_text, convert};
use diesel::connection::SimpleConnection;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::connection::Connection;
use crate::data_tables::{sql_type, stored_type};
use crate::error::{Result, StorageError};
use crate::rows::{Batch, backend, quoted};
use crate::run;
use crate::statement::Bound;

/// The table's name in the schema that both databases keep for temporary tables.
fn qualified(conn: &Connection, physical: &str) -> String {
    let schema = match backend(conn) {
        Backend::Sqlite => "temp",
        Backend::Postgres => "pg_temp",
    };
    format!("{schema}.{}", quoted(physical))
}

/// Makes the table. Its last column numbers the rows.
///
/// # Errors
/// The driver's.
pub fn create(conn: &mut Connection, table: &Table) -> Result<()> {
    let backend = backend(conn);
    let columns = table.columns.split_last().map_or(&[][..], |(_, own)| own);
    let columns: String = columns.iter().map(|c| definition(c, backend)).collect();
    let keys = (0..).zip(&table.keys).map(|(number, key)| {
        let columns: Vec<String> = key.columns.iter().map(|c| quoted(c)).collect();
        format!(
            ", CONSTRAINT \"{KEY}{number}\" UNIQUE ({})",
            columns.join(", ")
        )
    });
    let keys: String = keys.collect();
    let row = match backend {
        Backend::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
        Backend::Postgres => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    };
    let name = match backend {
        Backend::Sqlite => qualified(conn, &table.physical),
        Backend::Postgres => quoted(&table.physical),
    };
    let word = match backend {
        Backend::Sqlite => "",
        Backend::Postgres => "TEMP ",
    };
    conn.batch_execute(&format!(
        "CREATE {word}TABLE {name} ({columns}row_id {row}{keys})"
    ))?;
    Ok(())
}

/// Names of constraints begin so; a column or a number follows.
const NULL: &str = "null ";
const LONG: &str = "long ";
const KEY: &str = "key ";

/// A column as CREATE TABLE declares it.
fn definition(column: &Column, backend: Backend) -> String {
    let physical = column.physical.as_deref().unwrap_or_default();
    let name = quoted(physical);
    let ty = stored_type(&column.kind).unwrap_or(Type::Text);
    let mut out = format!("{name} {}", sql_type(ty, backend));
    if let ColumnKind::Identity { seed, step } = column.kind {
        // Rows are numbered by their hidden column.
        let kept = match backend {
            Backend::Sqlite => "VIRTUAL",
            Backend::Postgres => "STORED",
        };
        out.push_str(&format!(
            " GENERATED ALWAYS AS (({seed}) + (row_id - 1) * ({step})) {kept}"
        ));
    }
    if column.kind == ColumnKind::Guid {
        out.push_str(match backend {
            Backend::Sqlite => " DEFAULT (cql_newid())",
            Backend::Postgres => " DEFAULT (upper(gen_random_uuid()::text))",
        });
    }
    if let Some(value) = &column.default {
        out.push_str(&format!(" DEFAULT {}", literal(value, backend)));
    }
    if column.is_mandatory {
        out.push_str(&format!(
            " CONSTRAINT \"{NULL}{physical}\" CHECK ({name} IS NOT NULL)"
        ));
    }
    if let ColumnKind::Text {
        max_length: Some(most),
    } = column.kind
    {
        out.push_str(&format!(
            " CONSTRAINT \"{LONG}{physical}\" CHECK (length(rtrim({name})) <= {most})"
        ));
    }
    out.push_str(", ");
    out
}

/// A value in the text of CREATE TABLE, which takes no binds.
fn literal(value: &Value, backend: Backend) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => match (backend, b) {
            (Backend::Postgres, true) => "TRUE".to_owned(),
            (Backend::Postgres, false) => "FALSE".to_owned(),
            (Backend::Sqlite, b) => u8::from(*b).to_string(),
        },
        Value::Int(n) => format!("({n})"),
        Value::Double(x) => format!("({x:e})"),
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            match backend {
                Backend::Sqlite => format!("X'{hex}'"),
                Backend::Postgres => format!("'\\x{hex}'"),
            }
        }
        Value::Text(text) => text_literal(text),
        Value::DateTime(at) => text_literal(&at.format("%F %T%.6f").to_string()),
        other => text_literal(&bound_text(other).unwrap_or_default()),
    }
}

fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// Runs a statement that changes a temporary table; how many rows.
///
/// # Errors
/// A row that the table does not take, or as [`run::change`].
pub fn change(
    conn: &mut Connection,
    table: &Table,
    statement: &Compiled,
    arguments: &Arguments<'_>,
) -> Result<u64> {
    let updates = statement.sql.starts_with("UPDATE");
    run::change(conn, statement, arguments).map_err(|e| refused(table, updates, e))
}

/// Says in T-SQL's words which constraint of the table a row breaks.
fn refused(table: &Table, updates: bool, error: StorageError) -> StorageError {
    let StorageError::Database(Error::DatabaseError(kind, info)) = &error else {
        return error;
    };
    let error = match kind {
        DatabaseErrorKind::CheckViolation => {
            // SQLite: `CHECK constraint failed: null c1`.
            let name = info.constraint_name().or_else(|| {
                let (_, name) = info.message().split_once("constraint failed: ")?;
                Some(name)
            });
            match name.map(|name| (name, name.strip_prefix(NULL))) {
                Some((_, Some(physical))) => TemporaryError::Null {
                    column: column_name(table, physical),
                    table: table.name.clone(),
                    verb: if updates { "UPDATE" } else { "INSERT" },
                },
                Some((name, None)) if name.starts_with(LONG) => TemporaryError::Truncated,
                _ => return error,
            }
        }
        DatabaseErrorKind::UniqueViolation => {
            let primary = broken_key(table, info.as_ref()).is_none_or(|key| key.primary);
            TemporaryError::DuplicateKey {
                kind: if primary { "PRIMARY KEY" } else { "UNIQUE KEY" },
                table: table.name.clone(),
            }
        }
        _ => return error,
    };
    CqlError::from(error).into()
}

/// PostgreSQL names the key, SQLite its columns.
fn broken_key<'t>(table: &'t Table, info: &dyn DatabaseErrorInformation) -> Option<&'t Key> {
    if let Some(name) = info.constraint_name() {
        let number: usize = name.strip_prefix(KEY)?.parse().ok()?;
        return table.keys.get(number);
    }
    let (_, columns) = info.message().split_once("constraint failed: ")?;
    let columns: Vec<&str> = columns
        .split(", ")
        .filter_map(|column| Some(column.split_once('.')?.1))
        .collect();
    table.keys.iter().find(|key| key.columns == columns)
}

fn column_name(table: &Table, physical: &str) -> String {
    let found = table
        .columns
        .iter()
        .find(|c| c.physical.as_deref() == Some(physical));
    found.map(|c| c.name.clone()).unwrap_or_default()
}

/// Adds rows of OUTPUT, each value converted to the type of its column.
///
/// # Errors
/// A value that does not convert, or the driver's.
pub(crate) fn fill(
    conn: &mut Connection,
    into: &OutputInto,
    rows: impl IntoIterator<Item = Vec<Value>>,
) -> Result<()> {
    let names: Vec<String> = into.columns.iter().map(|(name, _)| quoted(name)).collect();
    let head = format!(
        "INSERT INTO {} ({}) VALUES ",
        qualified(conn, &into.table.physical),
        names.join(", ")
    );
    // PostgreSQL takes no text for what is bound as one.
    let casts = match backend(conn) {
        Backend::Sqlite => Vec::new(),
        Backend::Postgres => into
            .columns
            .iter()
            .map(|(_, ty)| match ty.is_bound_as_text() {
                true => format!("::{}", sql_type(*ty, Backend::Postgres)),
                false => String::new(),
            })
            .collect(),
    };
    let mut batch = Batch::new(head, names.len().max(1)).casting(casts);
    for row in rows {
        let values = row.iter().zip(&into.columns).map(|(value, (_, ty))| {
            let value = convert(value, *ty)?;
            Ok(Bound {
                ty: *ty,
                value: bound_text(&value).map_or(value, Value::Text),
            })
        });
        let values: Vec<Bound> = values.collect::<Result<_>>()?;
        if let Err(error) = batch.add(conn, values) {
            return Err(refused(&into.table, false, error));
        }
    }
    batch
        .finish(conn)
        .map_err(|e| refused(&into.table, false, e))
}

/// Drops the table.
///
/// # Errors
/// The driver's.
pub fn drop(conn: &mut Connection, table: &Table) -> Result<()> {
    let name = qualified(conn, &table.physical);
    conn.batch_execute(&format!("DROP TABLE IF EXISTS {name}"))?;
    Ok(())
}
