//! Documents in, subjects or reasons out. The documents are made and signed here, by a key of this run.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

mod attacks;
mod bad;
mod good;
mod idp;
mod metadata;
mod requests;
