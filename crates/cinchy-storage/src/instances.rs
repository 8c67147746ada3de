//! The databases of the instances beside the default one: on SQLite files in a folder beside its file, on PostgreSQL
//! schemas beside its schema.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use cinchy_cql::value::{Backend, Type};
use diesel::connection::SimpleConnection;

use crate::base_copy::Base;
use crate::connection::{Connection, Durability, Location};
use crate::database::{DEFAULT_SCHEMA, Database, prepare_schema, sessions_path};
use crate::error::{Result, StorageError};
use crate::pool::{Pool, Prepare};
use crate::scratch::make_folder;
use crate::seeding::{self, Warnings};
use crate::statement::{OwnedCell, collect};
use crate::{instance_states, migrate, sqlite_library, state};

/// Schema of an instance, before its name.
const SCHEMA_PREFIX: &str = "cinchy_i_";
/// Connections of an instance at most.
const POOL_SIZE: u32 = 4;

/// The schema of an instance's data (PostgreSQL).
pub(crate) fn schema_of(name: &str) -> String {
    // What the default one is called where names are said; none may be made by that name.
    if name == "default" {
        return DEFAULT_SCHEMA.to_owned();
    }
    format!("{SCHEMA_PREFIX}{name}")
}

/// Whether an instance may be called so: 1 to 40 of `a-z`, `0-9` and `-` (decided).
pub fn is_instance_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl Database {
    /// The names of the instances that have a database, in order.
    ///
    /// # Errors
    /// The driver's, or a folder that cannot be read.
    pub fn instance_names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = match self.root() {
            Location::Sqlite(path) => files(path)?.into_iter().map(|(name, _)| name).collect(),
            Location::Postgres(_) => self.read(|conn| {
                let sql =
                    "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, $1)";
                let rows = collect(
                    conn,
                    sql,
                    &[crate::statement::Bound::text(Some(SCHEMA_PREFIX))],
                    &[Type::Text],
                )?;
                Ok::<_, StorageError>(
                    rows.into_iter()
                        .filter_map(|row| match row.into_iter().next() {
                            Some(OwnedCell::Text(schema)) => {
                                schema.strip_prefix(SCHEMA_PREFIX).map(str::to_owned)
                            }
                            _ => None,
                        })
                        .collect(),
                )
            })?,
        };
        names.retain(|name| is_instance_name(name));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Whether an instance of this name has a database.
    ///
    /// # Errors
    /// As [`Self::instance_names`].
    pub fn has_instance(&self, name: &str) -> Result<bool> {
        match self.root() {
            Location::Sqlite(path) => Ok(find_file(path, name)?.is_some()),
            Location::Postgres(_) => {
                Ok(is_instance_name(name) && self.instance_names()?.iter().any(|n| n == name))
            }
        }
    }

    /// Opens the database of another instance; one that is not there is made and filled from `base`, and seals by
    /// `seal_key`.
    ///
    /// # Errors
    /// A seed that cannot be applied, files that cannot be made, or the driver's.
    pub fn instance(
        &self,
        name: &str,
        base: &Base,
        seal_key: &str,
        now: DateTime<Utc>,
    ) -> Result<(Self, Warnings)> {
        if !is_instance_name(name) {
            return Err(StorageError::Corrupt(format!(
                "`{name}` is no name of an instance"
            )));
        }
        match self.root() {
            Location::Sqlite(root) => {
                let found = find_file(root, name)?;
                self.sqlite_instance(root, name, found, base, seal_key, now)
            }
            Location::Postgres(_) => self.postgres_instance(name, base, now),
        }
    }

    fn sqlite_instance(
        &self,
        root: &Path,
        name: &str,
        found: Option<PathBuf>,
        base: &Base,
        seal_key: &str,
        now: DateTime<Utc>,
    ) -> Result<(Self, Warnings)> {
        let mut warnings = Vec::new();
        let is_new = found.is_none();
        let path = match found {
            Some(path) => path,
            None => {
                let folder = folder_of(root);
                make_folder(&folder)?;
                // Never the name of one that was dropped: a connection that is still open would take its files for its own.
                let id = uuid::Uuid::new_v4().simple().to_string();
                folder.join(format!("{name}.{}.sqlite", &id[..12]))
            }
        };
        let location = Location::Sqlite(path.clone());
        let beside = Location::Sqlite(sessions_path(&path));
        let opened = (|| {
            // What is gone with the process need not survive a copy that was cut off.
            let mut conn = match is_new && self.is_temporary() {
                true => Connection::open_unjournaled(&location)?,
                false => Connection::open(&location, self.durability())?,
            };
            // Also when an earlier try was cut off.
            let is_filled =
                !is_new && migrate::is_there(&mut conn)? && state::seeded(&mut conn)?.is_some();
            if is_filled {
                migrate::main(&mut conn)?;
            } else {
                warnings = base.fill(self, &mut conn, seal_key, now)?;
                conn.begin_journal()?;
            }
            Ok(conn)
        })();
        let conn = match opened {
            Ok(opened) => opened,
            Err(error) => {
                if is_new {
                    remove_files(&path);
                }
                return Err(error);
            }
        };
        let shared = self.shared();
        let (open, threads) = (&shared.open, &shared.threads);
        let kept = (&location, self.durability());
        let door = Arc::default();
        let main = Pool::lazy(Some(conn), None, &door, kept, POOL_SIZE, open, threads);
        // Many instances never have any short-lived state: its file is made when it is asked for.
        let empty = shared.empty_sessions.clone();
        let prepare: Prepare = Box::new(move |conn| prepare_sessions(&empty, conn));
        let temporary = (&beside, Durability::Temporary);
        let prepare = Some(prepare);
        let sessions = Pool::lazy(None, prepare, &door, temporary, POOL_SIZE, open, threads);
        let mut database = self.beside(self.schema().to_owned(), location, main, sessions, door);
        database.is_new = is_new;
        Ok((database, warnings))
    }

    fn postgres_instance(
        &self,
        name: &str,
        base: &Base,
        now: DateTime<Utc>,
    ) -> Result<(Self, Warnings)> {
        let schema = schema_of(name);
        let was_there = self.has_instance(name)?;
        let (main, sessions) = self.pools();
        let database = self.beside(schema, self.root().clone(), main, sessions, Arc::default());
        let made = self
            .read(|conn| {
                let made = prepare_schema(conn, database.schema());
                conn.use_schema(self.schema())?;
                made
            })
            .and_then(|()| {
                self.write_shared(|conn, schema| instance_states::incarnate(conn, schema, name))
            })
            .and_then(|()| seeding::apply_once(&database, base.prepared(), now));
        match made {
            Ok(warnings) => Ok((database, warnings.unwrap_or_default())),
            Err(error) => {
                if !was_there {
                    self.drop_schemas(name)?;
                }
                Err(error)
            }
        }
    }

    /// Removes the database of an instance and what is known of it; whether there was one. Connections to it may be open:
    /// they lose it.
    ///
    /// # Errors
    /// Files that cannot be removed, or the driver's.
    pub fn drop_instance(&self, name: &str) -> Result<bool> {
        if !is_instance_name(name) {
            return Ok(false);
        }
        let there = match self.root() {
            Location::Sqlite(root) => {
                let found = find_file(root, name)?;
                if let Some(path) = &found {
                    remove_files(path);
                }
                found.is_some()
            }
            Location::Postgres(_) => {
                let there = self.has_instance(name)?;
                if there {
                    self.drop_schemas(name)?;
                }
                there
            }
        };
        self.write_shared(|conn, schema| instance_states::delete(conn, schema, name))?;
        Ok(there)
    }

    fn drop_schemas(&self, name: &str) -> Result<()> {
        self.read(|conn| {
            conn.lift_limit();
            conn.arm()?;
            Ok::<_, StorageError>(conn.batch_execute(&format!(
                "DROP SCHEMA IF EXISTS \"{SCHEMA_PREFIX}{name}\" CASCADE"
            ))?)
        })
    }
}

