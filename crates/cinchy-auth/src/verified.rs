//! The key under which a verified password is remembered for a short time, so that a script that signs in a hundred times
//! a second pays for argon2 once. The map and its time limit live in the web room; only successes belong there.

use aws_lc_rs::hmac;
use rand::CryptoRng;

use crate::secret::PlainSecret;

/// Makes cache keys: HMAC-SHA256 under a key that is drawn once a process and never stored, so that a key in memory
/// says nothing about the password.
pub struct VerifiedCredentials(hmac::Key);

impl VerifiedCredentials {
    /// Draws the key.
    pub fn new(rng: &mut impl CryptoRng) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The cache key of a user's password. `credential_version` grows with every change of the password or of the
    /// account's state, so that a change makes old entries unreachable at once.
    pub fn cache_key(
        &self,
        user_id: i32,
        credential_version: i64,
        password: &PlainSecret,
    ) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        // Both numbers have a fixed width and the password comes last, so no two inputs give the same bytes.
        context.update(&user_id.to_be_bytes());
        context.update(&credential_version.to_be_bytes());
        context.update(password.expose().as_bytes());
        let mut key = [0; 32];
        key.copy_from_slice(context.sign().as_ref());
        key
    }
}

impl std::fmt::Debug for VerifiedCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VerifiedCredentials(...)")
    }
}
