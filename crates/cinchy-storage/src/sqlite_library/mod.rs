//! What diesel has no call for: how the SQLite library of this process is set up, the handler that stops a statement
//! whose time is over, and the online backup; and what it has slow ones for: reading rows ([`cursor`]) and a function of
//! any number of arguments ([`holds`]). All unsafe code of this room stands here. Connections are opened in
//! [`crate::connection`].
#![expect(
    unsafe_code,
    reason = "diesel shows neither sqlite3_config nor a connection's handle; the arguments stand at the calls"
)]

mod cursor;
mod holds;

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use libsqlite3_sys::{
    SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_CONFIG_MULTITHREAD, SQLITE_DONE, SQLITE_FULL,
    SQLITE_IOERR, SQLITE_LOCKED, SQLITE_OK, SQLITE_READONLY, sqlite3, sqlite3_api_routines,
    sqlite3_auto_extension, sqlite3_backup_finish, sqlite3_backup_init, sqlite3_backup_step,
    sqlite3_config, sqlite3_errcode, sqlite3_progress_handler, sqlite3_set_clientdata,
};

pub(crate) use self::cursor::{Statements, rows};
use crate::connection::Connection;
use crate::error::{Result, StorageError};

static SET_UP: Once = Once::new();

/// To be called before the first connection is opened; later calls do nothing. It spares the lock that SQLite otherwise
/// takes for every cell that is read (a twentieth of a large query), and sees each connection as it opens.
pub(crate) fn set_up() {
    SET_UP.call_once(|| {
        // SAFETY: in this mode SQLite asks that no two threads use one connection at once. Rust sees to that: connections
        // of diesel are `Send` but not `Sync`, and need `&mut` for every statement. The call itself is harmless where the
        // library is in use already (it then refuses), and `Once` keeps two threads from making it at once.
        let result = unsafe { sqlite3_config(SQLITE_CONFIG_MULTITHREAD) };
        if result != SQLITE_OK {
            tracing::debug!(result, "SQLite was in use already and keeps its mutexes");
        }
        // SAFETY: `opened` has the signature that SQLite calls and is safe to call with any connection that is opening.
        let result = unsafe { sqlite3_auto_extension(Some(opened)) };
        if result != SQLITE_OK {
            tracing::warn!(result, "statements of SQLite have no time limit");
        }
    });
}

/// When the statements of one connection must stop.
#[derive(Debug)]
pub(crate) struct StopAt {
    origin: Instant,
    /// Nanoseconds from `origin`.
    after: AtomicU64,
    /// Whether somebody else wants an end of it.
    interrupted: AtomicBool,
    handle: Handle,
}

