//! Tokens. Access tokens: `mint` makes them from claims, `verify` reads them back and says what is wrong with a bad one; `id_token`
//! does both for id_tokens.
//!
//! Two profiles exist. `v2` is the documented sample, claim for claim; `v4` is the shape of newer IdentityServers. The API
//! accepts both.

pub mod forge;
mod id_token;
mod mint;
mod verify;

pub use id_token::{IdToken, IdTokenHint, IdentityClaims, session_state, verify_id_token_hint};
pub use mint::{AccessToken, LOCAL, MintedToken, TokenProfile, UnknownTokenProfile, UserClaims};
pub use verify::{AccessClaims, NOT_BEFORE_LEEWAY, Purpose, TokenDefect, verify_access_token};

/// The API resource that a token with the scope `js_api` is for.
pub(crate) const API_AUDIENCE: &str = "js_api";
