//! Pools: filled on use, emptied when idle, all sharing one small thread pool.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::connection::{Connection, Counted, Durability, Location};
use crate::error::{Result, StorageError};

/// A connection on loan from a pool.
pub type Pooled = PooledConnection<Manager>;

/// Makes what is missing in a file that is opened.
pub type Prepare = Box<dyn Fn(&mut Connection) -> Result<()> + Send + Sync>;

/// Whether the files of a database may be opened. Pools open connections from a thread of their own, some time after they
/// were asked for one.
#[derive(Default)]
pub(crate) struct Door {
    shut: AtomicBool,
    opening: RwLock<()>,
}

impl Door {
    pub(crate) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Acquire)
    }

    /// From now on nothing is opened; what was being opened is open when this returns.
    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::Release);
        drop(self.opening.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Opens connections of one location for r2d2.
pub struct Manager {
    location: Location,
    durability: Durability,
    /// A connection that was opened before the pool, and is its first one.
    opened: Mutex<Option<Connection>>,
    /// What a new connection's file may need.
    prepare: Option<Prepare>,
    door: Arc<Door>,
    /// How many connections of this kind are open.
    open: Option<Arc<AtomicUsize>>,
}

impl Manager {
    fn new(location: &Location, durability: Durability, first: Option<Connection>) -> Self {
        Self {
            location: location.clone(),
            durability,
            opened: Mutex::new(first),
            prepare: None,
            door: Arc::default(),
            open: None,
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StorageError;

    fn connect(&self) -> Result<Connection> {
        let opening = self.door.opening.read();
        let _opening = opening.unwrap_or_else(PoisonError::into_inner);
        if self.door.is_shut() {
            return Err(StorageError::Dropped);
        }
        let opened = self
            .opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut conn = match opened {
            Some(conn) => conn,
            None => {
                let mut conn = Connection::open(&self.location, self.durability)?;
                if let Some(prepare) = &self.prepare {
                    prepare(&mut conn)?;
                }
                conn
            }
        };
        conn.counted = self.open.as_ref().map(Counted::one);
        Ok(conn)
    }

    /// Asked before a connection is handed out.
    fn is_valid(&self, conn: &mut Connection) -> Result<()> {
        conn.still_there()
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        conn.returned();
        let many = |open: &Arc<AtomicUsize>| open.load(Ordering::Relaxed) > MOST_KEPT;
        conn.is_lost() || conn.is_spent() || self.open.as_ref().is_some_and(many)
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

/// Idle connections that the instances beside the default one may keep, all together: each costs memory and three files.
const MOST_KEPT: usize = 48;

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
        let manager = Manager::new(location, durability, Some(first));
        Self::build(manager, size, threads)
    }

    /// A pool that opens a connection when one is asked for, and keeps it only while `open` of all such pools together are
    /// not too many, and nothing once `door` is shut. `first` is open already; `prepare` is done with the others.
    pub fn lazy(
        first: Option<Connection>,
        prepare: Option<Prepare>,
        door: &Arc<Door>,
        (location, durability): (&Location, Durability),
        size: u32,
        open: &Arc<AtomicUsize>,
        threads: &Arc<ScheduledThreadPool>,
    ) -> Self {
        let manager = Manager {
            prepare,
            door: Arc::clone(door),
            open: Some(open.clone()),
            ..Manager::new(location, durability, first)
        };
        Self::build(manager, size, threads)
    }

    fn build(manager: Manager, size: u32, threads: &Arc<ScheduledThreadPool>) -> Self {
        Self(
            r2d2::Pool::builder()
                .max_size(size.max(1))
                .min_idle(Some(0))
                .test_on_check_out(true)
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
