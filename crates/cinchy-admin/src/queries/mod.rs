//! Saved queries: written, run, saved, and called by their addresses.

mod chart;
mod edit;
mod list;
mod run;

pub use edit::{create, delete, edit, history, new, restore, update};
pub use list::list;
pub use run::run;
