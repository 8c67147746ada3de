//! How the SQLite library of this process is set up. Nothing else here: connections are opened in [`crate::connection`].
#![expect(
    unsafe_code,
    reason = "diesel has no call for sqlite3_config; the argument stands at the call"
)]

use std::sync::Once;

use libsqlite3_sys::{SQLITE_CONFIG_MULTITHREAD, sqlite3_config};

static SET_UP: Once = Once::new();

/// Spares the lock that SQLite otherwise takes for every cell that is read (a twentieth of a large query). To be called
/// before the first connection is opened; later calls do nothing.
pub(crate) fn set_up() {
    SET_UP.call_once(|| {
        // SAFETY: in this mode SQLite asks that no two threads use one connection at once. Rust sees to that: connections
        // of diesel are `Send` but not `Sync`, and need `&mut` for every statement. The call itself is harmless where the
        // library is in use already (it then refuses), and `Once` keeps two threads from making it at once.
        let result = unsafe { sqlite3_config(SQLITE_CONFIG_MULTITHREAD) };
        if result != libsqlite3_sys::SQLITE_OK {
            tracing::debug!(result, "SQLite was in use already and keeps its mutexes");
        }
    });
}
