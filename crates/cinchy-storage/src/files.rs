//! Files: rows of `[Cinchy].[Files]`, and their bytes in pieces beside them.
//!
//! Bytes stand in the database, so that all processes on one PostgreSQL have them, and so that snapshots and resets need not
//! know of anything else. An upload writes each piece in a transaction of its own: a slow client keeps no lock. Nobody sees
//! its bytes before a row names them, which happens once all of them are there.

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Column, ColumnKind, Table};
use cinchy_cql::value::{Type, Value};

use crate::base::system_table;
use crate::catalog::system_catalog;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{self, Stamp, qualified, quoted};
use crate::statement::{Bound, OwnedCell, collect, execute};

/// Cinchy Id of the table.
const FILES: i32 = 16;
/// Bytes of a piece at most: what an upload or a download holds in memory.
pub const PIECE: usize = 256 * 1024;

/// A file whose bytes are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// `[File Name]`.
    pub name: String,
    /// `[Content Type]`.
    pub content_type: Option<String>,
    /// Bytes.
    pub size: i64,
    /// Which content holds the bytes; also `[Guid]`.
    pub guid: String,
}

/// A live row of `[Cinchy].[Files]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Cinchy Id.
    pub id: i32,
    /// The rest.
    pub file: NewFile,
}

/// Stores the piece of this number, from 0 on, of a content that no row names yet. `now` is the machine's time.
///
/// # Errors
/// The driver's, such as a full disk.
pub fn store(
    conn: &mut Connection,
    schema: &str,
    guid: &str,
    ordinal: i32,
    bytes: Vec<u8>,
    now: NaiveDateTime,
) -> Result<()> {
    let contents = qualified(conn, schema, "file_contents");
    // The first mentions of placeholders must be in their order.
    let sql = if ordinal == 0 {
        format!("INSERT INTO {contents} (guid, touched, complete) VALUES ($1, $2, $3)")
    } else {
        format!("UPDATE {contents} SET guid = $1, touched = $2 WHERE guid = $1 AND complete = $3")
    };
    let binds = [
        Bound::text(Some(guid)),
        Bound::date_time(now),
        Bound::bit(false),
    ];
    if execute(conn, &sql, &binds)? != 1 {
        return Err(swept(guid));
    }
    let pieces = qualified(conn, schema, "file_pieces");
    let bytes = Bound {
        ty: Type::Binary,
        value: Value::Bytes(bytes),
    };
    let binds = [Bound::text(Some(guid)), Bound::int(ordinal), bytes];
    execute(
        conn,
        &format!("INSERT INTO {pieces} (guid, ordinal, bytes) VALUES ($1, $2, $3)"),
        &binds,
    )?;
    Ok(())
}

/// Lets one transaction at a time add files to cells, until it ends. SQLite has one writer anyway.
///
/// # Errors
/// The driver's.
pub fn lock(conn: &mut Connection, schema: &str) -> Result<()> {
    crate::write::lock(conn, schema, FILES)
}

/// Gives a content whose pieces are all stored a row of `[Cinchy].[Files]`; the row's id.
///
/// # Errors
/// The driver's, or a content that is not there.
pub fn insert(conn: &mut Connection, schema: &str, stamp: Stamp, file: &NewFile) -> Result<i32> {
    let contents = qualified(conn, schema, "file_contents");
    let binds = [Bound::bit(true), Bound::text(Some(file.guid.as_str()))];
    let sql = format!("UPDATE {contents} SET complete = $1 WHERE guid = $2");
    if execute(conn, &sql, &binds)? != 1 {
        return Err(swept(&file.guid));
    }
    let catalog = system_catalog();
    let table = system_table(&catalog, "Files")?;
    rows::insert(conn, schema, table, stamp, values(file))
}

fn values(file: &NewFile) -> Vec<(&'static str, Bound)> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let size = file.size as f64;
    vec![
        ("file_name", Bound::text(Some(file.name.as_str()))),
        ("content_type", Bound::text(file.content_type.clone())),
        (
            "size",
            Bound {
                ty: Type::Double,
                value: Value::Double(size),
            },
        ),
        ("guid", Bound::text(Some(file.guid.as_str()))),
    ]
}

fn swept(guid: &str) -> StorageError {
    StorageError::Corrupt(format!("the content {guid} of an upload is gone"))
}

/// Removes a content with its pieces.
///
/// # Errors
/// The driver's.
pub fn discard(conn: &mut Connection, schema: &str, guid: &str) -> Result<()> {
    for table in ["file_pieces", "file_contents"] {
        let table = qualified(conn, schema, table);
        let sql = format!("DELETE FROM {table} WHERE guid = $1");
        execute(conn, &sql, &[Bound::text(Some(guid))])?;
    }
    Ok(())
}

/// Removes contents of uploads that wrote nothing since `before` and were never finished.
///
/// # Errors
/// The driver's.
pub fn sweep(conn: &mut Connection, schema: &str, before: NaiveDateTime) -> Result<()> {
    for guid in stale(conn, schema, before)? {
        discard(conn, schema, &guid)?;
    }
    Ok(())
}

/// Contents that [`sweep`] would remove.
///
/// # Errors
/// The driver's.
pub fn stale(conn: &mut Connection, schema: &str, before: NaiveDateTime) -> Result<Vec<String>> {
    let contents = qualified(conn, schema, "file_contents");
    let sql = format!("SELECT guid FROM {contents} WHERE complete = $1 AND touched < $2");
    let binds = [Bound::bit(false), Bound::date_time(before)];
    let found = collect(conn, &sql, &binds, &[Type::Text])?;
    let guids = found.into_iter().flatten();
    Ok(guids.filter_map(text_of).collect())
}

