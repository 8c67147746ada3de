//! One connection type over both databases, and what every new connection is told before anybody uses it.
//!
//! The variant is chosen by the URL's scheme, here and nowhere else.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use crate::any::AnyConnection;
use crate::error::{Result, StorageError};
use crate::functions;
use crate::sqlite_library;

/// Where a database is, parsed from `--database`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, as libpq takes it.
    Postgres(String),
}

impl Location {
    /// Parses `sqlite:PATH` (also `sqlite://PATH`) or `postgres://...` (also `postgresql://`).
    ///
    /// # Errors
    /// [`StorageError::UnknownDatabase`] for any other scheme or an empty path.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StorageError::UnknownDatabase(url.to_owned()));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(StorageError::UnknownDatabase(without_password(url)))
    }

    /// The location for people and logs: never with user name or password.
    pub fn display(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => without_password(url),
        }
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let rest = rest.split('?').next().unwrap_or(rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// How durable a SQLite file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Kept data: an acknowledged write survives the end of the process.
    Kept,
    /// A temporary file that dies with the process: nothing is synced.
    Temporary,
}

/// A pooled connection: the connection and what the pool must know about it.
pub struct Connection {
    any: AnyConnection,
    /// Schema that unqualified system tables resolve to (PostgreSQL).
    schema: Option<String>,
    /// Texts that this connection has prepared. The driver never forgets a statement, so the pool retires a connection
    /// that has seen too many.
    texts: HashSet<u64>,
}

/// Distinct ad-hoc texts after which a connection is replaced.
const MOST_TEXTS: usize = 2_000;

impl Connection {
    /// Opens a connection and prepares it for use.
    ///
    /// # Errors
    /// [`StorageError::CannotOpenFile`] or [`StorageError::CannotConnect`] with the reason in words.
    pub fn open(location: &Location, durability: Durability) -> Result<Self> {
        let any = match location {
            Location::Sqlite(path) => AnyConnection::Sqlite(open_sqlite(path, durability)?),
            Location::Postgres(url) => AnyConnection::Postgres(open_postgres(url)?),
        };
        Ok(Self {
            any,
            schema: None,
            texts: HashSet::new(),
        })
    }

    /// Notes a text that is about to be prepared and cached.
    pub(crate) fn note_text(&mut self, sql: &str) {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        self.texts.insert(hasher.finish());
    }

    /// Whether the pool should close it instead of keeping it.
    pub(crate) fn is_spent(&mut self) -> bool {
        self.texts.len() > MOST_TEXTS || std::thread::panicking() || self.any.is_broken()
    }

    /// Makes unqualified system tables mean those of this schema. They have one shape in every schema of a server, so a
    /// statement prepared for another schema stays right (the server re-plans it); tables of users never rely on this and
    /// are always rendered with their schema.
    pub(crate) fn use_schema(&mut self, schema: &str) -> Result<()> {
        if let AnyConnection::Postgres(conn) = &mut self.any
            && self.schema.as_deref() != Some(schema)
        {
            self.schema = None;
            conn.batch_execute(&format!("SET search_path TO \"{schema}\""))?;
            self.schema = Some(schema.to_owned());
        }
        Ok(())
    }
}

impl Deref for Connection {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.any
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.any
    }
}

fn open_sqlite(path: &Path, durability: Durability) -> Result<SqliteConnection> {
    let cannot = |reason: String| StorageError::CannotOpenFile {
        path: path.to_owned(),
        reason,
    };
    sqlite_library::set_up();
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| {
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
    let synchronous = match durability {
        Durability::Kept => "NORMAL",
        Durability::Temporary => "OFF",
    };
    // busy_timeout first: the change to WAL needs a lock.
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456;"
    ))
    .map_err(|error| cannot(format!("{error}; check that the file and its folder may be written")))?;
    functions::register(&mut conn)?;
    Ok(conn)
}

fn open_postgres(url: &str) -> Result<PgConnection> {
    let mut conn = PgConnection::establish(url).map_err(|error| StorageError::CannotConnect {
        server: without_password(url),
        reason: error.to_string().trim().replace('\n', " "),
    })?;
    conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages TO warning;")?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::PostgresDatabase;
    use crate::{ids, statement};

    #[test]
    fn locations() {
        for (url, expected) in [
            ("sqlite:a.db", Some("sqlite:a.db")),
            ("sqlite:///tmp/a.db", Some("sqlite:/tmp/a.db")),
            ("sqlite:", None),
            (
                "postgres://me:secret@host:1/db?x=y",
                Some("postgres://host:1/db"),
            ),
            ("mysql://me:secret@host/db", None),
        ] {
            let found = Location::parse(url);
            assert_eq!(
                found.as_ref().ok().map(Location::display).as_deref(),
                expected,
                "{url}"
            );
            let message = found.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(!message.contains("secret"), "{message}");
        }
    }

    /// The typed tables of diesel name no schema. One connection serves several all the same: a statement that was
    /// prepared for one is planned again for the next.
    #[test]
    fn one_connection_serves_several_schemas() {
        let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
            assert!(std::env::var("CI").is_err(), "CI needs TEST_DATABASE_URL");
            eprintln!("SKIPPED (no TEST_DATABASE_URL): one connection, several schemas");
            return;
        };
        let database = PostgresDatabase::create(&url).unwrap();
        let location = Location::parse(database.url()).unwrap();
        let mut conn = Connection::open(&location, Durability::Kept).unwrap();
        for (schema, next) in [("a", 11), ("b", 22)] {
            conn.batch_execute(&format!(
                "CREATE SCHEMA {schema}; CREATE TABLE {schema}.next_ids (table_id integer PRIMARY KEY, next_id integer NOT NULL); \
                 INSERT INTO {schema}.next_ids VALUES (5, {next})"
            ))
            .unwrap();
        }
        for (schema, next) in [("a", 11), ("b", 22), ("a", 11), ("b", 22)] {
            conn.use_schema(schema).unwrap();
            assert_eq!(ids::peek(&mut conn, 5).unwrap(), next, "typed, {schema}");
            let rows = statement::collect(
                &mut conn,
                "SELECT next_id FROM next_ids",
                &[],
                &[cinchy_cql::value::Type::Int],
            );
            assert_eq!(
                rows.unwrap(),
                [[statement::OwnedCell::Int(next.into())]],
                "by text, {schema}"
            );
        }
    }
}
