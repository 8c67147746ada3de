//! Personal access tokens: their values, their stored hash and their limits.
//!
//! A token has 256 random bits, so a plain SHA-256 protects it in the database; a seed may give any fixed value, and
//! values are opaque everywhere else.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Months, Utc};
use rand::CryptoRng;

use crate::secret::PlainSecret;

/// What a generated value begins with, so that it can be recognised in a leak.
pub const PREFIX: &str = "pat_";
/// Active (not expired, not deleted) tokens that a user may have (documented).
pub const MAX_ACTIVE: usize = 5;
/// The longest time to expiry, in months (documented: up to one year).
pub const MAX_MONTHS: u32 = 12;

/// A fresh token value: [`PREFIX`] and 43 characters of base64url. It has no dots, so that it cannot be taken for a JWT.
pub fn generate(rng: &mut impl CryptoRng) -> PlainSecret {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    PlainSecret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The stored form of a token value: lower-case hex of its SHA-256.
pub fn hash(token: &PlainSecret) -> String {
    let digest = digest::digest(&digest::SHA256, token.expose().as_bytes());
    crate::keys::hex(digest.as_ref(), b"0123456789abcdef")
}

/// Whether a bearer token has the form of a JWT (two dots); anything else is looked up as a personal access token.
pub fn looks_like_jwt(token: &str) -> bool {
    let mut dots = token.match_indices('.');
    dots.nth(1).is_some() && dots.next().is_none()
}

/// Why a token is not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatRefusal {
    /// The user has [`MAX_ACTIVE`] active tokens.
    #[error("the user has {MAX_ACTIVE} active tokens already; delete one first")]
    TooMany,
    /// The expiry is not in the future.
    #[error("the token would have expired already; choose a later date")]
    ExpiryPast,
    /// The expiry is more than a year away.
    #[error("the token would live for more than one year; choose an earlier date")]
    ExpiryTooLate,
}

/// Whether a user with this many active tokens may create one with this expiry. Binds people, not seeds.
///
/// # Errors
/// See [`PatRefusal`].
pub fn may_create(
    active: usize,
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), PatRefusal> {
    if active >= MAX_ACTIVE {
        return Err(PatRefusal::TooMany);
    }
    if expires <= now {
        return Err(PatRefusal::ExpiryPast);
    }
    match now.checked_add_months(Months::new(MAX_MONTHS)) {
        Some(latest) if expires > latest => Err(PatRefusal::ExpiryTooLate),
        _ => Ok(()),
    }
}
