//! What can go wrong below the HTTP rooms. No status codes here; database text is for the log, never for a caller.

use std::path::PathBuf;

use cinchy_cql::CqlError;
use cinchy_seed::SeedErrors;

/// An error of this crate. `Display` is written for the person who runs the emulator; rooms decide what a caller may read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database URL is neither `sqlite:` nor `postgres:`.
    #[error(
        "the database `{0}` is not understood: use `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`"
    )]
    UnknownDatabase(String),
    /// The SQLite file cannot be made or written.
    #[error("cannot open the database file `{path}`: {reason}")]
    CannotOpenFile {
        /// The file.
        path: PathBuf,
        /// What stands in the way, and what to do.
        reason: String,
    },
    /// PostgreSQL does not answer, or refuses the user.
    #[error("cannot connect to PostgreSQL at {server}: {reason}")]
    CannotConnect {
        /// Host, port and database, without user name and password.
        server: String,
        /// What the client library says.
        reason: String,
    },
    /// The server is older than the oldest that we support.
    #[error("PostgreSQL {found} is too old: version 13 or later is needed")]
    UnsupportedServer {
        /// `server_version` of the server.
        found: String,
    },
    /// A migration failed.
    #[error("cannot bring the database to this version: {0}")]
    Migration(String),
    /// The database was written by a newer emulator.
    #[error(
        "the database is newer than this program (it knows migration {0}); use a newer cinchy-emulator, or another database"
    )]
    NewerDatabase(String),
    /// No connection became free in time.
    #[error("no database connection became free in time")]
    Busy(#[source] r2d2::Error),
    /// The driver failed.
    #[error("the database failed: {0}")]
    Database(#[from] diesel::result::Error),
    /// A statement ran out of time; it left nothing behind. The text is the platform's own: SqlClient's (T-SQL).
    #[error(
        "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the server is not responding."
    )]
    Timeout,
    /// Whoever replaces the data did not wait for it any longer.
    #[error(
        "the data was replaced as a whole while the request was under way, so it was stopped; send it again"
    )]
    Interrupted,
    /// The disk of a SQLite file, or of the server, is full or broken.
    #[error("the database file cannot be written or read: {0}; look at the disk")]
    Disk(#[source] diesel::result::Error),
    /// A reset that would put other data in the place of what is there.
    #[error(
        "the data was not made of the seeds of this start, and a reset would put theirs in its place: start with `--seed` and the seeds that it was made of, or with `--reseed`"
    )]
    OtherSeeds,
    /// The instance was dropped.
    #[error("the instance was dropped while the request was under way")]
    Dropped,
    /// CQL that does not compile, or fails when run.
    #[error(transparent)]
    Cql(#[from] CqlError),
    /// A seed that cannot be applied; nothing of it was.
    #[error(transparent)]
    Seed(#[from] SeedErrors),
    /// Something in the database is not what this program wrote.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
    /// A key or a password could not be made.
    #[error("cryptography failed: {0}")]
    Crypto(String),
    /// A folder or file that cannot be made.
    #[error("cannot write `{path}`: {source}")]
    CannotWrite {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A copy of a whole database was not made.
    #[error("{0}")]
    Copy(String),
    /// A file that a seed names.
    #[error("cannot read `{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl StorageError {
    /// Whether a second row has a value that only one may have.
    pub fn is_unique_violation(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        matches!(
            self,
            Self::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        )
    }

    /// Whether the statement itself was refused (bad data for it, such as a division by zero), and not the database away.
    pub fn is_the_statements(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        matches!(
            self,
            Self::Database(Error::DatabaseError(kind, _))
                if !matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
        )
    }
}

/// Result of this crate.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;
