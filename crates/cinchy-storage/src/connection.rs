//! One connection type over both databases, and what every new connection is told before anybody uses it.
//!
//! The variant is chosen by the URL's scheme, here and nowhere else.

mod open;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;

use self::open::{is_of_disk, open_postgres, open_sqlite};
use crate::any::AnyConnection;
use crate::error::{Result, StorageError};
use crate::held::Held;
use crate::loans::{Loan, Loans};
use crate::sqlite_library::{self, Statements, StopAt};

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

/// How a SQLite file is kept whole while it is written.
#[derive(Clone, Copy)]
enum Journal {
    /// A log beside it.
    Wal,
    /// Not at all.
    None,
}

/// A pooled connection: the connection and what the pool must know about it.
pub struct Connection {
    /// What reads its rows (SQLite). Before the connection: fields are dropped in their order.
    statements: Statements,
    any: AnyConnection,
    /// Schema that unqualified system tables resolve to (PostgreSQL).
    schema: Option<String>,
    /// Texts that this connection has prepared. The driver never forgets a statement, so the pool retires a connection
    /// that has seen too many.
    texts: HashSet<u64>,
    /// When the work that the connection does now must end.
    deadline: Option<Instant>,
    /// Tells SQLite of the deadline.
    stop_at: Arc<StopAt>,
    /// `statement_timeout` of PostgreSQL in milliseconds, 0 for none. `None`: not known, since a transaction that is rolled
    /// back takes its settings with it.
    server_limit: Option<u64>,
    /// The transaction that a client holds open.
    pub(crate) held: Held,
    /// Something failed: the server may have closed it, which the driver does not always notice.
    doubted: bool,
    /// Counts open connections, where somebody asked for it.
    pub(crate) counted: Option<Counted>,
    /// Since when nobody uses it.
    idle_since: Instant,
    /// Says that it is in use, and by which database.
    loan: Option<Loan>,
    /// The process of the server that serves it (PostgreSQL).
    backend: Option<i32>,
}

/// One of a number of open connections.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// Counts one more, until it is dropped.
    pub(crate) fn one(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(of))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `statement_timeout` of an idle connection to PostgreSQL in milliseconds: the default of ExecuteCQL and of saved queries
/// (documented), so that most requests need not say it again.
const USUAL_LIMIT: u64 = 30_000;

/// An idle connection that was used less than this ago is taken to be there.
const MOMENT: Duration = Duration::from_secs(1);

/// Distinct ad-hoc texts after which a connection is replaced.
const MOST_TEXTS: usize = 2_000;

impl Connection {
    /// Opens a connection and prepares it for use.
    ///
    /// # Errors
    /// [`StorageError::CannotOpenFile`] or [`StorageError::CannotConnect`] with the reason in words.
    pub fn open(location: &Location, durability: Durability) -> Result<Self> {
        Self::open_with(location, durability, Journal::Wal)
    }

