//! Documents in, subjects or reasons out. The documents are made and signed here, by a key of this run.

mod attacks;
mod bad;
mod good;
mod idp;
mod metadata;
mod requests;
