//! Checks of all seeds of a start together: duplicate names, dangling references, cells that do not fit their columns.
//!
//! Within one file a name stands once. Across files, and against what is known already, a name that exists is a change
//! of that entry, so it is no duplicate. Start in [`check()`]; one module for each part of the model.

mod catalog;
mod cells;
mod identity;
mod known;
mod links;
mod names;
mod repeated;
mod rest;
mod rows;
pub(crate) mod suggest;
mod tables;

pub use known::Known;

use crate::{Location, Seed, SeedError, SeedErrors};
use catalog::Catalog;

/// Checks the seeds of one start, in the order in which they are applied, over what is known already.
///
/// # Errors
/// Everything that is wrong (at most [`SeedErrors::MOST`]), in the order of the files and of their lines.
pub fn check(seeds: &[Seed], known: &Known) -> Result<(), SeedErrors> {
    let mut report = Report::default();
    let catalog = Catalog::new(seeds, known);
    for (index, seed) in seeds.iter().enumerate() {
        report.begin(index, seed);
        identity::check(seed, &catalog, known, &mut report);
        tables::check(seed, &catalog, &mut report);
        rest::check(seed, &catalog, &mut report);
    }
    let mut targets = links::Targets::new(&catalog);
    rows::check(seeds, &catalog, &mut targets, &mut report);
    report.finish()
}

/// The list of errors in the making.
#[derive(Default)]
struct Report {
    index: usize,
    file: String,
    errors: Vec<(usize, SeedError)>,
}

impl Report {
    /// From here on errors are of this file.
    fn begin(&mut self, index: usize, seed: &Seed) {
        self.index = index;
        self.file = seed.file.to_string();
    }

    fn error(&mut self, at: Location, message: impl Into<String>) {
        if !self.is_full() {
            self.errors
                .push((self.index, SeedError::new(&self.file, at, message)));
        }
    }

    fn is_full(&self) -> bool {
        self.errors.len() >= SeedErrors::MOST
    }

    fn finish(mut self) -> Result<(), SeedErrors> {
        if self.errors.is_empty() {
            return Ok(());
        }
        self.errors
            .sort_by_key(|(index, e)| (*index, e.line, e.column));
        Err(SeedErrors(
            self.errors.into_iter().map(|(_, e)| e).collect(),
        ))
    }
}
