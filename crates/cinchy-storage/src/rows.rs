//! Writing rows of any Cinchy table, system tables included: ids, stamps, columns, junctions of multi-links.
//!
//! Rights and the checks of values stand above this; what is written here is already allowed and valid.

use chrono::NaiveDateTime;
use cinchy_cql::catalog::Table;
use cinchy_cql::value::{Backend, Type};

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::data_tables;
use crate::error::Result;
use crate::ids;
use crate::statement::{Bound, OwnedCell, collect, execute};

/// Who writes, and when (by the instance's clock).
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// `[Created By]`, `[Modified By]`.
    pub user: i32,
    /// `[Created]`, `[Modified]`.
    pub at: NaiveDateTime,
}

/// Quotes a physical name. They are made by this program and hold no quotes; doubling is the second lock.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A physical table's name for SQL text, with the schema where there is one.
pub(crate) fn qualified(conn: &AnyConnection, schema: &str, physical: &str) -> String {
    match conn {
        AnyConnection::Sqlite(_) => quoted(physical),
        AnyConnection::Postgres(_) => format!("{}.{}", quoted(schema), quoted(physical)),
    }
}

/// The backend of a connection.
pub(crate) fn backend(conn: &AnyConnection) -> Backend {
    match conn {
        AnyConnection::Sqlite(_) => Backend::Sqlite,
        AnyConnection::Postgres(_) => Backend::Postgres,
    }
}

/// Values bound in one statement at most. Either database takes more, but SQLite looks each placeholder up among those
/// before it when it prepares a text: 16,000 of them took longer than all the rest of a start.
const MOST_BINDS: usize = 500;
/// Rows of one statement at most: beyond this a longer text gains nothing.
const MOST_ROWS: usize = 200;

/// Rows of one insert statement, sent together.
pub(crate) struct Batch {
    head: String,
    /// Values that stand before the rows, bound each time.
    ahead: Vec<Bound>,
    tail: &'static str,
    width: usize,
    /// What follows the placeholder of each column; none: nothing does.
    casts: Vec<String>,
    most: usize,
    /// The text for as many rows as it may have, once there were so many.
    full: Option<String>,
    pending: Vec<Bound>,
}

impl Batch {
    /// For an `INSERT INTO ... VALUES` of this head and so many values a row.
    pub fn new(head: String, width: usize) -> Self {
        Self::between(head, Vec::new(), width, "")
    }

    /// For a statement with VALUES in its middle; the head may mention `ahead` as `$1` and so on.
    pub fn between(head: String, ahead: Vec<Bound>, width: usize, tail: &'static str) -> Self {
        let most = (MOST_BINDS / width).clamp(1, MOST_ROWS);
        let mut batch = Self {
            head,
            ahead,
            tail,
            width,
            casts: Vec::new(),
            most,
            full: None,
            pending: Vec::new(),
        };
        batch.clear();
        batch
    }

    /// Casts the values of each column: those that are bound as text.
    pub fn casting(mut self, casts: Vec<String>) -> Self {
        self.casts = casts;
        self
    }

    fn text(&self, rows: usize) -> String {
        let mut sql = self.head.clone();
        values(&mut sql, self.ahead.len(), self.width, rows, &self.casts);
        sql.push_str(self.tail);
        sql
    }

    fn clear(&mut self) {
        self.pending.clear();
        self.pending.extend(self.ahead.iter().cloned());
    }

    fn rows(&self) -> usize {
        (self.pending.len() - self.ahead.len()) / self.width
    }

    /// A batch for a junction table.
    pub fn of_links(conn: &AnyConnection, schema: &str, junction: &str) -> Self {
        let name = qualified(conn, schema, junction);
        Self::new(
            format!("INSERT INTO {name} (row_id, ordinal, target_id) VALUES "),
            3,
        )
    }

    /// Adds a row of exactly `width` values.
    ///
    /// # Errors
    /// The driver's, for this or an earlier row of the batch.
    pub fn add(
        &mut self,
        conn: &mut Connection,
        row: impl IntoIterator<Item = Bound>,
    ) -> Result<()> {
        self.pending.extend(row);
        if self.rows() >= self.most {
            let full = match self.full.take() {
                Some(full) => full,
                None => self.text(self.most),
            };
            execute(conn, &full, &self.pending)?;
            self.full = Some(full);
            self.clear();
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The driver's.
    pub fn finish(self, conn: &mut Connection) -> Result<()> {
        let rows = self.rows();
        if rows > 0 {
            execute(conn, &self.text(rows), &self.pending)?;
        }
        Ok(())
    }
}

fn values(sql: &mut String, mut bind: usize, width: usize, rows: usize, casts: &[String]) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            bind += 1;
            sql.push_str(if column == 0 { "$" } else { ", $" });
            sql.push_str(&bind.to_string());
            sql.push_str(casts.get(column).map_or("", String::as_str));
        }
        sql.push(')');
    }
}

/// Inserts rows of one Cinchy table.
pub struct Inserter {
    batch: Batch,
    stamp: Stamp,
}

