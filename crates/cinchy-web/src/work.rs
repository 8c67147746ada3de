//! The one hop from the async threads to a blocking one: database work and password hashing happen behind it, but for what
//! [`crate::Instance::at_once`] does.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, oneshot};

use crate::instance::Instance;

/// The hop failed: the work panicked, or the process is going down.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut off before it ended")]
pub struct Gone;

/// Says that a request is under way, as long as one of its clones is there: whoever replaces the data as a whole waits for
/// it. The work that a request does on a blocking thread holds one, since it may outlive the request's client.
#[derive(Debug, Clone)]
pub struct Pass {
    _gate: Arc<OwnedRwLockReadGuard<()>>,
}

tokio::task_local! {
    /// The pass of the request that the current task serves.
    static PASS: Pass;
}

impl Pass {
    pub(crate) fn new(gate: OwnedRwLockReadGuard<()>) -> Self {
        Self {
            _gate: Arc::new(gate),
        }
    }

    /// Serves a request with it: what [`run`] does within `served` holds it too.
    pub async fn over<F: Future>(self, served: F) -> F::Output {
        PASS.scope(self, served).await
    }

    /// That of the request which is being served, for work that does not go through [`run`].
    pub fn of_request() -> Option<Self> {
        PASS.try_with(Self::clone).ok()
    }
}

/// The data that a request began with, for one that is under way longer than anybody should wait for: it asks for a pass
/// each time that it goes on, and gets none once the data was replaced as a whole.
#[derive(Clone)]
pub struct Since {
    instance: Arc<Instance>,
    epoch: i64,
}

impl Since {
    /// The data of this moment.
    pub fn now(instance: &Arc<Instance>) -> Self {
        Self {
            instance: Arc::clone(instance),
            epoch: instance.epoch(),
        }
    }

    /// `None`: the data was replaced.
    pub async fn pass(&self) -> Option<Pass> {
        let pass = self.instance.pass().await;
        let same = self.instance.epoch() == self.epoch && !self.instance.is_gone();
        same.then_some(pass)
    }
}

/// Runs `work` on a blocking thread.
///
/// # Errors
/// Those of `work`, or [`Gone`].
pub async fn run<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Gone> + Send + 'static,
{
    let (answer, result) = oneshot::channel();
    let pass = Pass::of_request();
    detach(move || {
        let done = work();
        // Before the answer: who gets it may replace the data next.
        drop(pass);
        // Fails where nobody waits any more.
        let _ = answer.send(done);
    });
    // The sender is dropped by a panic.
    result.await.unwrap_or_else(|_| Err(Gone.into()))
}

/// Starts `work` on a blocking thread and does not wait for it: it answers through a channel of its own.
pub fn detach(work: impl FnOnce() + Send + 'static) {
    // One type of task for all: each more would bring the whole machinery of a task into the program once more.
    let work: Box<dyn FnOnce() + Send> = Box::new(work);
    drop(actix_web::rt::task::spawn_blocking(work));
}