/// Live files: one, or all in the order of their ids.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut Connection, schema: &str, id: Option<i32>) -> Result<Vec<StoredFile>> {
    let files = qualified(conn, schema, "files");
    let sql = format!(
        "SELECT cinchy_id, file_name, content_type, size, guid FROM {files} \
         WHERE deleted IS NULL AND (CAST($1 AS INTEGER) IS NULL OR cinchy_id = $1) ORDER BY cinchy_id"
    );
    let types = [Type::Int, Type::Text, Type::Text, Type::Double, Type::Text];
    let rows = collect(conn, &sql, &[Bound::int(id)], &types)?;
    Ok(rows.into_iter().filter_map(stored).collect())
}

/// Ids that a link cell of this row goes to, in order.
///
/// # Errors
/// The driver's.
pub fn linked(
    conn: &mut Connection,
    schema: &str,
    table: &Table,
    column: &Column,
    row: i32,
) -> Result<Vec<i32>> {
    let sql = match (&column.kind, &column.physical) {
        (
            ColumnKind::Link {
                junction: Some(junction),
                ..
            },
            _,
        ) => format!(
            "SELECT target_id FROM {} WHERE row_id = $1 ORDER BY ordinal",
            qualified(conn, schema, junction)
        ),
        (ColumnKind::Link { .. }, Some(physical)) => format!(
            "SELECT {} FROM {} WHERE cinchy_id = $1",
            quoted(physical),
            qualified(conn, schema, &table.physical)
        ),
        _ => return Ok(Vec::new()),
    };
    let found = collect(conn, &sql, &[Bound::int(row)], &[Type::Int])?;
    let ids = found.into_iter().flatten().filter_map(|cell| match cell {
        OwnedCell::Int(id) => i32::try_from(id).ok(),
        _ => None,
    });
    Ok(ids.collect())
}

/// A file without name is none that could be offered; only CQL makes such rows.
fn stored(row: Vec<OwnedCell>) -> Option<StoredFile> {
    let mut cells = row.into_iter();
    let mut next = || cells.next();
    let id = match next()? {
        OwnedCell::Int(id) => i32::try_from(id).ok()?,
        _ => return None,
    };
    let name = next().and_then(text_of)?;
    let content_type = next().and_then(text_of);
    #[expect(clippy::cast_possible_truncation, reason = "a count of bytes")]
    let size = match next()? {
        OwnedCell::Double(size) => size as i64,
        _ => 0,
    };
    let guid = next().and_then(text_of).unwrap_or_default();
    Some(StoredFile {
        id,
        file: NewFile {
            name,
            content_type,
            size,
            guid,
        },
    })
}

fn text_of(cell: OwnedCell) -> Option<String> {
    match cell {
        OwnedCell::Text(text) => Some(text),
        _ => None,
    }
}

/// A piece of a complete content; `None` after the last one.
///
/// # Errors
/// The driver's.
pub fn piece(
    conn: &mut Connection,
    schema: &str,
    guid: &str,
    ordinal: i32,
) -> Result<Option<Vec<u8>>> {
    let pieces = qualified(conn, schema, "file_pieces");
    let contents = qualified(conn, schema, "file_contents");
    let sql = format!(
        "SELECT p.bytes FROM {pieces} p JOIN {contents} c ON c.guid = p.guid \
         WHERE p.guid = $1 AND p.ordinal = $2 AND c.complete = $3"
    );
    let binds = [
        Bound::text(Some(guid)),
        Bound::int(ordinal),
        Bound::bit(true),
    ];
    let found = collect(conn, &sql, &binds, &[Type::Binary])?;
    Ok(found.into_iter().flatten().find_map(|cell| match cell {
        OwnedCell::Bytes(bytes) => Some(bytes),
        _ => None,
    }))
}

/// Bytes of a complete content, whole.
///
/// # Errors
/// The driver's.
pub(crate) fn read(conn: &mut Connection, schema: &str, guid: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut ordinal = 0;
    while let Some(piece) = piece(conn, schema, guid, ordinal)? {
        bytes.extend_from_slice(&piece);
        ordinal += 1;
    }
    Ok(bytes)
}

/// Makes or replaces the file of this name with these bytes, in one transaction of the caller's.
///
/// # Errors
/// The driver's.
pub(crate) fn put(
    conn: &mut Connection,
    schema: &str,
    stamp: Stamp,
    file: &NewFile,
    bytes: &[u8],
) -> Result<()> {
    discard(conn, schema, &file.guid)?;
    let mut ordinal = 0;
    let mut pieces = bytes.chunks(PIECE);
    loop {
        let piece = match (pieces.next(), ordinal) {
            (Some(piece), _) => piece,
            (None, 0) => &[],
            (None, _) => break,
        };
        store(conn, schema, &file.guid, ordinal, piece.to_vec(), stamp.at)?;
        ordinal += 1;
    }
    let old = find(conn, schema, None)?
        .into_iter()
        .find(|old| old.file.name == file.name);
    let Some(old) = old else {
        insert(conn, schema, stamp, file)?;
        return Ok(());
    };
    if old.file.guid != file.guid {
        discard(conn, schema, &old.file.guid)?;
    }
    let contents = qualified(conn, schema, "file_contents");
    let binds = [Bound::bit(true), Bound::text(Some(file.guid.as_str()))];
    let sql = format!("UPDATE {contents} SET complete = $1 WHERE guid = $2");
    execute(conn, &sql, &binds)?;
    let catalog = system_catalog();
    let table = system_table(&catalog, "Files")?;
    rows::update(conn, schema, table, old.id, stamp, values(file))
}
