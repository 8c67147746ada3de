//! Transactions that a client holds open over several requests, on a connection that is outside the pool.
//!
//! On SQLite such a transaction takes the write lock with its first write only (decided: until then it would keep every
//! other writer out for nothing), so what it read before is what was committed at that moment, as in SQL Server's READ
//! COMMITTED. Each statement inside stands in a savepoint: it happens wholly or not at all, and a failed one leaves the
//! transaction as it was.

use diesel::connection::SimpleConnection;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::transaction::{Bounds, transaction, within};

/// How far a held transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Held {
    /// There is none: statements stand alone.
    #[default]
    None,
    /// The client has begun one, the database knows nothing of it yet (SQLite).
    Waiting,
    /// The database has begun it, and nothing was written (PostgreSQL).
    Begun,
    /// Something was written.
    Writing,
}

impl Connection {
    /// Begins a transaction that stays open until [`Self::commit_held`] or [`Self::roll_back_held`].
    ///
    /// # Errors
    /// The driver's.
    pub fn hold(&mut self) -> Result<()> {
        self.held = match &**self {
            AnyConnection::Sqlite(_) => Held::Waiting,
            AnyConnection::Postgres(_) => {
                self.batch_execute("BEGIN")?;
                Held::Begun
            }
        };
        Ok(())
    }

    /// Ends the held transaction and keeps what it wrote.
    ///
    /// # Errors
    /// The driver's; then nothing was kept.
    pub fn commit_held(&mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        if matches!(held, Held::Begun | Held::Writing)
            && let Err(error) = self.batch_execute("COMMIT")
        {
            self.abandon();
            return Err(error.into());
        }
        Ok(())
    }

    /// Ends the held transaction and undoes what it wrote.
    pub fn roll_back_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        if matches!(held, Held::Begun | Held::Writing) {
            self.abandon();
        }
    }

    /// Runs `work`, which reads and writes, in one transaction: all of it happens, or nothing. On SQLite the write lock is
    /// taken with the first write.
    ///
    /// # Errors
    /// Those of `work` (undone), or of the commit.
    pub fn whole<T, E: From<StorageError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.hold()?;
        match work(self) {
            Ok(value) => {
                self.commit_held()?;
                Ok(value)
            }
            Err(error) => {
                self.roll_back_held();
                Err(error)
            }
        }
    }

    /// Runs `work` and undoes whatever it wrote, also within a transaction that the client holds open.
    ///
    /// # Errors
    /// Those of `work`, or the driver's.
    pub fn undone<T, E: From<StorageError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let held = self.held;
        if matches!(held, Held::None | Held::Waiting) {
            self.hold()?;
            let result = work(self);
            self.roll_back_held();
            self.held = held;
            return result;
        }
        self.batch_execute("SAVEPOINT undone")
            .map_err(StorageError::from)?;
        let result = work(self);
        self.limit(None);
        let undone = self.batch_execute("ROLLBACK TO SAVEPOINT undone; RELEASE SAVEPOINT undone");
        self.rolled_back();
        self.held = held;
        undone.map_err(StorageError::from)?;
        result
    }

    /// A failure here means that the connection is gone, and the transaction with it.
    fn abandon(&mut self) {
        self.limit(None);
        if let Err(error) = self.batch_execute("ROLLBACK") {
            tracing::debug!(%error, "rollback failed");
        }
        self.rolled_back();
    }

    /// Whether a held transaction has written something that is not committed, which keeps other writers waiting.
    pub fn has_uncommitted(&self) -> bool {
        self.held == Held::Writing
    }

    /// Runs `work`, which writes, so that all of it happens or nothing: in a transaction of its own, or in a part of the
    /// held one.
    ///
    /// # Errors
    /// Those of `work` (undone), or of the commit.
    pub fn atomic<T, E: From<StorageError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.held {
            Held::None => transaction(self, work),
            Held::Waiting => {
                self.batch_execute("BEGIN IMMEDIATE")
                    .map_err(StorageError::from)?;
                self.held = Held::Writing;
                savepoint(self, work)
            }
            Held::Begun | Held::Writing => {
                self.held = Held::Writing;
                savepoint(self, work)
            }
        }
    }

    /// Runs `work`, which reads: a failure must not end a held transaction, as it does on PostgreSQL.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn guarded<T, E: From<StorageError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let held = matches!(self.held, Held::Begun | Held::Writing);
        if held && matches!(&**self, AnyConnection::Postgres(_)) {
            savepoint(self, work)
        } else {
            work(self)
        }
    }
}

fn savepoint<T, E: From<StorageError>>(
    conn: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let bounds = Bounds {
        begin: "SAVEPOINT statement",
        commit: "RELEASE SAVEPOINT statement",
        roll_back: "ROLLBACK TO SAVEPOINT statement; RELEASE SAVEPOINT statement",
    };
    within(conn, &bounds, work)
}
