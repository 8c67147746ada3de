//! Physical temporary tables of scripts. They belong to one connection and have names that no other has had, since a
//! connection keeps the statements that it has prepared.

use cinchy_cql::catalog::Table;
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::write::OutputInto;
use cinchy_cql::{bound_text, convert};
use diesel::connection::SimpleConnection;

use crate::connection::Connection;
use crate::data_tables::{sql_type, stored_type};
use crate::error::Result;
use crate::rows::{Batch, backend, quoted};
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
    let columns: String = columns
        .iter()
        .map(|column| {
            let name = quoted(column.physical.as_deref().unwrap_or_default());
            let ty = stored_type(&column.kind).unwrap_or(Type::Text);
            format!("{name} {}, ", sql_type(ty, backend))
        })
        .collect();
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
        "CREATE {word}TABLE {name} ({columns}row_id {row})"
    ))?;
    Ok(())
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
        qualified(conn, &into.physical),
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
        batch.add(conn, values)?;
    }
    batch.finish(conn)
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
