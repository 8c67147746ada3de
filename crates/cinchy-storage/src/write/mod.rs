//! Running compiled statements that write rows. The caller opens the transaction; a failure leaves it to be rolled back.
//!
//! All is done in bulk: one query gives the values, one statement copies old versions into the history, and rows go in
//! batches. `cells` brings values into the form of their columns, `links` finds what they link to, `changes` writes, and
//! `unique` says which row was one too many.

mod cells;
mod changes;
mod given;
mod links;
mod special;
mod unique;

use cinchy_cql::Arguments;
use cinchy_cql::catalog::{Table, TableId};
use cinchy_cql::value::{Backend, Compiled, ResultColumn, Value};
use cinchy_cql::write::{Action, CompiledWrite, ROW_IDS};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{Stamp, backend};
use crate::run;
use crate::statement::{self, Bound, Collected, OwnedCell};
use crate::temporary;

/// What a statement has written.
#[derive(Debug, Default, PartialEq)]
pub struct Written {
    /// Rows affected.
    pub affected: usize,
    /// Id of the last inserted row: `@cinchy_row_id`.
    pub last_id: Option<i32>,
    /// The rows of OUTPUT.
    pub output: Option<OutputRows>,
}

/// The rows of OUTPUT where they are a result.
#[derive(Debug, PartialEq)]
pub struct OutputRows {
    /// Their columns.
    pub columns: Vec<ResultColumn>,
    /// The rows.
    pub rows: Vec<Vec<OwnedCell>>,
}

/// Runs a statement in the transaction under way. All of it has happened when it returns; after an error the caller must
/// roll back.
///
/// # Errors
/// Values that their columns do not take, links without target, duplicate keys, rows that their writer may not view
/// ([`StorageError::Cql`]), or the driver's.
pub fn run(
    conn: &mut Connection,
    schema: &str,
    write: &CompiledWrite,
    arguments: &Arguments<'_>,
) -> Result<Written> {
    special::refuse(write)?;
    lock(conn, schema, write.table.id)?;
    let mut run = Run {
        conn,
        schema,
        write,
        table: &write.table,
        arguments,
        stamp: Stamp {
            user: arguments.current_user,
            at: arguments.now,
        },
    };
    match &write.action {
        Action::Insert {
            columns,
            defaults,
            rows,
            visible,
        } => {
            let given = run.new_rows(rows)?;
            run.insert(columns, defaults, given, visible.as_ref())
        }
        Action::Update {
            columns,
            forms,
            source,
        } => {
            let (ids, given) = run.changed_rows(source, forms)?;
            run.update(columns, &ids, given)
        }
        Action::Delete { source } => run.delete(source),
        Action::Truncate => run.truncate(),
    }
}

/// Lets one statement at a time write to a table, until its transaction ends: values are computed from what rows hold, and
/// versions are counted. SQLite has one writer anyway.
pub(crate) fn lock(conn: &mut Connection, schema: &str, table: TableId) -> Result<()> {
    if backend(conn) == Backend::Postgres {
        statement::execute(
            conn,
            "SELECT pg_advisory_xact_lock(hashtext($1), $2::int4)",
            &[Bound::text(Some(schema)), Bound::int(table)],
        )?;
    }
    Ok(())
}

/// A statement under way.
struct Run<'a> {
    conn: &'a mut Connection,
    schema: &'a str,
    write: &'a CompiledWrite,
    table: &'a Table,
    arguments: &'a Arguments<'a>,
    stamp: Stamp,
}

impl Run<'_> {
    /// Runs a query for its rows. `list`: the one list that it takes as a bind.
    fn rows_of(
        &mut self,
        compiled: &Compiled,
        list: Option<(&str, String)>,
    ) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        let values = self.with_list(list);
        let arguments = Arguments {
            values: &values,
            ..*self.arguments
        };
        run::rows(self.conn, compiled, &arguments, &mut |row| rows.push(row))?;
        Ok(rows)
    }

    /// The arguments with a list.
    fn with_list(&self, list: Option<(&str, String)>) -> Vec<(String, Value)> {
        // It comes first, and so it is the one that is found.
        let list = list.map(|(name, text)| (name.to_owned(), Value::Text(text)));
        let given = self.arguments.values.iter().cloned();
        list.into_iter().chain(given).collect()
    }

    /// The rows of OUTPUT for these rows.
    fn output(&mut self, ids: &[i32]) -> Result<Option<OutputRows>> {
        let Some(output) = &self.write.output else {
            return Ok(None);
        };
        if let Some(into) = &output.into {
            let rows = self.rows_of(&output.query, Some((ROW_IDS, list_of(ids))))?;
            temporary::fill(self.conn, into, rows)?;
            return Ok(None);
        }
        let values = self.with_list(Some((ROW_IDS, list_of(ids))));
        let arguments = Arguments {
            values: &values,
            ..*self.arguments
        };
        let mut rows = Collected::default();
        let columns = output.query.columns.clone();
        run::select(
            self.conn,
            &output.query,
            columns.len(),
            &arguments,
            &mut rows,
        )?;
        Ok(Some(OutputRows {
            columns,
            rows: rows.rows,
        }))
    }
}

/// Ids as a JSON array.
fn list_of(ids: &[i32]) -> String {
    let mut text = String::with_capacity(ids.len() * 7 + 2);
    text.push('[');
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&id.to_string());
    }
    text.push(']');
    text
}

fn id_of(cell: Option<&Value>) -> Option<i32> {
    match cell {
        Some(Value::Int(id)) => i32::try_from(*id).ok(),
        _ => None,
    }
}

fn corrupt(what: &str) -> StorageError {
    StorageError::Corrupt(format!("a compiled statement without {what}"))
}
