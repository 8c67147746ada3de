//! The identity server's flows, on SQLite and on PostgreSQL.

mod authorize;
mod devices;
mod grants;
mod keys;
mod logout;
mod refresh;
mod security;
mod sessions;
mod table;
mod throttle;
mod times;