impl StopAt {
    /// Never.
    pub(crate) fn never() -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            after: AtomicU64::new(u64::MAX),
            interrupted: AtomicBool::new(false),
            handle: Handle::none(),
        })
    }

    /// The connection's handle; `None` when it is not SQLite's. It is good as long as the connection is.
    pub(crate) fn handle(&self) -> Option<*mut sqlite3> {
        let handle = self.handle.0.load(Ordering::Acquire);
        (!handle.is_null()).then_some(handle)
    }

    /// Sets it, for the statement under way too.
    pub(crate) fn set(&self, at: Option<Instant>) {
        let after = at.map(|at| at.saturating_duration_since(self.origin).as_nanos());
        let after = after.and_then(|nanos| u64::try_from(nanos).ok());
        self.after
            .store(after.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Stops the statement under way, and all that follow until [`Self::begin`].
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Whether it was interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Forgets an interruption: the connection does other work from now on.
    pub(crate) fn begin(&self) {
        self.interrupted.store(false, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        if self.is_interrupted() {
            return true;
        }
        let after = self.after.load(Ordering::Relaxed);
        after != u64::MAX && self.origin.elapsed().as_nanos() >= u128::from(after)
    }
}

thread_local! {
    /// The limit of the connection that this thread is opening.
    static OPENING: RefCell<Option<Arc<StopAt>>> = const { RefCell::new(None) };
}

/// Runs `open`, which opens one connection; its statements will obey `stop_at`.
pub(crate) fn opening<T>(stop_at: &Arc<StopAt>, open: impl FnOnce() -> T) -> T {
    OPENING.set(Some(Arc::clone(stop_at)));
    let opened = open();
    // Taken already, unless nothing was opened.
    OPENING.take();
    opened
}

/// Steps of SQLite's machine between two looks at the time: well under a millisecond.
const STEPS: c_int = 10_000;

/// SQLite calls it for each connection of the process; only those within [`opening`] are ours.
unsafe extern "C" fn opened(
    conn: *mut sqlite3,
    _: *mut *mut c_char,
    _: *const sqlite3_api_routines,
) -> c_int {
    // A thread that is ending opens no connection of ours.
    let Ok(Some(stop_at)) = OPENING.try_with(RefCell::take) else {
        return SQLITE_OK;
    };
    stop_at.handle.0.store(conn, Ordering::Release);
    let stop_at = Arc::into_raw(stop_at).cast_mut().cast::<c_void>();
    // SAFETY: `conn` is the open connection that SQLite hands over, on the one thread that has it. The connection gets its
    // own count of the `Arc` and gives it back by `forget` when it is closed, or at once when it cannot be kept (then no
    // handler is set). So the pointer of the handler is good as long as the connection is, whoever holds it.
    unsafe {
        let result =
            sqlite3_set_clientdata(conn, c"cinchy_stop_at".as_ptr(), stop_at, Some(forget));
        if result == SQLITE_OK {
            sqlite3_progress_handler(conn, STEPS, Some(must_stop), stop_at);
            return holds::register(conn);
        }
        result
    }
}

unsafe extern "C" fn must_stop(stop_at: *mut c_void) -> c_int {
    // SAFETY: the pointer of `opened`, whose `Arc` lives as long as the connection that calls. Shared access only.
    let stop_at = unsafe { &*stop_at.cast::<StopAt>() };
    c_int::from(stop_at.is_over())
}

unsafe extern "C" fn forget(stop_at: *mut c_void) {
    // SAFETY: the pointer of `opened`, which came of `Arc::into_raw`; SQLite calls this once for it.
    drop(unsafe { Arc::from_raw(stop_at.cast::<StopAt>().cast_const()) });
}

/// The handle of one connection, for what diesel has no call for. It is filled while the connection opens.
#[derive(Debug)]
pub(crate) struct Handle(AtomicPtr<sqlite3>);

impl Handle {
    fn none() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }
}

/// Whether the statement that failed last on this connection failed by its file: a disk that is full or broken, a file that
/// cannot be written. The driver tells it from other failures by their words only.
pub(crate) fn failed_by_its_file(conn: &mut Connection) -> bool {
    let Some(handle) = conn.handle() else {
        return false;
    };
    // SAFETY: the handle is open as long as the connection, which is borrowed for the whole of this call.
    let code = unsafe { sqlite3_errcode(handle) };
    // The rest of an extended code says where it happened.
    matches!(
        code & 0xff,
        SQLITE_FULL | SQLITE_IOERR | SQLITE_READONLY | SQLITE_CANTOPEN
    )
}

/// Copies the whole of one database over another, as one transaction of the latter: its readers see what was there before,
/// or all of what was copied. The version of SQLite's schema moves, so that every connection reads it anew.
///
/// # Errors
/// When the other one is locked for too long, or a file cannot be read or written.
pub(crate) fn backup(from: &mut Connection, to: &mut Connection) -> Result<()> {
    let (Some(source), Some(target)) = (from.handle(), to.handle()) else {
        return Err(failed("the connections are not SQLite's"));
    };
    // SAFETY: both handles are open as long as the connections that were asked for them, which are borrowed for the whole
    // of this call, so nobody else uses them meanwhile. They are two connections, since both are borrowed mutably. The
    // backup is finished before the call ends, whatever its steps say.
    unsafe {
        let main = c"main".as_ptr();
        let backup = sqlite3_backup_init(target, main, source, main);
        if backup.is_null() {
            return Err(failed("a copy of the database cannot be begun"));
        }
        let deadline = Instant::now() + BACKUP_PATIENCE;
        let mut result = sqlite3_backup_step(backup, -1);
        while matches!(result, SQLITE_BUSY | SQLITE_LOCKED) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
            result = sqlite3_backup_step(backup, -1);
        }
        let finished = sqlite3_backup_finish(backup);
        match (result, finished) {
            (SQLITE_DONE, SQLITE_OK) => Ok(()),
            (SQLITE_BUSY | SQLITE_LOCKED, _) => {
                Err(failed("the database stayed locked, so it was not copied"))
            }
            (result, _) => Err(failed(&format!(
                "the database was not copied, error {result} of SQLite"
            ))),
        }
    }
}

/// How long a copy waits for a writer, as any other transaction does.
const BACKUP_PATIENCE: Duration = Duration::from_secs(10);

fn failed(what: &str) -> StorageError {
    StorageError::Copy(what.to_owned())
}
