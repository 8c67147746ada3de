//! How a connection is opened by each driver, and what it is told before anybody uses it.

use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Integer;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};

use super::{Durability, Journal, USUAL_LIMIT, without_password};
use crate::error::{Result, StorageError};
use crate::functions;
use crate::sqlite_library::{self, StopAt};

pub(super) fn open_sqlite(
    path: &Path,
    durability: Durability,
    journal: Journal,
    stop_at: &Arc<StopAt>,
) -> Result<SqliteConnection> {
    let cannot = |reason: String| StorageError::CannotOpenFile {
        path: path.to_owned(),
        reason,
    };
    sqlite_library::set_up();
    let opened = sqlite_library::opening(stop_at, || {
        SqliteConnection::establish(&path.to_string_lossy())
    });
    let mut conn = opened.map_err(|error| {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        cannot(match folder {
            Some(folder) if !folder.is_dir() => {
                format!(
                    "the folder `{}` does not exist; make it first",
                    folder.display()
                )
            }
            _ => format!("{error}; check that the file and its folder may be written"),
        })
    })?;
    if stop_at.handle().is_none() {
        return Err(cannot("SQLite does not show its connection".to_owned()));
    }
    let synchronous = match durability {
        Durability::Kept => "NORMAL",
        Durability::Temporary => "OFF",
    };
    let journal = match journal {
        Journal::Wal => "WAL",
        Journal::None => "OFF",
    };
    // busy_timeout first: the change to WAL needs a lock. It is synced too, where files are.
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = 10000; PRAGMA synchronous = {synchronous}; PRAGMA journal_mode = {journal}; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456;"
    ))
    .map_err(|error| cannot(format!("{error}; check that the file and its folder may be written")))?;
    functions::register(&mut conn)?;
    Ok(conn)
}

/// Whether a server says that its disk is full or broken. The driver hands over no code, so the text tells, which is
/// PostgreSQL's followed by that of its system.
pub(super) fn is_of_disk(error: &diesel::result::Error) -> bool {
    let diesel::result::Error::DatabaseError(_, info) = error else {
        return false;
    };
    let text = info.message();
    text.starts_with("could not ")
        && [
            ": No space left on device",
            ": Disk quota exceeded",
            ": Input/output error",
        ]
        .iter()
        .any(|reason| text.contains(reason))
}

/// The connection, and the process of the server that serves it.
pub(super) fn open_postgres(url: &str) -> Result<(PgConnection, i32)> {
    let mut conn = PgConnection::establish(url).map_err(|error| StorageError::CannotConnect {
        server: without_password(url),
        reason: error.to_string().trim().replace('\n', " "),
    })?;
    // A statement is planned for the values that it has: after five times PostgreSQL would plan for any, and take the index
    // of the order for a text that no row has (twice the time; to plan takes none that can be measured).
    conn.batch_execute(&format!(
        "SET TIME ZONE 'UTC'; SET client_min_messages TO warning; SET statement_timeout = {USUAL_LIMIT}; \
         SET plan_cache_mode = force_custom_plan; SET jit = off;"
    ))?;
    let backend = diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(&mut conn)?;
    Ok((conn, backend))
}
