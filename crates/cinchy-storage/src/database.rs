//! [`Database`]: everything that one instance keeps, behind three doors: read, write, and the short-lived state.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cinchy_cql::value::Backend;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};
use scheduled_thread_pool::ScheduledThreadPool;
use tempfile::TempDir;

use crate::any::AnyConnection;
use crate::connection::{Connection, Durability, Location};
use crate::error::{Result, StorageError};
use crate::migrate;
use crate::pool::{Pool, Pooled, pool_threads};

/// Schema of the default instance on PostgreSQL.
const DEFAULT_SCHEMA: &str = "cinchy";

/// The database of one instance: on SQLite a file and a second one for short-lived state, on PostgreSQL a schema.
pub struct Database {
    backend: Backend,
    schema: String,
    location: Location,
    durability: Durability,
    main: Pool,
    sessions: Pool,
    /// Removes a temporary database when the last handle goes.
    temporary: Option<TempDir>,
}

/// How to open a database.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--database`; `None`: a temporary SQLite file.
    pub url: Option<String>,
    /// Connections at most; 0 for a default that suits two to eight cores.
    pub pool_size: u32,
}

impl Database {
    /// Opens (and on first use makes and migrates) the database of the default instance.
    ///
    /// # Errors
    /// Whatever stands in the way, in words for the person at the terminal.
    pub fn open(options: &Options) -> Result<Self> {
        let threads = pool_threads();
        match &options.url {
            None => Self::opentemporary(options, &threads),
            Some(url) => Self::open_at(
                &Location::parse(url)?,
                Durability::Kept,
                None,
                options,
                &threads,
            ),
        }
    }

    fn opentemporary(options: &Options, threads: &Arc<ScheduledThreadPool>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("cinchy-emulator-")
            .tempdir()
            .map_err(|source| StorageError::File {
                path: std::env::temp_dir(),
                source,
            })?;
        let location = Location::Sqlite(folder.path().join("platform.sqlite"));
        Self::open_at(
            &location,
            Durability::Temporary,
            Some(folder),
            options,
            threads,
        )
    }

    fn open_at(
        location: &Location,
        durability: Durability,
        temporary: Option<TempDir>,
        options: &Options,
        threads: &Arc<ScheduledThreadPool>,
    ) -> Result<Self> {
        let size = if options.pool_size == 0 {
            8
        } else {
            options.pool_size
        };
        // Opened by hand, so that what is wrong is said at once and in full, not after the pool's timeout.
        let mut first = Connection::open(location, durability)?;
        let (backend, main, sessions) = match location {
            Location::Sqlite(path) => {
                let beside = Location::Sqlite(sessions_path(path));
                let mut sessions = Connection::open(&beside, Durability::Temporary)?;
                migrate::main(&mut first)?;
                migrate::sessions(&mut sessions)?;
                (
                    Backend::Sqlite,
                    Pool::new(first, location, durability, size, threads),
                    Pool::new(sessions, &beside, Durability::Temporary, 2, threads),
                )
            }
            Location::Postgres(_) => {
                prepare_schema(&mut first)?;
                let pool = Pool::new(first, location, durability, size.max(12), threads);
                (Backend::Postgres, pool.clone(), pool)
            }
        };
        Ok(Self {
            backend,
            schema: DEFAULT_SCHEMA.to_owned(),
            location: location.clone(),
            durability,
            main,
            sessions,
            temporary,
        })
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The schema that data tables are rendered with (PostgreSQL; a fixed word on SQLite, where none is rendered).
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }

    /// Where it is, for people: without credentials.
    pub fn location(&self) -> String {
        self.location.display()
    }

    /// The folder of a temporary database. It goes with the last handle; whoever ends the process can be sure of it by
    /// removing it too.
    pub fn temporary_folder(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    fn take(&self, pool: &Pool) -> Result<Pooled> {
        let mut conn = pool.get()?;
        conn.handed_on()?;
        conn.use_schema(&self.schema)?;
        Ok(conn)
    }

    /// Runs `work` with a connection for reading. Each statement stands alone.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.main)?;
        work(&mut conn)
    }

    /// As [`Self::read`], where waiting is out of the question: with a connection that is idle, and for at most `limit`
    /// (what takes longer fails with [`StorageError::Timeout`]). `None` when no connection is idle, or when each statement
    /// waits for a server.
    pub fn read_at_once<T>(
        &self,
        limit: Duration,
        work: impl FnOnce(&mut Connection) -> T,
    ) -> Option<T> {
        if self.backend == Backend::Postgres {
            return None;
        }
        let mut conn = self.main.idle()?;
        conn.limit(Instant::now().checked_add(limit));
        Some(work(&mut conn))
    }

