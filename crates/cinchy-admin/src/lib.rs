//! The web console. For now one page, which says what runs here and that the console itself is not built yet.
//!
//! Start at `routes.rs`. Templates are in `templates/admin`, the style sheet in `assets`, which `cinchy-web` serves.

mod error;
mod overview;
mod routes;

pub use routes::routes;
