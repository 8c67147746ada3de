//! A token request: the form and the client's credential, parsed at the door, and the order in which it is judged.
//!
//! The order is IdentityServer's: [`TokenForm::parse`] at the door, then, with the client's row,
//! [`TokenForm::authenticate`] -> [`TokenForm::into_request`] -> [`crate::scope::resolve`] -> [`crate::sign_in`]. A defect
//! of a later step is never reported before an earlier one, so a form can be parsed before the database is asked.

mod error;
mod form;

pub use error::{CodeDefect, DeviceState, RefreshDefect, TokenError};
pub use form::{ClientForm, TokenForm};

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
    /// `grant_type=authorization_code`.
    AuthorizationCode {
        /// `code`.
        code: PlainSecret,
        /// `redirect_uri`, which must be that of the authorize request.
        redirect_uri: Option<String>,
        /// `code_verifier`.
        verifier: Option<PlainSecret>,
    },
    /// `grant_type=refresh_token`.
    RefreshToken {
        /// `refresh_token`.
        token: PlainSecret,
        /// `scope`, which may ask for less than before.
        scope: Option<String>,
    },
    /// `grant_type=client_credentials`.
    ClientCredentials {
        /// `scope`.
        scope: Option<String>,
    },
    /// `grant_type=urn:ietf:params:oauth:grant-type:device_code`.
    DeviceCode {
        /// `device_code`.
        code: PlainSecret,
    },
    /// `grant_type=saml2`, where a SAML token replaces user name and password (documented).
    Saml2 {
        /// `token`: base64 of a Response or an Assertion.
        token: PlainSecret,
        /// `scope`, as sent.
        scope: Option<String>,
    },
}
