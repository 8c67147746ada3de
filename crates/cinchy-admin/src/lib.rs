//! The web console: where administrators and developers look and click. Pages are rendered here, work without JavaScript,
//! and read and write data by CQL as the signed-in user, so that rights hold as they do everywhere else.
//!
//! Start at `routes.rs`; `desk.rs` is what a page works with, `page.rs` what all pages have. Each subject has a module of its
//! own. Templates are in `templates/admin`, style sheet and scripts in `assets`, which `cinchy-web` serves.

mod clients;
mod cql;
mod desk;
mod emulator;
mod error;
mod form;
mod groups;
mod health;
mod list;
mod markdown;
mod overview;
mod page;
mod people;
mod place;
mod queries;
mod requests;
mod routes;
mod rows;
mod settings;
mod snippet;
mod tables;
mod time;
mod users;
mod view_as;
mod visit;

pub use routes::routes;
