//! Where a text runs: on a connection of the pool, or on one that the caller holds open (ConnectionId).

use std::sync::Arc;

use cinchy_cql::catalog::Table;
use cinchy_storage::Connection;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::{Generation, Instance};

use crate::error::ApiError;
use crate::parameters::Pairs;

/// The connection that a text runs on, and what is known there.
pub struct Place<'a> {
    /// The connection.
    pub conn: &'a mut Connection,
    /// Tables, queries and users as this connection sees them.
    pub generation: Arc<Generation>,
    /// Temporary tables, where the caller holds the connection open.
    pub kept: Option<&'a mut Vec<Arc<Table>>>,
}

impl<'a> Place<'a> {
    /// A connection of the pool.
    pub fn of_pool(conn: &'a mut Connection, generation: Arc<Generation>) -> Self {
        Self {
            conn,
            generation,
            kept: None,
        }
    }
}

/// The connection that a call names, and the transaction on it.
pub struct Held {
    connection: String,
    transaction: Option<String>,
}

impl Held {
    /// What a call says; ids may stand in quotes.
    ///
    /// # Errors
    /// A transaction without its connection.
    pub fn of(pairs: &Pairs) -> Result<Option<Self>, ApiError> {
        let id = |name| {
            let id = pairs.option(name).map(|id| id.trim().trim_matches('"'));
            id.filter(|id| !id.is_empty()).map(str::to_owned)
        };
        let transaction = id("transactionid");
        match id("connectionid") {
            Some(connection) => Ok(Some(Self {
                connection,
                transaction,
            })),
            None if transaction.is_some() => Err(ApiError::Parameter(
                "TransactionId needs the ConnectionId that it was begun on".to_owned(),
            )),
            None => Ok(None),
        }
    }

    /// Runs `work` on the connection, for its owner.
    ///
    /// # Errors
    /// A connection or transaction that is not there, those of `work`.
    pub fn run(
        self,
        instance: &Instance,
        caller: Option<Authenticated>,
        work: impl FnOnce(Place<'_>, Option<Authenticated>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        // Nobody has no connections, and an id of -1 is nobody's.
        let owner = caller.as_ref().map_or(-1, |caller| caller.entry.user.id);
        let connections = instance.connections();
        connections.with(&self.connection, owner, |pinned| {
            if let Some(transaction) = &self.transaction {
                pinned.check(transaction)?;
            }
            let generation = instance.seen_by(&mut pinned.conn)?;
            let place = Place {
                conn: &mut pinned.conn,
                generation,
                kept: Some(&mut pinned.temporary),
            };
            let result = work(place, caller);
            pinned.conn.limit(None);
            result
        })
    }
}