    /// Opens a new file that goes with the process, to be filled as a whole before anybody else opens it: a journal would
    /// write everything twice. [`Self::begin_journal`] makes it one for use.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn open_unjournaled(location: &Location) -> Result<Self> {
        Self::open_with(location, Durability::Temporary, Journal::None)
    }

    /// Ends what [`Self::open_unjournaled`] began.
    ///
    /// # Errors
    /// The driver's.
    pub(crate) fn begin_journal(&mut self) -> Result<()> {
        Ok(self.batch_execute("PRAGMA journal_mode = WAL")?)
    }

    fn open_with(location: &Location, durability: Durability, journal: Journal) -> Result<Self> {
        let stop_at = StopAt::never();
        let (any, backend) = match location {
            Location::Sqlite(path) => {
                let conn = open_sqlite(path, durability, journal, &stop_at)?;
                (AnyConnection::Sqlite(conn), None)
            }
            Location::Postgres(url) => {
                let (conn, backend) = open_postgres(url)?;
                (AnyConnection::Postgres(conn), Some(backend))
            }
        };
        Ok(Self {
            statements: Statements::default(),
            any,
            schema: None,
            texts: HashSet::new(),
            deadline: None,
            stop_at,
            server_limit: Some(USUAL_LIMIT),
            held: Held::None,
            counted: None,
            doubted: false,
            idle_since: Instant::now(),
            loan: None,
            backend,
        })
    }

    /// From now on statements that run beyond `deadline` fail with [`StorageError::Timeout`]; `None`: no limit. The time
    /// that a reader takes for the rows counts too. The pool lifts the limit when the connection changes hands.
    pub fn limit(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
        self.stop_at.set(deadline);
    }

    /// The handle of a connection to SQLite, good as long as this connection is.
    pub(crate) fn handle(&mut self) -> Option<*mut libsqlite3_sys::sqlite3> {
        self.stop_at.handle()
    }

    /// The statements that read rows of SQLite.
    pub(crate) fn statements(&mut self) -> &mut Statements {
        &mut self.statements
    }

    /// The limit.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Lifts the limit; what it was.
    pub(crate) fn lift_limit(&mut self) -> Option<Instant> {
        let deadline = self.deadline;
        self.limit(None);
        deadline
    }

    /// Tells whoever replaces the data of `loans`' database that it is in use there.
    pub(crate) fn lend(&mut self, loans: &Arc<Loans>) {
        self.loan = Some(loans.enter(&self.stop_at, self.backend));
    }

    /// It is not in use any more; what was stopped on it is over.
    pub(crate) fn returned(&mut self) {
        self.loan = None;
        self.stop_at.begin();
    }

    /// Whether the time is over, or the data is being replaced, for work between statements.
    ///
    /// # Errors
    /// [`StorageError::Timeout`], [`StorageError::Interrupted`].
    pub fn check_time(&self) -> Result<()> {
        if self.stop_at.is_interrupted() {
            return Err(StorageError::Interrupted);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(StorageError::Timeout),
            _ => Ok(()),
        }
    }

    /// Sees to it that the next statement is stopped in time. PostgreSQL is told only when what it knows would stop the
    /// statement too early, or later than by a tenth.
    pub(crate) fn arm(&mut self) -> Result<()> {
        self.check_time()?;
        if let AnyConnection::Sqlite(_) = self.any {
            return Ok(());
        }
        let left = self.deadline.map_or(0, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)
        });
        let fits = match (left, self.server_limit) {
            (0, known) => known == Some(0),
            (_, None | Some(0)) => false,
            (left, Some(known)) => known >= left && known - left <= (left / 10).max(50),
        };
        if fits {
            return Ok(());
        }
        // Whole seconds stay right for longer.
        self.set_server_limit(if left > 5_000 {
            left.div_ceil(1_000).saturating_mul(1_000)
        } else {
            left
        })
    }

    /// What the pool does before it hands the connection on: no limit, and none left on the server that could stop what is
    /// not told of limits.
    pub(crate) fn handed_on(&mut self) -> Result<()> {
        self.limit(None);
        match self.server_limit {
            Some(0 | USUAL_LIMIT..) => Ok(()),
            _ => self.set_server_limit(USUAL_LIMIT),
        }
    }

    fn set_server_limit(&mut self, milliseconds: u64) -> Result<()> {
        let AnyConnection::Postgres(conn) = &mut self.any else {
            return Ok(());
        };
        // The server's limit is an `int`; 24 days are no limit.
        let milliseconds = i32::try_from(milliseconds).unwrap_or(0);
        self.server_limit = None;
        conn.batch_execute(&format!("SET statement_timeout = {milliseconds}"))?;
        self.server_limit = Some(u64::from(milliseconds.unsigned_abs()));
        Ok(())
    }

    /// To be called when a transaction or a part of one was rolled back, before the next statement.
    pub(crate) fn rolled_back(&mut self) {
        if let AnyConnection::Postgres(_) = self.any {
            self.server_limit = None;
        }
    }

    /// What a failed statement means: when the time is over, that is the reason. To be called before the next statement.
    pub(crate) fn explain(&mut self, error: StorageError) -> StorageError {
        match error {
            StorageError::Database(error) => match self.check_time() {
                Err(reason) => reason,
                Ok(()) if sqlite_library::failed_by_its_file(self) || is_of_disk(&error) => {
                    StorageError::Disk(error)
                }
                Ok(()) => StorageError::Database(error),
            },
            error => error,
        }
    }

    /// Notes a text that the driver prepares and keeps.
    pub(crate) fn note_text(&mut self, sql: &str) {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        self.texts.insert(hasher.finish());
    }

    /// Work on it failed, for whatever reason: it is tried before somebody else gets it.
    pub(crate) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// Whether the pool should close it instead of keeping it. Called when it comes back.
    pub(crate) fn is_spent(&mut self) -> bool {
        self.idle_since = Instant::now();
        self.texts.len() + self.statements.len() > MOST_TEXTS
            || std::thread::panicking()
            || self.any.is_broken()
    }

    /// Whether the server has gone away from it, as far as its last use told.
    pub(crate) fn is_lost(&mut self) -> bool {
        let doubted = std::mem::take(&mut self.doubted);
        match &mut self.any {
            AnyConnection::Sqlite(_) => false,
            AnyConnection::Postgres(conn) => conn.is_broken() || doubted && conn.ping().is_err(),
        }
    }

    /// Sees to it that who takes the connection does not meet a server that was restarted since. What the server has closed
    /// is seen without asking it; one that was idle for more than a moment is asked, for networks lose connections silently.
    ///
    /// # Errors
    /// The driver's: it is to be closed.
    pub(crate) fn still_there(&mut self) -> Result<()> {
        let AnyConnection::Postgres(conn) = &mut self.any else {
            return Ok(());
        };
        if self.idle_since.elapsed() >= MOMENT {
            return Ok(conn.ping()?);
        }
        // A read that does not wait: the first may find the server's farewell, and the next one the end behind it.
        for _ in 0..2 {
            if let Some(Err(gone)) = conn.notifications_iter().next() {
                return Err(gone.into());
            }
        }
        Ok(())
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
