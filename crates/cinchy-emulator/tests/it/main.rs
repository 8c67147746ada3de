//! The integration tests of the whole emulator; one program, a module for each subject.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod cli;
mod conformance;
mod crowds;
mod docs;
mod faults;
mod http;
mod processes;
mod restart;
mod support;
mod tidy;