/// Makes the tables of a file of short-lived state: a copy is faster than the migrations.
fn prepare_sessions(empty: &Mutex<Option<Connection>>, conn: &mut Connection) -> Result<()> {
    // Held all the while: of two connections to a new file one fills it.
    let mut empty = empty.lock().unwrap_or_else(PoisonError::into_inner);
    if migrate::is_there(conn)? {
        return migrate::sessions(conn);
    }
    let source = match &mut *empty {
        Some(source) => source,
        None => {
            let place = Location::Sqlite(PathBuf::from(":memory:"));
            let mut source = Connection::open(&place, Durability::Temporary)?;
            migrate::sessions(&mut source)?;
            empty.insert(source)
        }
    };
    sqlite_library::backup(source, conn)
}

fn folder_of(root: &Path) -> PathBuf {
    let mut name = root.as_os_str().to_owned();
    name.push(".instances");
    name.into()
}

/// Instances with their files.
fn files(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let folder = folder_of(root);
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
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let parts: Vec<&str> = name.to_str().unwrap_or_default().split('.').collect();
        if let [name, _, "sqlite"] = parts.as_slice()
            && is_instance_name(name)
        {
            found.push(((*name).to_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

fn find_file(root: &Path, name: &str) -> Result<Option<PathBuf>> {
    let found = files(root)?.into_iter().find(|(own, _)| own == name);
    Ok(found.map(|(_, path)| path))
}

/// Removes a database with its files beside it. The file itself goes first: without it nobody finds the rest.
fn remove_files(path: &Path) {
    let sessions = sessions_path(path);
    for path in [path, sessions.as_path()] {
        for ending in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "a file of a dropped instance is left over");
                }
                _ => {}
            }
        }
    }
}

impl Database {
    /// Which kind the databases of all instances are of.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.backend() == Backend::Sqlite
    }
}
