//! Pools: filled on use, emptied when idle, all sharing one small thread pool.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::r2d2::R2D2Connection;
use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::connection::{Connection, Durability, Location};
use crate::error::{Result, StorageError};

/// A connection on loan from a pool.
pub type Pooled = PooledConnection<Manager>;

/// Opens connections of one location for r2d2.
pub struct Manager {
    location: Location,
    durability: Durability,
    /// A connection that was opened before the pool, and is its first one.
    opened: Mutex<Option<Connection>>,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StorageError;

    fn connect(&self) -> Result<Connection> {
        let opened = self
            .opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match opened {
            Some(conn) => Ok(conn),
            None => Connection::open(&self.location, self.durability),
        }
    }

    fn is_valid(&self, conn: &mut Connection) -> Result<()> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        conn.is_spent()
    }
}

/// The threads that pools share for opening and reaping connections.
pub fn pool_threads() -> Arc<ScheduledThreadPool> {
    Arc::new(
        ScheduledThreadPool::builder()
            .num_threads(1)
            .thread_name_pattern("db-pool-{}")
            .build(),
    )
}

/// A pool of one location.
#[derive(Clone)]
pub struct Pool(r2d2::Pool<Manager>);

impl Pool {
    /// A pool that has opened nothing yet but its first connection.
    pub fn new(
        first: Connection,
        location: &Location,
        durability: Durability,
        size: u32,
        threads: &Arc<ScheduledThreadPool>,
    ) -> Self {
        let manager = Manager {
            location: location.clone(),
            durability,
            opened: Mutex::new(Some(first)),
        };
        Self(
            r2d2::Pool::builder()
                .max_size(size.max(1))
                .min_idle(Some(0))
                .test_on_check_out(false)
                .idle_timeout(Some(Duration::from_secs(120)))
                .connection_timeout(Duration::from_secs(10))
                .error_handler(Box::new(NopErrorHandler))
                .thread_pool(threads.clone())
                .build_unchecked(manager),
        )
    }

    /// Takes a connection, opening one when none is idle.
    ///
    /// # Errors
    /// [`StorageError::Busy`] after ten seconds.
    pub fn get(&self) -> Result<Pooled> {
        self.0.get().map_err(StorageError::Busy)
    }

    /// Takes a connection if one is idle.
    pub fn idle(&self) -> Option<Pooled> {
        self.0.try_get()
    }
}
