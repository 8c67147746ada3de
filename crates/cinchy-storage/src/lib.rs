//! Storage: diesel on SQLite (embedded default) and PostgreSQL (shared).
//!
//! Start at [`Database`]. One module for each system table that the code itself reads; [`rows`] writes rows of any
//! table; [`data_tables`] makes the physical tables of users' tables; [`run`] runs compiled CQL, [`mod@write`] that which writes; [`seeding`] makes a
//! platform from seeds and writes it back as one.
//!
//! Not here: who may do what (that is decided in `cinchy-cql` and `cinchy-auth`), and HTTP.

mod any;
pub mod base;
mod base_copy;
pub mod catalog;
pub mod clients;
mod computed;
pub mod connection;
pub mod data_tables;
mod database;
pub mod design;
pub mod entitlements;
mod error;
pub mod files;
mod functions;
pub mod grants;
pub mod grid_columns;
pub mod groups;
mod held;
pub mod ids;
pub mod instance_states;
mod instances;
pub mod keys;
pub mod lists;
pub mod literals;
mod loans;
mod migrate;
mod pool;
pub mod queries;
pub mod rows;
pub mod run;
pub mod saml;
mod schema;
mod scratch;
pub mod secrets;
pub mod seeding;
pub mod sessions;
pub mod snapshots;
mod sqlite_library;
pub mod state;
pub mod statement;
pub mod system;
pub mod table_json;
pub mod tables;
mod template;
pub mod temporary;
#[doc(hidden)]
pub mod testing;
pub mod tokens;
mod transaction;
#[cfg(feature = "udf")]
pub mod udf;
#[cfg(not(feature = "udf"))]
#[path = "udf_absent.rs"]
pub mod udf;
pub mod users;
pub mod webhooks;
pub mod write;

pub use any::AnyConnection;
pub use base_copy::Base;
pub use connection::Connection;
pub use database::{Database, Options};
pub use error::{Result, StorageError};
pub use instances::is_instance_name;
pub use scratch::Scratch;
pub use template::{Template, Templates};
