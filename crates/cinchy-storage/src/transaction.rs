//! Transactions: what happens wholly or not at all.

use diesel::connection::SimpleConnection;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};

/// The words that begin and end a transaction, or a part of one.
pub(crate) struct Bounds {
    pub begin: &'static str,
    pub commit: &'static str,
    pub roll_back: &'static str,
}

impl Bounds {
    pub(crate) fn of_transaction(begin: &'static str) -> Self {
        Self {
            begin,
            commit: "COMMIT",
            roll_back: "ROLLBACK",
        }
    }
}

/// What begins a transaction that reads one state of the database.
pub(crate) fn begin_reading(conn: &Connection) -> &'static str {
    match &**conn {
        AnyConnection::Sqlite(_) => "BEGIN",
        AnyConnection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    }
}

pub(crate) fn transaction<T, E: From<StorageError>>(
    conn: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let begin = match &**conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgres(_) => "BEGIN",
    };
    within(conn, &Bounds::of_transaction(begin), work)
}

pub(crate) fn within<T, E: From<StorageError>>(
    conn: &mut Connection,
    bounds: &Bounds,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    conn.batch_execute(bounds.begin)
        .map_err(StorageError::from)?;
    match work(conn) {
        Ok(value) => match conn.batch_execute(bounds.commit) {
            Ok(()) => Ok(value),
            Err(error) => {
                let error = conn.explain(error.into());
                roll_back(conn, bounds);
                Err(error.into())
            }
        },
        Err(error) => {
            roll_back(conn, bounds);
            Err(error)
        }
    }
}

/// Ends a failed transaction, whose time may be over. A failure here means that the connection is gone, and the transaction with it.
fn roll_back(conn: &mut Connection, bounds: &Bounds) {
    let deadline = conn.lift_limit();
    if let Err(error) = conn.batch_execute(bounds.roll_back) {
        tracing::debug!(%error, "rollback failed");
    }
    conn.rolled_back();
    conn.limit(deadline);
}
