//! The core auth crate, shared by every HTTP room: integrated clients and their secrets, grant rules, password hashing,
//! personal access tokens, credentials parsed from a header, signing keys and JWKS, access tokens (minted and verified),
//! `Principal` and the policy questions about it.
//!
//! Pure: no I/O, no clock, no environment. Time, randomness and keys are arguments; the rows come from the storage room,
//! and HTTP statuses are chosen by the rooms above.
//!
//! Where to start: a token request walks [`credential`] -> [`grant`] -> [`scope`] -> [`sign_in`] -> [`token`]; an API
//! request walks [`credential`] -> [`token`] or [`pat`] -> [`principal`].

pub mod authorize;
pub mod client;
pub mod credential;
pub mod grant;
pub mod grant_type;
pub mod handle;
mod huge_pages;
pub mod issuer;
pub mod keys;
pub mod lockout;
pub mod password;
pub mod pat;
pub mod pkce;
pub mod policy;
pub mod principal;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod sign_in;
pub mod token;
pub mod verified;

pub use authorize::{AuthorizeError, AuthorizeForm, AuthorizeRequest};
pub use client::IntegratedClient;
pub use credential::Credential;
pub use grant::{ClientForm, TokenError, TokenForm, TokenRequest};
pub use grant_type::{GrantKind, GrantType};
pub use issuer::{Issuer, IssuerRule, Mount};
pub use keys::{KeyRing, SigningKey, VerifyingKey};
pub use lockout::LockoutPolicy;
pub use principal::{AuthenticationKind, AuthenticationMethod, Principal, User};
pub use scope::Scope;
pub use secret::{HashedSecret, PlainSecret};
pub use sign_in::SignInRefusal;
pub use token::{AccessClaims, AccessToken, MintedToken, TokenDefect, TokenProfile};
