//! [`Database`]: everything that one instance keeps, behind three doors: read, write, and the short-lived state.

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cinchy_cql::value::Backend;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::any::AnyConnection;
use crate::connection::{Connection, Durability, Location};
use crate::error::{Result, StorageError};
use crate::loans::Loans;
use crate::migrate;
use crate::pool::{Door, Pool, Pooled, pool_threads};
use crate::scratch::Scratch;
use crate::snapshots::OpenSnapshots;
use crate::statement::{Bound, execute};
use crate::template::Template;
use crate::transaction::{Bounds, begin_reading, transaction, within};

/// Schema of the default instance on PostgreSQL.
pub(crate) const DEFAULT_SCHEMA: &str = "cinchy";

/// The database of one instance: on SQLite a file and a second one for short-lived state, on PostgreSQL a schema.
pub struct Database {
    backend: Backend,
    schema: String,
    location: Location,
    durability: Durability,
    main: Pool,
    sessions: Pool,
    shared: Arc<Shared>,
    loans: Arc<Loans>,
    /// Shut when it is to be dropped.
    door: Arc<Door>,
    /// Held by whoever works with the files of its snapshots (SQLite).
    pub(crate) snapshots: Mutex<OpenSnapshots>,
    /// It was made by this process just now, in files of its own.
    pub(crate) is_new: bool,
}

/// What the databases of all instances of a process share.
pub(crate) struct Shared {
    /// Where the default instance's is.
    root: Location,
    /// Files that go with the process.
    pub scratch: Arc<Scratch>,
    /// Threads of the pools.
    pub threads: Arc<ScheduledThreadPool>,
    /// Open connections of the other instances (SQLite).
    pub open: Arc<AtomicUsize>,
    /// An empty store of short-lived state, to be copied (SQLite).
    pub empty_sessions: Arc<Mutex<Option<Connection>>>,
}

/// How to open a database.
#[derive(Clone, Default)]
pub struct Options {
    /// `--database`; `None`: a temporary SQLite file.
    pub url: Option<String>,
    /// Connections at most; 0 for a default that suits two to eight cores.
    pub pool_size: u32,
    /// What a temporary SQLite file begins with.
    pub template: Option<Arc<Template>>,
}

impl Database {
    /// Opens (and on first use makes and migrates) the database of the default instance.
    ///
    /// # Errors
    /// Whatever stands in the way, in words for the person at the terminal.
    pub fn open(options: &Options) -> Result<Self> {
        let scratch = Arc::<Scratch>::default();
        let (location, durability) = match &options.url {
            None => {
                let path = scratch.folder()?.join("platform.sqlite");
                if let Some(template) = &options.template {
                    template.write(&path)?;
                    template.write_sessions(&sessions_path(&path))?;
                }
                (Location::Sqlite(path), Durability::Temporary)
            }
            Some(url) => (Location::parse(url)?, Durability::Kept),
        };
        let shared = Shared {
            root: location.clone(),
            scratch,
            threads: pool_threads(),
            open: Arc::default(),
            empty_sessions: Arc::default(),
        };
        Self::open_at(location, durability, options, shared)
    }

    fn open_at(
        location: Location,
        durability: Durability,
        options: &Options,
        shared: Shared,
    ) -> Result<Self> {
        let threads = &shared.threads;
        let size = if options.pool_size == 0 {
            8
        } else {
            options.pool_size
        };
        // Opened by hand, so that what is wrong is said at once and in full, not after the pool's timeout.
        let mut first = Connection::open(&location, durability)?;
        let (backend, main, sessions) = match &location {
            Location::Sqlite(path) => {
                let beside = Location::Sqlite(sessions_path(path));
                let mut sessions = Connection::open(&beside, Durability::Temporary)?;
                migrate::main(&mut first)?;
                migrate::sessions(&mut sessions)?;
                (
                    Backend::Sqlite,
                    Pool::new(first, &location, durability, size, threads),
                    Pool::new(sessions, &beside, Durability::Temporary, 2, threads),
                )
            }
            Location::Postgres(_) => {
                prepare_schema(&mut first, DEFAULT_SCHEMA)?;
                let pool = Pool::new(first, &location, durability, size.max(12), threads);
                (Backend::Postgres, pool.clone(), pool)
            }
        };
        Ok(Self {
            backend,
            schema: DEFAULT_SCHEMA.to_owned(),
            location,
            durability,
            main,
            sessions,
            shared: Arc::new(shared),
            loans: Arc::default(),
            door: Arc::default(),
            snapshots: Mutex::default(),
            is_new: false,
        })
    }

