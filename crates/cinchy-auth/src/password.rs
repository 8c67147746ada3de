//! Password hashing: argon2id at OWASP's minimum, written as PHC strings.
//!
//! One hash or one verification costs some 15 ms and 19 MiB: callers bound how many run at once, and keep successes in a
//! cache ([`crate::verified`]). Whether an account may sign in at all is in [`crate::sign_in`].

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::secret::{HashedSecret, PlainSecret};

/// Memory of one hash, in KiB (OWASP Password Storage Cheat Sheet).
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes (parallelism).
pub const LANES: u32 = 1;
/// Length of a salt, in bytes.
pub const SALT_LENGTH: usize = 16;
/// The longest password, in characters; as in IdentityServer.
pub const MAX_PASSWORD_CHARS: usize = 100;

/// A hash of no known password (its output is random), with the same cost as a real one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$q0bDsnMSzTM6qLm6LTDb8A$Q4sq8yU7l+YZ/YAdxKogNnDoHI0q5HfWWMzMkwfH6hw";

/// Why a password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// An empty password.
    #[error("the password is empty")]
    Empty,
    /// More than [`MAX_PASSWORD_CHARS`] characters.
    #[error("the password has more than {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// argon2 refused its input; not expected with the parameters of this module.
    #[error("argon2 could not hash the password: {0}")]
    Argon2(argon2::password_hash::Error),
}

/// Hashes a password with a salt that the caller drew at random.
///
/// # Errors
/// An empty or over-long password.
pub fn hash(
    password: &PlainSecret,
    salt: [u8; SALT_LENGTH],
) -> Result<HashedSecret, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.char_count() > MAX_PASSWORD_CHARS {
        return Err(PasswordError::TooLong);
    }
    let hash = hasher()
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(PasswordError::Argon2)?;
    Ok(HashedSecret::trusted(hash.to_string()))
}

/// Whether the password is the one that was hashed. Uses the parameters in the hash, so that hashes made elsewhere work.
pub fn verify(password: &PlainSecret, hash: &HashedSecret) -> bool {
    if password.char_count() > MAX_PASSWORD_CHARS {
        return false;
    }
    PasswordHash::new(hash.as_phc()).is_ok_and(|phc| {
        hasher()
            .verify_password(password.expose().as_bytes(), &phc)
            .is_ok()
    })
}

/// Whether a stored hash has other parameters than the present ones, so that it is renewed at the next sign-in.
pub fn needs_rehash(hash: &HashedSecret) -> bool {
    !hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
}

/// A hash that no password matches, to be verified against when there is no such user or no password: the answer then
/// takes as long as for a real user.
pub fn dummy() -> HashedSecret {
    HashedSecret::trusted(DUMMY.to_owned())
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the parameters above are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
