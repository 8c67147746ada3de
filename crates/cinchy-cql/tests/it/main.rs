//! Tests of the compiler through its public interface, against a hand-made catalog: rendered SQL of both databases as
//! snapshots, message texts, rights, and random input. Nothing runs the SQL here; storage's tests do.

mod clauses;
mod documented;
mod errors;
mod hr;
mod links;
mod parameters;
mod queries;
mod random;
mod rights;
mod scripts;
mod select;
mod writes;
