//! The identity server's flows, on SQLite and on PostgreSQL.

mod authorize;
mod grants;
mod keys;
mod logout;
mod security;
mod sessions;
mod times;
