//! The control API: what makes the emulator a test fixture. JSON below `/_emulator` of every instance, errors as
//! `application/problem+json` (RFC 9457). An invention of this project; the platform has nothing like it.
//!
//! Start at `routes.rs`, the index; every request crosses `guard.rs` first. Here are information, reset, seeds, snapshots, the clock and instances.
//!
//! Not here: how a seed is checked and applied (`cinchy-seed`, `cinchy-storage`), and the probes `/livez` and `/readyz`,
//! which are there whatever becomes of this API (`cinchy-web`).

mod body;
mod clock;
mod error;
mod explain;
mod faults;
mod guard;
mod info;
mod instances;
mod journal;
mod metrics;
mod openapi;
mod reset;
mod routes;
mod seed;
mod snapshots;
mod tokens;

pub use routes::routes;
