//! What the rooms find out about a request while they serve it: who, which client, which grant, which query, how many rows.
//!
//! The edge puts one [`Facts`] into each [`crate::Site`]; whoever learns something writes it down there, from whatever
//! thread. The journal reads it, also after the answer has begun: the rows of a streamed result are known at its end.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cinchy_auth::principal::AuthenticationKind;

use crate::authenticate::Authenticated;
use crate::faults::Fault;

/// No rows were counted.
const NONE: i64 = -1;

/// The facts about one request.
#[derive(Debug)]
pub struct Facts {
    known: Mutex<Known>,
    rows: AtomicI64,
    fault: OnceLock<Arc<Fault>>,
}

/// What is known of who asks and for what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub user: Option<String>,
    pub client: Option<String>,
    pub grant: Option<String>,
    pub query: Option<String>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            rows: AtomicI64::new(NONE),
            fault: OnceLock::new(),
        }
    }
}

impl Facts {
    /// A caller who proved to be this user, and by the token of which client.
    pub fn signed_in(&self, caller: &Authenticated) {
        let mut known = self.lock();
        known.user = Some(caller.entry.user.username.clone());
        if let AuthenticationKind::Bearer { client_id } = &caller.how {
            known.client = Some(client_id.clone());
        }
    }

    /// The user name, proved or only claimed: a refused sign-in names who was tried.
    pub fn user(&self, name: &str) {
        self.lock().user = Some(name.to_owned());
    }

    /// The integrated client, proved or only claimed.
    pub fn client(&self, client_id: &str) {
        self.lock().client = Some(client_id.to_owned());
    }

    /// The grant, as the form names it.
    pub fn grant(&self, name: &str) {
        self.lock().grant = Some(name.to_owned());
    }

    /// The saved query.
    pub fn query(&self, domain: &str, name: &str) {
        self.lock().query = Some(format!("{domain}/{name}"));
    }

    /// How many rows were answered, or changed by a statement that answers none.
    pub fn rows(&self, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.rows.store(count, Ordering::Relaxed);
    }

    pub(crate) fn hit_by(&self, fault: &Arc<Fault>) {
        // A request is hit once.
        let _ = self.fault.set(Arc::clone(fault));
    }

    /// The fault that was applied to the request.
    pub fn fault(&self) -> Option<&Arc<Fault>> {
        self.fault.get()
    }

    pub(crate) fn counted(&self) -> Option<u64> {
        u64::try_from(self.rows.load(Ordering::Relaxed)).ok()
    }

    pub(crate) fn known(&self) -> Known {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
