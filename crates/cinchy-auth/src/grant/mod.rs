//! A token request: the form and the client's credential, parsed at the door, and the order in which it is judged.
//!
//! The order is IdentityServer's: [`TokenForm::parse`] at the door, then, with the client's row,
//! [`TokenForm::authenticate`] -> [`TokenForm::into_request`] -> [`crate::scope::resolve`] -> [`crate::sign_in`]. A defect
//! of a later step is never reported before an earlier one, so a form can be parsed before the database is asked.

mod error;
mod form;

pub use error::TokenError;
pub use form::TokenForm;

use crate::secret::PlainSecret;

/// A request for a token, by grant. Holds only what its grant needs, so inner code never asks whether a field is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// `grant_type=password`.
    Password {
        /// `username`, as sent.
        username: String,
        /// `password`.
        password: PlainSecret,
        /// `scope`, as sent; see [`crate::scope::resolve`].
        scope: Option<String>,
    },
}
