//! The one hop from the async threads to a blocking one: database work and password hashing happen behind it, but for what
//! [`crate::Instance::at_once`] does.

use tokio::sync::oneshot;

/// The hop failed: the work panicked, or the process is going down.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut off before it ended")]
pub struct Gone;

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
    detach(move || {
        // Fails where nobody waits any more.
        let _ = answer.send(work());
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
