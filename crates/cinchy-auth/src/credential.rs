//! What an `Authorization` header holds.
//!
//! Only the reading of the header: whether the credential is any good is for [`crate::token`], [`crate::pat`] and
//! [`crate::sign_in`], and whether a bad one matters is for the endpoint (public ones ignore it).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::secret::PlainSecret;

/// Standard base64, with or without padding: some clients leave it out.
const BASIC_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A parsed `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// No header, or a blank one.
    None,
    /// `Basic`: the part before the first colon, and the rest. Not form-decoded.
    Basic {
        /// The user name, or a client id at the token endpoint. May be empty.
        username: String,
        /// The password, or a client secret. May be empty.
        password: PlainSecret,
    },
    /// `Bearer` with a token, a JWT or a personal access token.
    Bearer(PlainSecret),
    /// `Bearer` with a placeholder instead of a token. The Angular SDK sends `Bearer null` to every URL before sign-in, so
    /// public endpoints ignore it; where a credential counts it is an invalid token, never Anonymous.
    Placeholder(BearerPlaceholder),
}

/// What stood in the place of a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerPlaceholder {
    /// Nothing.
    #[error("the Authorization header says Bearer and gives no token; sign in first")]
    Empty,
    /// The text `null`, a JavaScript value.
    #[error("the Authorization header says `Bearer null`: the app has no token yet; sign in first")]
    Null,
    /// The text `undefined`, a JavaScript value.
    #[error(
        "the Authorization header says `Bearer undefined`: the app has no token yet; sign in first"
    )]
    Undefined,
}

/// Why a header could not be read. Never holds the header's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCredential {
    /// Bytes outside of visible ASCII.
    #[error("the Authorization header has characters that a header may not have")]
    NotText,
    /// A scheme that is neither Basic nor Bearer.
    #[error("the Authorization header has a scheme other than Basic and Bearer; use one of these")]
    UnknownScheme,
    /// Basic whose text is not base64.
    #[error("the Basic credential is not base64; send base64 of `user:password`")]
    NotBase64,
    /// Basic whose decoded bytes are not UTF-8.
    #[error("the Basic credential is not UTF-8; encode `user:password` as UTF-8 before base64")]
    NotUtf8,
    /// Basic without a colon.
    #[error("the Basic credential has no colon; send base64 of `user:password`")]
    NoColon,
    /// A bearer token with blanks in it.
    #[error("the bearer token has blanks in it; send one token")]
    BlankInToken,
}

impl Credential {
    /// Reads the value of an `Authorization` header. The scheme is matched in any case (RFC 9110 11.1).
    ///
    /// # Errors
    /// See [`MalformedCredential`].
    pub fn parse(header: Option<&[u8]>) -> Result<Self, MalformedCredential> {
        let Some(header) = header else {
            return Ok(Self::None);
        };
        // A token is long, and nearly always good: without an early end many bytes are looked at at once.
        let visible = header.iter().fold(true, |visible, byte| {
            visible & matches!(byte, b'\t' | b' '..=b'~')
        });
        if !visible {
            return Err(MalformedCredential::NotText);
        }
        let text = std::str::from_utf8(header)
            .map_err(|_| MalformedCredential::NotText)?
            .trim();
        let (scheme, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let rest = rest.trim();
        if scheme.is_empty() {
            Ok(Self::None)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            Self::bearer(rest)
        } else if scheme.eq_ignore_ascii_case("basic") {
            Self::basic(rest)
        } else {
            Err(MalformedCredential::UnknownScheme)
        }
    }

    fn bearer(token: &str) -> Result<Self, MalformedCredential> {
        match token {
            "" => Ok(Self::Placeholder(BearerPlaceholder::Empty)),
            "null" => Ok(Self::Placeholder(BearerPlaceholder::Null)),
            "undefined" => Ok(Self::Placeholder(BearerPlaceholder::Undefined)),
            _ if token.contains(' ') || token.contains('\t') => {
                Err(MalformedCredential::BlankInToken)
            }
            _ => Ok(Self::Bearer(PlainSecret::from(token))),
        }
    }

    fn basic(encoded: &str) -> Result<Self, MalformedCredential> {
        let bytes = BASIC_BASE64
            .decode(encoded)
            .map_err(|_| MalformedCredential::NotBase64)?;
        let text = String::from_utf8(bytes).map_err(|_| MalformedCredential::NotUtf8)?;
        let (username, password) = text.split_once(':').ok_or(MalformedCredential::NoColon)?;
        Ok(Self::Basic {
            username: username.to_owned(),
            password: PlainSecret::from(password),
        })
    }
}
