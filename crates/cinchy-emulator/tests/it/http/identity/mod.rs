//! The identity server's flows, on SQLite and on PostgreSQL.

mod authorize;
mod grants;
mod logout;
mod security;
mod sessions;