    /// The database of another instance of this process.
    pub(crate) fn beside(
        &self,
        schema: String,
        location: Location,
        main: Pool,
        sessions: Pool,
        door: Arc<Door>,
    ) -> Self {
        Self {
            backend: self.backend,
            schema,
            location,
            durability: self.durability,
            main,
            sessions,
            shared: self.shared.clone(),
            loans: Arc::default(),
            door,
            snapshots: Mutex::default(),
            is_new: false,
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn pools(&self) -> (Pool, Pool) {
        (self.main.clone(), self.sessions.clone())
    }

    /// Where the default instance's database is.
    pub(crate) fn root(&self) -> &Location {
        &self.shared.root
    }

    pub(crate) fn location_of(&self) -> &Location {
        &self.location
    }

    pub(crate) fn durability(&self) -> Durability {
        self.durability
    }

    /// Whether it was made by this process just now, in files of its own: nothing is known of it yet beyond its seeds.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether it goes with the process.
    pub fn is_temporary(&self) -> bool {
        self.durability == Durability::Temporary
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

    /// The files that go with the process. Whoever ends it can be sure of that by removing them.
    pub fn scratch(&self) -> Arc<Scratch> {
        self.shared.scratch.clone()
    }

    fn take(&self, pool: &Pool) -> Result<Pooled> {
        self.check_open()?;
        let mut conn = pool.get()?;
        let ready = conn
            .handed_on()
            .and_then(|()| conn.use_schema(&self.schema));
        doubted_if_failed(&mut conn, ready)?;
        Ok(conn)
    }

    /// As [`Self::take`], for work that [`Self::interrupt`] stops.
    fn lend(&self, pool: &Pool) -> Result<Pooled> {
        let mut conn = self.take(pool)?;
        conn.lend(&self.loans);
        Ok(conn)
    }

    /// From now on its data cannot be reached: it is to be dropped. What is under way goes on.
    pub fn close(&self) {
        self.door.shut();
        // A snapshot that is being taken is there when this returns.
        self.snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        if self.door.is_shut() {
            return Err(StorageError::Dropped);
        }
        Ok(())
    }

    /// Stops the statements that run on its connections: they fail with [`StorageError::Interrupted`], and so does what
    /// would follow them there.
    ///
    /// # Errors
    /// A server that cannot be told.
    pub fn interrupt(&self) -> Result<()> {
        self.loans.interrupt(&self.location)
    }

    /// Runs `work` with a connection for reading. Each statement stands alone.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.lend(&self.main)?;
        let result = work(&mut conn);
        doubted_if_failed(&mut conn, result)
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
        self.check_open().ok()?;
        let mut conn = self.main.idle()?;
        conn.limit(Instant::now().checked_add(limit));
        Some(work(&mut conn))
    }

    /// As [`Self::write`], for what adds or replaces data as a whole: nobody stops it.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn write_undisturbed<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.main)?;
        let result = transaction(&mut conn, work);
        doubted_if_failed(&mut conn, result)
    }

    /// Runs `work` on one state of the database, however many statements it takes. Nobody stops it.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn read_snapshot<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.main)?;
        let begin = begin_reading(&conn);
        let result = within(&mut conn, &Bounds::of_transaction(begin), work);
        doubted_if_failed(&mut conn, result)
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
        let mut conn = self.lend(&self.main)?;
        let result = transaction(&mut conn, work);
        doubted_if_failed(&mut conn, result)
    }

