//! The one hop from the async threads to a blocking one: database work and password hashing happen behind it, but for what
//! [`crate::Instance::at_once`] does.

use actix_web::web;

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
    match web::block(work).await {
        Ok(result) => result,
        Err(_) => Err(Gone.into()),
    }
}

/// Starts `work` on a blocking thread and does not wait for it: it answers through a channel of its own.
pub fn detach(work: impl FnOnce() + Send + 'static) {
    drop(actix_web::rt::task::spawn_blocking(work));
}