    /// Runs `work` on one state of the database, however many statements it takes.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn read_snapshot<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.main)?;
        let begin = match &**conn {
            AnyConnection::Sqlite(_) => "BEGIN",
            AnyConnection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        within(&mut conn, &Bounds::of_transaction(begin), work)
    }

    /// Runs `work` in one transaction: all of it happens, or nothing. On SQLite it holds the write lock from the start
    /// (a deferred one that reads first would fail at once when another writes).
    ///
    /// # Errors
    /// Those of `work` (rolled back), or of the commit.
    pub fn write<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.main)?;
        transaction(&mut conn, work)
    }

    /// Like [`Self::write`], in the store of short-lived state (failed logins, sessions, grants).
    ///
    /// # Errors
    /// Those of `work` (rolled back), or of the commit.
    pub fn write_sessions<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.sessions)?;
        transaction(&mut conn, work)
    }

    /// Runs `work` with a connection to the store of short-lived state. Each statement stands alone.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn with_sessions<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.sessions)?;
        work(&mut conn)
    }

    /// A connection of its own, outside the pool, for whoever keeps it over several requests.
    ///
    /// # Errors
    /// The driver's.
    pub fn pin(&self) -> Result<Connection> {
        let mut conn = Connection::open(&self.location, self.durability)?;
        conn.use_schema(&self.schema)?;
        Ok(conn)
    }
}

/// The words that begin and end a transaction, or a part of one.
pub(crate) struct Bounds {
    pub begin: &'static str,
    pub commit: &'static str,
    pub roll_back: &'static str,
}

impl Bounds {
    fn of_transaction(begin: &'static str) -> Self {
        Self {
            begin,
            commit: "COMMIT",
            roll_back: "ROLLBACK",
        }
    }
}

pub(crate) fn transaction<T, E: From<StorageError>>(
    conn: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let begin = match &**conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgres(_) => "BEGIN",
    };
    within(conn, &Bounds::of_transaction(begin), work)
}

pub(crate) fn within<T, E: From<StorageError>>(
    conn: &mut Connection,
    bounds: &Bounds,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    conn.batch_execute(bounds.begin)
        .map_err(StorageError::from)?;
    match work(conn) {
        Ok(value) => match conn.batch_execute(bounds.commit) {
            Ok(()) => Ok(value),
            Err(error) => {
                roll_back(conn, bounds);
                Err(StorageError::from(error).into())
            }
        },
        Err(error) => {
            roll_back(conn, bounds);
            Err(error)
        }
    }
}

/// Ends a failed transaction, whose time may be over. A failure here means that the connection is gone, and the transaction with it.
fn roll_back(conn: &mut Connection, bounds: &Bounds) {
    let deadline = conn.lift_limit();
    if let Err(error) = conn.batch_execute(bounds.roll_back) {
        tracing::debug!(%error, "rollback failed");
    }
    conn.rolled_back();
    conn.limit(deadline);
}

fn sessions_path(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-sessions");
    name.into()
}

#[derive(diesel::QueryableByName)]
struct ServerVersion {
    #[diesel(sql_type = diesel::sql_types::Text)]
    number: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

fn check_server(conn: &mut diesel::PgConnection) -> Result<()> {
    let found: ServerVersion =
        sql_query("SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version")
            .get_result(conn)?;
    if found.number.parse::<u32>().unwrap_or(0) < 130_000 {
        return Err(StorageError::UnsupportedServer {
            found: found.version,
        });
    }
    Ok(())
}

/// Checks the server, makes the schema, migrates.
fn prepare_schema(conn: &mut Connection) -> Result<()> {
    // Another process may take its time to migrate.
    conn.arm()?;
    if let AnyConnection::Postgres(pg) = &mut **conn {
        check_server(pg)?;
        // Two processes may start at once on one server: one of them makes the schema and migrates.
        pg.batch_execute("SELECT pg_advisory_lock(hashtext('cinchy-emulator'))")?;
        pg.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{DEFAULT_SCHEMA}\""))?;
    }
    conn.use_schema(DEFAULT_SCHEMA)?;
    let migrated = migrate::main(conn);
    if let AnyConnection::Postgres(pg) = &mut **conn {
        pg.batch_execute("SELECT pg_advisory_unlock(hashtext('cinchy-emulator'))")?;
    }
    migrated
}
