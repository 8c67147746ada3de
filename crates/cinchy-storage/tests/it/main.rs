//! Storage on both databases: the same cases on SQLite always, on PostgreSQL when `TEST_DATABASE_URL` names a server.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod conversions;
mod databases;
mod exports;
mod expressions;
mod functions;
mod indexes;
mod instances;
mod limits;
mod merges;
mod schema;
mod seeds;
mod state;
