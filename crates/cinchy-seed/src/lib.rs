//! The seed file: what a platform holds when it starts, as YAML or JSON text.
//!
//! Text in, checked model out: [`parse`] reads one file and reports unknown keys, wrong types and duplicate keys with
//! line and column; [`check()`] then looks at all files together, and at what the platform [`Known`]s already, for
//! duplicate names, dangling references and cells that do not fit their columns. [`to_yaml`] and [`to_json`] write the
//! same model in a stable order, [`json_schema`] describes it for editors.
//!
//! Not here: files and networks (the caller reads them), passwords (hashing is storage's), applying a seed.

pub mod check;
pub mod model;

mod csv_cell;
mod error;
mod located;
mod parse;
mod pattern;
mod write;

pub use check::{Known, check};
pub use csv_cell::{cell_from_csv, parse_date, split_list};
pub use error::{SeedError, SeedErrors};
pub use located::{Located, Location};
pub use model::Seed;
pub use model::parse_duration;
pub use parse::parse;
pub use pattern::{Pattern, PatternDefect, pattern_defect};
pub use write::{WriteError, json_schema, to_json, to_yaml};

/// The built-in demo seed (documented: users, one client for each grant type, a small HR data set, five saved queries).
pub const DEMO: &str = include_str!("../demo.yaml");

/// One seed that holds the entries of all, in order. For storage, which updates what has the same name and appends rows;
/// locations of the parts stay, file names do not, so check before merging.
pub fn merge(seeds: Vec<Seed>) -> Seed {
    let mut merged = Seed::default();
    for seed in seeds {
        merged.append(seed);
    }
    merged
}
