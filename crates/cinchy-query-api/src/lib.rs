//! The web API: `/API`, `/BasicAuthAPI`, `/API/ExecuteCQL`, and the fixed endpoints around them that clients call.
//!
//! Start at `routes`. Who may run what is decided in `cinchy-auth` and `cinchy-cql`; here are parameters, formats and
//! statuses.

mod account;
mod answer;
mod caller;
mod connections;
mod error;
mod execute_cql;
mod execution;
mod files;
mod format;
mod openapi;
mod parameters;
mod place;
mod platform;
mod routes;
mod saved_query;
mod translate;
mod webhook;

pub use routes::{routes, saved_queries};
