//! Connections that clients hold open over several requests (`OpenConnection`, `BeginTransaction` ...): each is a
//! database connection outside the pool, with its transaction and its temporary tables. They belong to who opened them and
//! to this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use cinchy_cql::catalog::Table;
use cinchy_storage::{Connection, Database, StorageError, temporary};
use uuid::Uuid;

/// Open at once in an instance (decided): each is a connection to the database.
const MOST: usize = 32;
/// Unused for so long, a connection is closed (ours).
const IDLE: Duration = Duration::from_secs(300);
/// A transaction that keeps other writers waiting is rolled back after so long without a request (decided).
const IDLE_WRITING: Duration = Duration::from_secs(10);
/// How often idle ones are looked for.
const ROUND: Duration = Duration::from_secs(1);

/// Why a connection or transaction cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No such id, or somebody else's.
    #[error(
        "The connection {0} is not open: it was closed, was not used for 5 minutes, or was opened by another user or another process"
    )]
    NotOpen(String),
    /// No such transaction on it.
    #[error("The connection has no open transaction {0}: it was committed or rolled back")]
    NoTransaction(String),
    /// Its transaction waited too long with the database's only write lock.
    #[error(
        "The transaction {0} was rolled back: it was idle for 10 seconds while others waited to write"
    )]
    RolledBack(String),
    /// A second transaction.
    #[error(
        "The connection has a transaction already, and it does not support parallel transactions"
    )]
    InTransaction,
    /// Too many.
    #[error(
        "Too many connections are open: at most {MOST} are allowed. Close those that are not needed"
    )]
    TooMany,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A transaction of a connection.
#[derive(Debug)]
struct Transaction {
    id: String,
    /// Temporary tables that were there when it began.
    tables: usize,
}

/// What one connection holds.
pub struct Pinned {
    /// The connection to the database.
    pub conn: Connection,
    /// Temporary tables that live as long as the connection.
    pub temporary: Vec<Arc<Table>>,
    transaction: Option<Transaction>,
    /// The last transaction that was rolled back for being idle.
    lost: Option<String>,
    used: Instant,
}

impl Pinned {
    /// Whether this is the transaction under way.
    ///
    /// # Errors
    /// Another one, or none.
    pub fn check(&self, transaction: &str) -> Result<(), ConnectionError> {
        match &self.transaction {
            Some(own) if own.id == transaction => Ok(()),
            _ if self.lost.as_deref() == Some(transaction) => {
                Err(ConnectionError::RolledBack(transaction.to_owned()))
            }
            _ => Err(ConnectionError::NoTransaction(transaction.to_owned())),
        }
    }

    /// Begins a transaction; its id.
    ///
    /// # Errors
    /// There is one already, or the database's.
    pub fn begin(&mut self) -> Result<String, ConnectionError> {
        if self.transaction.is_some() {
            return Err(ConnectionError::InTransaction);
        }
        self.conn.hold()?;
        let id = Uuid::new_v4().to_string();
        self.transaction = Some(Transaction {
            id: id.clone(),
            tables: self.temporary.len(),
        });
        Ok(id)
    }

    /// Ends the transaction and keeps what it wrote.
    ///
    /// # Errors
    /// Another transaction, or the database's: then nothing was kept.
    pub fn commit(&mut self, transaction: &str) -> Result<(), ConnectionError> {
        self.check(transaction)?;
        self.transaction = None;
        Ok(self.conn.commit_held()?)
    }

    /// Ends the transaction and undoes what it wrote, temporary tables that it made included.
    ///
    /// # Errors
    /// Another transaction.
    pub fn roll_back(&mut self, transaction: &str) -> Result<(), ConnectionError> {
        self.check(transaction)?;
        self.undo();
        Ok(())
    }

    fn undo(&mut self) -> Option<String> {
        let transaction = self.transaction.take()?;
        self.conn.roll_back_held();
        for table in self
            .temporary
            .split_off(transaction.tables.min(self.temporary.len()))
        {
            if let Err(error) = temporary::drop(&mut self.conn, &table) {
                tracing::debug!(%error, "a temporary table was gone with its transaction");
            }
        }
        Some(transaction.id)
    }
}

