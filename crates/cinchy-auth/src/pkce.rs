//! Proof Key for Code Exchange (RFC 7636), method S256 only: plain needs an opt-in that a client's row has no column for.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

/// The shortest and longest challenge and verifier, in characters (RFC 7636 4.1).
const LENGTH: std::ops::RangeInclusive<usize> = 43..=128;

/// A `code_challenge` with the method S256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

/// Why a challenge is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeDefect {
    /// Too short, too long.
    #[error("code_challenge has {0} characters; it has 43 to 128")]
    Length(usize),
    /// `plain`, which is also what a missing method means.
    #[error("code_challenge_method is plain or missing; send S256")]
    Plain,
    /// Another method.
    #[error("code_challenge_method `{}` is unknown; send S256", .0.escape_default())]
    Method(String),
}

impl Challenge {
    /// Reads a challenge and its method.
    ///
    /// # Errors
    /// See [`ChallengeDefect`].
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, ChallengeDefect> {
        let length = challenge.chars().count();
        if !LENGTH.contains(&length) {
            return Err(ChallengeDefect::Length(length));
        }
        match method {
            Some("S256") => Ok(Self(challenge.to_owned())),
            None | Some("plain") => Err(ChallengeDefect::Plain),
            Some(other) => Err(ChallengeDefect::Method(other.chars().take(40).collect())),
        }
    }

    /// A challenge that was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The challenge of a verifier.
    pub fn of(verifier: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the verifier is the one of this challenge, in constant time.
    pub fn fits(&self, verifier: &str) -> bool {
        LENGTH.contains(&verifier.chars().count())
            && bool::from(Self::of(verifier).0.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Challenge, ChallengeDefect};

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_rfc_example() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let parsed = Challenge::parse(challenge, Some("S256")).expect("a challenge");
        assert!(parsed.fits(verifier));
        assert!(!parsed.fits(&verifier.replace('d', "e")));
        assert!(!parsed.fits(""));
        assert_eq!(
            Challenge::parse(challenge, None),
            Err(ChallengeDefect::Plain)
        );
        assert_eq!(
            Challenge::parse("short", Some("S256")),
            Err(ChallengeDefect::Length(5))
        );
    }
}