impl Inserter {
    /// For rows that give these physical columns, in this order.
    pub fn new(
        conn: &AnyConnection,
        schema: &str,
        table: &str,
        columns: &[&str],
        stamp: Stamp,
    ) -> Self {
        let names: String = columns.iter().map(|c| format!(", {}", quoted(c))).collect();
        let head = format!(
            "INSERT INTO {} (cinchy_id, created_by, created, modified_by, modified{names}) VALUES ",
            qualified(conn, schema, table),
        );
        Self {
            batch: Batch::new(head, columns.len() + 5),
            stamp,
        }
    }

    /// Adds a row; values in the order of the columns.
    ///
    /// # Errors
    /// The driver's, for this or an earlier row of the batch.
    pub fn add(
        &mut self,
        conn: &mut Connection,
        id: i32,
        values: impl IntoIterator<Item = Bound>,
    ) -> Result<()> {
        let Stamp { user, at } = self.stamp;
        let stamps = [
            Bound::int(id),
            Bound::int(user),
            Bound::date_time(at),
            Bound::int(user),
            Bound::date_time(at),
        ];
        self.batch.add(conn, stamps.into_iter().chain(values))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The driver's.
    pub fn finish(self, conn: &mut Connection) -> Result<()> {
        self.batch.finish(conn)
    }
}

/// Inserts one row with the next id of its table; its id.
///
/// # Errors
/// The driver's; a unique violation is a [`diesel::result::Error::DatabaseError`] of that kind.
pub fn insert(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    stamp: Stamp,
    values: Vec<(&str, Bound)>,
) -> Result<i32> {
    let id = ids::take(conn, table.id, 1)?;
    insert_with_id(conn, schema, table, id, stamp, values)?;
    Ok(id)
}

/// Inserts one row with a given id, which must be free and reserved.
///
/// # Errors
/// As [`insert`].
pub fn insert_with_id(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    id: i32,
    stamp: Stamp,
    values: Vec<(&str, Bound)>,
) -> Result<()> {
    let (columns, values): (Vec<&str>, Vec<Bound>) = values.into_iter().unzip();
    let mut inserter = Inserter::new(conn, schema, &table.physical, &columns, stamp);
    inserter.add(conn, id, values)?;
    inserter.finish(conn)
}

/// Sets columns of one row and raises its version.
///
/// # Errors
/// The driver's.
pub fn update(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    id: i32,
    stamp: Stamp,
    values: Vec<(&str, Bound)>,
) -> Result<()> {
    let mut sets = String::new();
    let mut binds = vec![Bound::int(stamp.user), Bound::date_time(stamp.at)];
    for (column, value) in values {
        binds.push(value);
        sets.push_str(&format!(", {} = ${}", quoted(column), binds.len()));
    }
    binds.push(Bound::int(id));
    let sql = format!(
        "UPDATE {} SET version = version + 1, modified_by = $1, modified = $2{sets} WHERE cinchy_id = ${}",
        qualified(conn, schema, &table.physical),
        binds.len()
    );
    execute(conn, &sql, &binds)?;
    Ok(())
}

/// Keeps the present version of a row in the history of its table, as a statement that writes does.
///
/// # Errors
/// The driver's.
pub fn keep_version(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    id: i32,
    at: NaiveDateTime,
) -> Result<()> {
    let sql = data_tables::keep_versions_sql(conn, schema, table);
    let list = Bound::text(Some(format!("[{id}]")));
    execute(conn, &sql, &[Bound::date_time(at), list])?;
    Ok(())
}

/// Takes the mark of deletion from a row, which becomes a new version of it.
///
/// # Errors
/// The driver's; a unique violation when another row has taken a value of its.
pub fn restore(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    id: i32,
    stamp: Stamp,
) -> Result<()> {
    keep_version(conn, schema, table, id, stamp.at)?;
    let back = vec![
        ("deleted", Bound::date_time(None)),
        ("deleted_by", Bound::int(None)),
    ];
    update(conn, schema, table, id, stamp, back)
}

/// Replaces the targets of a multi-link cell, in order.
///
/// # Errors
/// The driver's.
pub fn set_links(
    conn: &mut Connection,
    schema: &str,
    junction: &str,
    row: i32,
    targets: &[i32],
) -> Result<()> {
    let name = qualified(conn, schema, junction);
    execute(
        conn,
        &format!("DELETE FROM {name} WHERE row_id = $1"),
        &[Bound::int(row)],
    )?;
    let mut batch = Batch::of_links(conn, schema, junction);
    for (ordinal, target) in (1..).zip(targets) {
        batch.add(
            conn,
            [Bound::int(row), Bound::int(ordinal), Bound::int(*target)],
        )?;
    }
    batch.finish(conn)
}

/// All cells of a multi-link column: row and target, in order.
///
/// # Errors
/// The driver's.
pub fn links(conn: &mut Connection, schema: &str, junction: &str) -> Result<Vec<(i32, i32)>> {
    let sql = format!(
        "SELECT row_id, target_id FROM {} ORDER BY row_id, ordinal",
        qualified(conn, schema, junction)
    );
    Ok(collect(conn, &sql, &[], &[Type::Int, Type::Int])?
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [OwnedCell::Int(row), OwnedCell::Int(target)] => {
                Some((i32::try_from(*row).ok()?, i32::try_from(*target).ok()?))
            }
            _ => None,
        })
        .collect())
}
