//! The program itself, started as a person or a CI job starts it.

mod exec;
mod log;
mod seeds;
mod starts;
