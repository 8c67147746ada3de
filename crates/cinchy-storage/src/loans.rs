//! Connections of one database on which requests are served, so that whoever replaces its data can stop what runs on them.
//! Those on which data is copied, seeded or replaced as a whole are none of them: whoever does that is not to be stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cinchy_cql::value::Type;

use crate::connection::{Connection, Durability, Location};
use crate::error::Result;
use crate::sqlite_library::StopAt;
use crate::statement::{Bound, collect};

/// One connection in use.
struct InUse {
    stop_at: Arc<StopAt>,
    /// The process of the server that serves it (PostgreSQL).
    backend: Option<i32>,
}

/// The connections of one database that are in use.
#[derive(Default)]
pub(crate) struct Loans(Mutex<Vec<InUse>>);

/// Says that a connection is in use, until it is dropped.
pub(crate) struct Loan {
    loans: Arc<Loans>,
    stop_at: Arc<StopAt>,
}

impl Loans {
    fn all(&self) -> MutexGuard<'_, Vec<InUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection in.
    pub(crate) fn enter(self: &Arc<Self>, stop_at: &Arc<StopAt>, backend: Option<i32>) -> Loan {
        self.all().push(InUse {
            stop_at: Arc::clone(stop_at),
            backend,
        });
        Loan {
            loans: Arc::clone(self),
            stop_at: Arc::clone(stop_at),
        }
    }

    /// Stops what runs on them, and what would follow it there.
    ///
    /// # Errors
    /// A server that cannot be told; between two statements it ends all the same.
    pub(crate) fn interrupt(&self, location: &Location) -> Result<()> {
        // Held until the server was told: a connection that comes back meanwhile may do other work next.
        let all = self.all();
        for one in &*all {
            one.stop_at.interrupt();
        }
        let backends: Vec<i32> = all.iter().filter_map(|one| one.backend).collect();
        if backends.is_empty() {
            return Ok(());
        }
        // The pool may have none left.
        let mut conn = Connection::open(location, Durability::Kept)?;
        for backend in backends {
            let pid = Bound::int(backend);
            collect(
                &mut conn,
                "SELECT pg_cancel_backend($1::integer)",
                &[pid],
                &[Type::Bit],
            )?;
        }
        Ok(())
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let mut all = self.loans.all();
        let own = all
            .iter()
            .position(|one| Arc::ptr_eq(&one.stop_at, &self.stop_at));
        if let Some(own) = own {
            all.swap_remove(own);
        }
    }
}
