//! Tests of the auth room, through data: one module per topic, each a table of cases where a table says it best.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

mod accounts;
mod basic;
mod forms;
mod issuers;
mod keys;
mod names;
mod passwords;
mod support;
mod tokens;
