//! Secrets as types: what must not be printed, and what may be stored.
//!
//! Neither type has `Display`, and `Debug` shows dots, so a secret cannot reach a log by accident. Hashing and verifying
//! passwords is in [`crate::password`].

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use subtle::ConstantTimeEq;

/// A secret in plain text: a password, a client secret or a token value.
///
/// Two of them compare in constant time (their lengths may be learned, their text not).
#[derive(Clone)]
pub struct PlainSecret(String);

impl PlainSecret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every call is a place to check in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of characters (Unicode scalar values), which is what the platform's length limits count.
    pub fn char_count(&self) -> usize {
        self.0.chars().count()
    }
}

impl From<String> for PlainSecret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PlainSecret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq for PlainSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for PlainSecret {}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainSecret(...)")
    }
}

/// A password hash as a PHC string (`$argon2id$v=19$m=...,t=...,p=...$salt$hash`), checked when it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedSecret(String);

/// Why a text is not taken as a password hash. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashedSecretError {
    /// Not of the form `$id$v=..$params$salt$hash`.
    #[error("the password hash is not a PHC string; give one that begins with `$argon2id$`")]
    NotPhc,
    /// A PHC string of another algorithm than argon2.
    #[error("the password hash is not an argon2 hash; give one that begins with `$argon2id$`")]
    Algorithm,
    /// Parameters that argon2 refuses, or a missing salt or hash.
    #[error("the password hash has parameters, salt or hash that argon2 does not accept")]
    Parameters,
    /// Parameters beyond what one sign-in may cost.
    #[error("the password hash asks for more than {max_kib} KiB of memory, {max_passes} passes or {max_lanes} lanes",
        max_kib = HashedSecret::MAX_MEMORY_KIB, max_passes = HashedSecret::MAX_PASSES, max_lanes = HashedSecret::MAX_LANES)]
    TooCostly,
}

impl HashedSecret {
    /// The most memory that a stored hash may ask for, in KiB (our choice: ten times what we write ourselves and more).
    pub const MAX_MEMORY_KIB: u32 = 262_144;
    /// The most passes that a stored hash may ask for.
    pub const MAX_PASSES: u32 = 16;
    /// The most lanes that a stored hash may ask for.
    pub const MAX_LANES: u32 = 16;

    /// Takes a PHC string from a seed or a database, after checking that it can be verified against at a bearable cost.
    pub fn parse(text: &str) -> Result<Self, HashedSecretError> {
        let hash = PasswordHash::new(text).map_err(|_| HashedSecretError::NotPhc)?;
        argon2::Algorithm::try_from(hash.algorithm.as_str())
            .map_err(|_| HashedSecretError::Algorithm)?;
        let params = argon2::Params::try_from(&hash).map_err(|_| HashedSecretError::Parameters)?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(HashedSecretError::Parameters);
        }
        if params.m_cost() > Self::MAX_MEMORY_KIB
            || params.t_cost() > Self::MAX_PASSES
            || params.p_cost() > Self::MAX_LANES
        {
            return Err(HashedSecretError::TooCostly);
        }
        Ok(Self(text.to_owned()))
    }

    /// The PHC string, for storing it.
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// Wraps a text that this crate made itself.
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for HashedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedSecret(...)")
    }
}
