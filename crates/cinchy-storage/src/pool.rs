//! Pools: made on first use, closed when idle, all sharing one small thread pool.

use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::R2D2Connection;
use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::connection::{Connection, Durability, Location};
use crate::error::{Result, StorageError};

/// A connection on loan from a pool.
pub type Pooled = PooledConnection<Manager>;

/// Opens connections of one location for r2d2.
#[derive(Debug)]
pub struct Manager {
    location: Location,
    durability: Durability,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StorageError;

    fn connect(&self) -> Result<Connection> {
        Connection::open(&self.location, self.durability)
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
    /// A pool that has opened nothing yet.
    pub fn new(
        location: &Location,
        durability: Durability,
        size: u32,
        threads: &Arc<ScheduledThreadPool>,
    ) -> Self {
        let manager = Manager {
            location: location.clone(),
            durability,
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
}
