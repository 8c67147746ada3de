//! The Cinchy Query Language (CQL): text -> syntax tree -> bound and typed IR -> SQL of one database.
//!
//! Pure: no I/O, no clock, no database driver. Start at [`compile`]. The stages, each knowing only the one before:
//!
//! 1. `syntax`: text parameters, limits, `sqlparser` with a dialect of our own.
//! 2. `bind`: names, links, rights and types; from the syntax tree to `ir`. Rights are decided in `bind/rights.rs` only.
//! 3. `render`: from `ir` to the SQL of SQLite or PostgreSQL.
//!
//! What is not supported is refused by [`CqlError::Unsupported`] with its place in the text, never silently dropped.

mod api;
mod assignment;
mod bind;
mod calculated;
pub mod catalog;
mod convert;
mod dates;
pub mod design;
mod error;
mod evaluate;
mod functions;
mod hints;
mod ir;
mod like;
mod look;
mod need;
mod render;
mod room;
mod script;
mod syntax;
pub mod value;
mod walk;
pub mod write;

pub use api::{
    Arguments, Request, compile, compile_calculated, parameters_of, table_names_of,
    text_parameters_of,
};
pub use bind::entitlements::{ColumnEntitlements, TableEntitlements, entitlements};
pub use calculated::calculation_order;
pub use convert::{convert, double_text, single_shown};
pub use dates::parse as parse_date;
pub use error::{CqlError, Position, TemporaryError};
pub use evaluate::Computed;
pub use functions::bridge::{
    SqliteValue, bound_text, bound_value, compare_numbers, offset_moment, run as run_bridge,
};
pub use functions::json::JsonError;
pub use functions::letters::{lower, upper};
pub use functions::{SQLITE_FUNCTIONS, SqliteFunction};
pub use like::{Needle, like};
pub use need::{FunctionTable, Need};
pub use render::cell_name;
pub use script::{Caught, Changed, NestedQuery, Outcome, Script, Session, Setting};
