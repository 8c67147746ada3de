//! The roof: settings, start and stop of the whole platform.
//!
//! [`start`] is what `main` and the test kit call: it opens the database, seeds it, listens, and returns a [`Running`].

mod banner;
pub mod cli;
pub mod config;
mod error;
mod exec;
mod listen;
mod memory;
mod mint;
#[cfg(target_os = "linux")]
mod orphans;
mod server;
mod telemetry;
mod tls;

pub use banner::Ready;
pub use cinchy_storage::Templates;
pub use error::StartError;
pub use server::{Running, Stopper, start, start_from};