struct Entry {
    owner: i32,
    pinned: Mutex<Pinned>,
}

impl Entry {
    fn lock(&self) -> MutexGuard<'_, Pinned> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections of one instance.
#[derive(Default)]
pub struct Connections {
    open: Mutex<HashMap<String, Arc<Entry>>>,
}

impl Connections {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Entry>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a connection for a user; its id.
    ///
    /// # Errors
    /// Too many, or the database's.
    pub fn open(
        self: &Arc<Self>,
        database: &Database,
        owner: i32,
    ) -> Result<String, ConnectionError> {
        if self.all().len() >= MOST {
            return Err(ConnectionError::TooMany);
        }
        let pinned = Pinned {
            conn: database.pin()?,
            temporary: Vec::new(),
            transaction: None,
            lost: None,
            used: Instant::now(),
        };
        let id = Uuid::new_v4().to_string();
        let mut all = self.all();
        if all.len() >= MOST {
            return Err(ConnectionError::TooMany);
        }
        let first = all.is_empty();
        all.insert(
            id.clone(),
            Arc::new(Entry {
                owner,
                pinned: Mutex::new(pinned),
            }),
        );
        drop(all);
        if first {
            self.watch();
        }
        Ok(id)
    }

    /// Runs `work` with a connection of this user; requests for one connection come one after the other.
    ///
    /// # Errors
    /// Those of `work`, or none of this id.
    pub fn with<T, E: From<ConnectionError>>(
        &self,
        id: &str,
        owner: i32,
        work: impl FnOnce(&mut Pinned) -> Result<T, E>,
    ) -> Result<T, E> {
        let entry = self.all().get(id).filter(|e| e.owner == owner).cloned();
        let Some(entry) = entry else {
            return Err(ConnectionError::NotOpen(id.to_owned()).into());
        };
        let mut pinned = entry.lock();
        let result = work(&mut pinned);
        pinned.used = Instant::now();
        result
    }

    /// Closes a connection; an open transaction is rolled back.
    ///
    /// # Errors
    /// None of this id.
    pub fn close(&self, id: &str, owner: i32) -> Result<(), ConnectionError> {
        let mut all = self.all();
        match all.get(id) {
            Some(entry) if entry.owner == owner => {
                let entry = all.remove(id);
                drop(all);
                drop(entry);
                Ok(())
            }
            _ => Err(ConnectionError::NotOpen(id.to_owned())),
        }
    }

    /// Closes all of them: the platform starts anew.
    pub fn close_all(&self) {
        let all = std::mem::take(&mut *self.all());
        for entry in all.into_values() {
            entry.lock().undo();
        }
    }

    /// Starts a thread that ends what is idle. It goes when no connection is open any more.
    fn watch(self: &Arc<Self>) {
        let connections = Arc::downgrade(self);
        let watch = move || {
            loop {
                std::thread::sleep(ROUND);
                let Some(connections) = Weak::upgrade(&connections) else {
                    return;
                };
                if connections.tidy(Instant::now()) == 0 {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("idle-connections".to_owned());
        if let Err(error) = thread.spawn(watch) {
            tracing::error!(%error, "idle connections are not watched");
        }
    }

    /// Rolls back and closes what is idle; how many stay open.
    fn tidy(&self, now: Instant) -> usize {
        let entries: Vec<(String, Arc<Entry>)> = self
            .all()
            .iter()
            .map(|(id, entry)| (id.clone(), entry.clone()))
            .collect();
        for (id, entry) in entries {
            // One that is in use is not idle.
            let Ok(mut pinned) = entry.pinned.try_lock() else {
                continue;
            };
            let idle = now.saturating_duration_since(pinned.used);
            if idle >= IDLE {
                pinned.undo();
                drop(pinned);
                self.all().remove(&id);
            } else if idle >= IDLE_WRITING && pinned.conn.has_uncommitted() {
                pinned.lost = pinned.undo();
                tracing::warn!(
                    connection = id,
                    "a transaction that was idle for 10 seconds is rolled back"
                );
            }
        }
        self.all().len()
    }
}
