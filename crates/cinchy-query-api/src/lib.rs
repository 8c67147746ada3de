//! The saved-query and CQL web API: `/API`, `/BasicAuthAPI`, `/API/ExecuteCQL`, `/healthcheck`.
//!
//! Start at `routes`. Who may run what is decided in `cinchy-auth` and `cinchy-cql`; here are parameters, formats and
//! statuses. Connections, files, translation and the rest of the web API are not built yet.

mod answer;
mod error;
mod execute_cql;
mod execution;
mod format;
mod parameters;
mod routes;
mod saved_query;

pub use routes::routes;
