//! Access tokens: `mint` makes them from claims, `verify` reads them back and says what is wrong with a bad one.
//!
//! Two profiles exist. `v2` is the documented sample, claim for claim; `v4` is the shape of newer IdentityServers. The API
//! accepts both.

mod mint;
mod verify;

pub use mint::{AccessToken, MintedToken, TokenProfile, UnknownTokenProfile, UserClaims};
pub use verify::{AccessClaims, NOT_BEFORE_LEEWAY, Purpose, TokenDefect, verify_access_token};

/// The API resource that a token with the scope `js_api` is for.
pub(crate) const API_AUDIENCE: &str = "js_api";