    /// Like [`Self::write`], in the store of short-lived state (failed logins, sessions, grants).
    ///
    /// # Errors
    /// Those of `work` (rolled back), or of the commit.
    pub fn write_sessions<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.lend(&self.sessions)?;
        let result = transaction(&mut conn, work);
        doubted_if_failed(&mut conn, result)
    }

    /// Runs `work`, which copies tables, on one state of them all (PostgreSQL), while nobody else does so by the same `key`.
    /// `work` also gets the schema of what all processes share. It may take as long as it takes.
    pub(crate) fn write_snapshot<T>(
        &self,
        key: &str,
        work: impl FnOnce(&mut Connection, &str) -> Result<T>,
    ) -> Result<T> {
        let mut conn = self.take(&self.main)?;
        conn.arm()?;
        // Before the transaction: its state is that of its first statement, which a lock would be.
        let binds = [Bound::text(Some(key))];
        execute(
            &mut conn,
            "SELECT pg_advisory_lock(hashtextextended($1, 0))",
            &binds,
        )?;
        let bounds = Bounds::of_transaction("BEGIN ISOLATION LEVEL REPEATABLE READ");
        let done = within(&mut conn, &bounds, |conn| work(conn, DEFAULT_SCHEMA));
        let free = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";
        let freed = execute(&mut conn, free, &binds);
        let result = done.and_then(|done| freed.map(|_| done));
        doubted_if_failed(&mut conn, result)
    }

    /// Like [`Self::write_sessions`], for what all processes share about instances: `work` also gets the schema that it
    /// stands in.
    ///
    /// # Errors
    /// Those of `work` (rolled back), or of the commit.
    pub fn write_shared<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection, &str) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.sessions)?;
        let result = transaction(&mut conn, |conn| work(conn, DEFAULT_SCHEMA));
        doubted_if_failed(&mut conn, result)
    }

    /// Reads what all processes share about instances.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn read_shared<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection, &str) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take(&self.sessions)?;
        let result = work(&mut conn, DEFAULT_SCHEMA);
        doubted_if_failed(&mut conn, result)
    }

    /// Runs `work` with a connection to the store of short-lived state. Each statement stands alone.
    ///
    /// # Errors
    /// Those of `work`, or none free.
    pub fn with_sessions<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.lend(&self.sessions)?;
        work(&mut conn)
    }

    /// A connection of its own, outside the pool, for a client that keeps it over several requests.
    ///
    /// # Errors
    /// The driver's.
    pub fn pin(&self) -> Result<Connection> {
        let mut conn = self.connect()?;
        conn.lend(&self.loans);
        Ok(conn)
    }

    /// A connection outside the pool.
    pub(crate) fn connect(&self) -> Result<Connection> {
        self.check_open()?;
        let mut conn = Connection::open(&self.location, self.durability)?;
        conn.use_schema(&self.schema)?;
        Ok(conn)
    }
}

/// A connection on which something failed may be one that the server has closed.
fn doubted_if_failed<T, E>(conn: &mut Connection, result: Result<T, E>) -> Result<T, E> {
    if result.is_err() {
        conn.doubt();
    }
    result
}

pub(crate) fn sessions_path(path: &Path) -> std::path::PathBuf {
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
pub(crate) fn prepare_schema(conn: &mut Connection, schema: &str) -> Result<()> {
    // Another process may take its time to migrate.
    conn.arm()?;
    if let AnyConnection::Postgres(pg) = &mut **conn {
        check_server(pg)?;
        // Two processes may start at once on one server: one of them makes the schema and migrates.
        pg.batch_execute("SELECT pg_advisory_lock(hashtext('cinchy-emulator'))")?;
        pg.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))?;
    }
    conn.use_schema(schema)?;
    let migrated = migrate::main(conn);
    if let AnyConnection::Postgres(pg) = &mut **conn {
        pg.batch_execute("SELECT pg_advisory_unlock(hashtext('cinchy-emulator'))")?;
    }
    migrated
}
