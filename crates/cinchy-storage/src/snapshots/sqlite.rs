//! Snapshots as files.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{Snapshot, diff, is_snapshot_name};
use crate::base_copy::copy_over;
use crate::connection::{Connection, Durability, Location};
use crate::database::Database;
use crate::error::{Result, StorageError};
use crate::sqlite_library;
use crate::template::{small_copy, write_file};

const ENDING: &str = ".sqlite";

fn folder(database: &Database, instance: &str) -> Result<PathBuf> {
    let folder = format!("snapshots/{instance}");
    database.shared().scratch.subfolder(&folder)
}

fn file(database: &Database, instance: &str, name: &str) -> Result<PathBuf> {
    Ok(folder(database, instance)?.join(format!("{name}{ENDING}")))
}

/// Snapshots that were put back lately, which suites do again and again: opening one takes longer than copying it.
#[derive(Default)]
pub(crate) struct OpenSnapshots(Vec<(PathBuf, Connection)>);

/// Open snapshots of an instance at most.
const MOST_OPEN: usize = 4;

impl OpenSnapshots {
    /// The snapshot in this file.
    fn open(&mut self, path: &Path) -> Result<&mut Connection> {
        let found = self.0.iter().position(|(open, _)| open == path);
        let at = match found {
            Some(at) => at,
            None => {
                let place = Location::Sqlite(path.to_owned());
                let conn = Connection::open(&place, Durability::Temporary)?;
                if self.0.len() >= MOST_OPEN {
                    self.0.remove(0);
                }
                self.0.push((path.to_owned(), conn));
                self.0.len() - 1
            }
        };
        Ok(&mut self.0[at].1)
    }

    /// Closes that of this file, before it is replaced or deleted.
    fn close(&mut self, path: &Path) {
        self.0.retain(|(open, _)| open != path);
    }

    /// Closes all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// To be held while the files of snapshots are open: one that is replaced must be nobody's, since SQLite keeps what belongs
/// to a file beside it, by its name.
fn hold(database: &Database) -> MutexGuard<'_, OpenSnapshots> {
    database
        .snapshots
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The file of a snapshot that is there.
fn found(database: &Database, instance: &str, name: &str) -> Result<Option<PathBuf>> {
    if !is_snapshot_name(name) {
        return Ok(None);
    }
    let path = file(database, instance, name)?;
    Ok(path.is_file().then_some(path))
}

pub(super) fn list(database: &Database, instance: &str) -> Result<Vec<Snapshot>> {
    let folder = database
        .shared()
        .scratch
        .folder()?
        .join(format!("snapshots/{instance}"));
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(StorageError::File {
                path: folder,
                source,
            });
        }
    };
    let mut all = Vec::new();
    for entry in entries.flatten() {
        let file = entry.file_name();
        let name = file.to_str().and_then(|name| name.strip_suffix(ENDING));
        if let Some(name) = name.filter(|name| is_snapshot_name(name)) {
            all.push(describe(name, &entry.path())?);
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn describe(name: &str, path: &Path) -> Result<Snapshot> {
    let cannot = |source| StorageError::File {
        path: path.to_owned(),
        source,
    };
    let data = path.metadata().map_err(cannot)?;
    Ok(Snapshot {
        name: name.to_owned(),
        created: data.modified().map_or_else(|_| Utc::now(), DateTime::from),
        bytes: data.len(),
    })
}

pub(super) fn take(database: &Database, instance: &str, name: &str) -> Result<Snapshot> {
    let mut held = hold(database);
    // Or the snapshot would outlive the instance.
    database.check_open()?;
    let path = file(database, instance, name)?;
    // Beside it first: one that is there stays whole until the new one is.
    let new = folder(database, instance)?.join(format!(".{}", uuid::Uuid::new_v4().simple()));
    let taken = (|| {
        database.read(|live| match small_copy(live)? {
            Some(bytes) => write_file(&new, &bytes),
            None => {
                let mut conn = Connection::open_unjournaled(&Location::Sqlite(new.clone()))?;
                sqlite_library::backup(live, &mut conn)
            }
        })?;
        held.close(&path);
        std::fs::rename(&new, &path).map_err(|source| StorageError::CannotWrite {
            path: path.clone(),
            source,
        })
    })();
    if taken.is_err() {
        // It may never have been made.
        let _ = std::fs::remove_file(&new);
    }
    taken?;
    describe(name, &path)
}

pub(super) fn restore(database: &Database, instance: &str, name: &str) -> Result<bool> {
    let mut held = hold(database);
    // Or its files would be opened after they were removed.
    database.check_open()?;
    let Some(path) = found(database, instance, name)? else {
        return Ok(false);
    };
    let conn = held.open(&path)?;
    let copied = database.read(|live| copy_over(conn, live));
    if copied.is_err() {
        held.close(&path);
    }
    copied?;
    Ok(true)
}

pub(super) fn delete(database: &Database, instance: &str, name: &str) -> Result<bool> {
    let mut held = hold(database);
    let Some(path) = found(database, instance, name)? else {
        return Ok(false);
    };
    held.close(&path);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StorageError::CannotWrite { path, source }),
    }
}

/// Runs `work` while the files stay what they are.
pub(super) fn compare<T>(database: &Database, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let _held = hold(database);
    work()
}

/// To be called by [`compare`].
pub(super) fn side(database: &Database, instance: &str, name: &str) -> Result<Option<diff::Side>> {
    found(database, instance, name)?
        .map(|path| {
            let conn = Connection::open(&Location::Sqlite(path), Durability::Temporary)?;
            diff::Side::new(conn, database.schema())
        })
        .transpose()
}
