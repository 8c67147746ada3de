//! Handles: codes, refresh tokens, session ids. Random texts that mean nothing by themselves; only their hashes are stored.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;

use crate::keys::hex;
use crate::secret::PlainSecret;

/// The longest handle that is looked up, in characters; longer ones are nobody's.
pub const MAX_CHARS: usize = 200;

/// A new handle of 256 random bits, base64url.
pub fn new(rng: &mut impl CryptoRng) -> PlainSecret {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    PlainSecret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// A public id of 128 random bits, lower-case hex: the `sid` of a session.
pub fn new_id(rng: &mut impl CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    hex(&bytes, b"0123456789abcdef")
}

/// What is stored of a handle or a token: SHA-256, hex. The text has 256 random bits or a signature, so no salt is needed.
pub fn hash(text: &str) -> String {
    hex(
        digest(&SHA256, text.as_bytes()).as_ref(),
        b"0123456789abcdef",
    )
}
