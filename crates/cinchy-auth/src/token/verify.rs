//! Verifying access tokens: signature by `jsonwebtoken`, everything that depends on the instance and its clock here.
//!
//! State is not looked at: whether user and client still exist and are enabled is asked by the caller on each request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::API_AUDIENCE;
use crate::issuer::{IssuerDefect, IssuerRule};
use crate::keys::KeyRing;
use crate::scope::Scope;

/// How far in the future `nbf` may lie, so that several processes on one database need not agree to the second.
/// `exp` has no leeway: a test that moves the clock to the end of a token sees it end.
pub const NOT_BEFORE_LEEWAY: TimeDelta = TimeDelta::seconds(10);

/// What a token is presented for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The web API: the token must be for `js_api`, by `aud` or by `scope`.
    Api,
    /// The identity server's own endpoints, such as userinfo: any access token of this server.
    Identity,
}

/// What a verified access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// `iss`.
    pub issuer: String,
    /// `client_id`.
    pub client_id: String,
    /// `sub`, the user's Cinchy Id; `None` for a token of the client itself.
    pub user_id: Option<i32>,
    /// `id`, the user name at the time of issue.
    pub username: Option<String>,
    /// `scope`, names as in the token.
    pub scopes: Vec<String>,
    /// `nbf`, where the token has it.
    pub not_before: Option<DateTime<Utc>>,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
    /// `jti`, which profile v2 does not have.
    pub jti: Option<String>,
    /// `sid`, the browser session, in profile v4.
    pub session: Option<String>,
}

impl AccessClaims {
    /// Whether the token was granted a scope.
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|name| name == scope.as_str())
    }
}

/// Why a token is not accepted: one sentence each, for logs and explanations. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenDefect {
    /// Not three parts, or a header that is not base64url of JSON.
    #[error("the token is not a JWT")]
    NotJwt,
    /// An algorithm other than RS256.
    #[error("the token's algorithm is `{}`; only RS256 is accepted", .0.escape_default())]
    Algorithm(String),
    /// A header that demands something this server does not know, or another kind of token.
    #[error("the token's header is not that of an access token")]
    Header,
    /// No key id.
    #[error("the token names no key (`kid`)")]
    NoKeyId,
    /// A key that this instance does not have: another server's, another instance's, or one removed after rotation.
    #[error("the token was signed with key `{}`, which this instance does not have; get a new token from this server", .0.escape_default())]
    UnknownKey(String),
    /// A key that was retired so long ago that it is not listed any more.
    #[error("the token was signed with key `{}`, which was retired and is not listed any more; get a new token", .0.escape_default())]
    RetiredKey(String),
    /// The signature does not fit.
    #[error(
        "the token's signature is wrong: its text was changed after signing, or another key signed it"
    )]
    Signature,
    /// The payload is not that of a token of ours.
    #[error("the token's claims cannot be read")]
    Claims,
    /// A token of this server, but not an access token: an id_token.
    #[error("the token is not an access token; send the access_token, not the id_token")]
    NotAccessToken,
    /// `sub` is not a Cinchy Id.
    #[error("the token's subject is not a Cinchy Id")]
    Subject,
    /// An issuer that is not one of this instance's.
    #[error("the token's issuer `{}` is not accepted: {defect}", issuer.escape_default())]
    Issuer {
        /// `iss`.
        issuer: String,
        /// What is wrong with it.
        defect: IssuerDefect,
    },
    /// For somebody else.
    #[error("the token is not for the web API; ask for the scope `js_api`")]
    Audience,
    /// `exp` has passed.
    #[error("the token expired at {0}; get a new one")]
    Expired(DateTime<Utc>),
    /// `nbf` has not come.
    #[error(
        "the token is not valid before {0}; the clock may have been set back since it was issued"
    )]
    NotYetValid(DateTime<Utc>),
}

impl TokenDefect {
    /// Whether the token was good once: an expired one is answered with a description of its own.
    pub fn is_expired(&self) -> bool {
        matches!(self, Self::Expired(_))
    }
}

/// The part of the header that is looked at. `jku`, `x5u`, `jwk` and `x5c` are never: keys come from the ring.
#[derive(Deserialize)]
struct WireHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct WireClaims {
    iss: Option<String>,
    #[serde(default)]
    aud: Texts,
    exp: Option<i64>,
    nbf: Option<i64>,
    client_id: Option<String>,
    sub: Option<String>,
    id: Option<String>,
    scope: Option<Texts>,
    jti: Option<String>,
    sid: Option<String>,
    nonce: Option<serde_json::Value>,
    at_hash: Option<serde_json::Value>,
}

/// A text or a list of texts; both are documented for `aud`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Texts {
    fn contains(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Many(many) => many.iter().any(|one| one == text),
        }
    }

    /// A list, or the words of a text: newer servers write `scope` as one text.
    fn into_words(self) -> Vec<String> {
        match self {
            Self::One(one) => one.split_ascii_whitespace().map(str::to_owned).collect(),
            Self::Many(many) => many,
        }
    }
}

/// Verifies an access token of this instance: algorithm, key, signature, issuer, kind, audience, times, in this order.
///
/// # Errors
/// The first defect that is found.
pub fn verify_access_token(
    token: &str,
    keys: &KeyRing,
    issuers: &IssuerRule,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<AccessClaims, TokenDefect> {
    let claims = verify_signature(token, keys)?;
    check_claims(claims, issuers, purpose, now)
}

/// The claims of a token that one of these keys signed; what they say is not looked at.
pub(super) fn verify_signature<T: DeserializeOwned>(
    token: &str,
    keys: &KeyRing,
) -> Result<T, TokenDefect> {
    let header = read_header(token)?;
    if header.alg != "RS256" {
        return Err(TokenDefect::Algorithm(header.alg));
    }
    let access_type = header.typ.as_deref().is_none_or(|typ| {
        ["JWT", "at+jwt", "application/at+jwt"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(typ))
    });
    if header.crit.is_some() || !access_type {
        return Err(TokenDefect::Header);
    }
    let kid = header.kid.ok_or(TokenDefect::NoKeyId)?;
    let Some(key) = keys.find(&kid) else {
        return Err(if keys.is_withdrawn(&kid) {
            TokenDefect::RetiredKey(kid)
        } else {
            TokenDefect::UnknownKey(kid)
        });
    };
    jsonwebtoken::decode::<T>(token, key.decoding(), &signature_only())
        .map(|verified| verified.claims)
        .map_err(|error| match error.kind() {
            // The header has been read already and the payload comes after the signature, so what is not base64 here is
            // the signature.
            jsonwebtoken::errors::ErrorKind::InvalidSignature
            | jsonwebtoken::errors::ErrorKind::Base64(_) => TokenDefect::Signature,
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenDefect::Claims,
            _ => TokenDefect::NotJwt,
        })
}

fn check_claims(
    claims: WireClaims,
    issuers: &IssuerRule,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<AccessClaims, TokenDefect> {
    let issuer = claims.iss.ok_or(TokenDefect::Claims)?;
    if let Err(defect) = issuers.accepts(&issuer) {
        return Err(TokenDefect::Issuer { issuer, defect });
    }
    // An id_token has the client as its audience, no scope and no client_id of its own.
    let (Some(client_id), Some(scope), None, None) =
        (claims.client_id, claims.scope, claims.nonce, claims.at_hash)
    else {
        return Err(TokenDefect::NotAccessToken);
    };
    let scopes = scope.into_words();
    let for_api = claims.aud.contains(API_AUDIENCE);
    if !for_api && !claims.aud.contains(&format!("{issuer}/resources")) {
        return Err(TokenDefect::Audience);
    }
    let api_scope = scopes.iter().any(|name| name == API_AUDIENCE);
    if purpose == Purpose::Api && !for_api && !api_scope {
        return Err(TokenDefect::Audience);
    }
    let user_id = claims
        .sub
        .map(|sub| sub.parse().map_err(|_| TokenDefect::Subject))
        .transpose()?;
    let not_before = claims.nbf.map(instant).transpose()?;
    if let Some(from) = not_before
        && from.signed_duration_since(now) > NOT_BEFORE_LEEWAY
    {
        return Err(TokenDefect::NotYetValid(from));
    }
    let expires_at = instant(claims.exp.ok_or(TokenDefect::Claims)?)?;
    if now >= expires_at {
        return Err(TokenDefect::Expired(expires_at));
    }
    Ok(AccessClaims {
        issuer,
        client_id,
        user_id,
        username: claims.id,
        scopes,
        not_before,
        expires_at,
        jti: claims.jti,
        session: claims.sid,
    })
}

fn read_header(token: &str) -> Result<WireHeader, TokenDefect> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenDefect::NotJwt);
    };
    let json = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| TokenDefect::NotJwt)?;
    serde_json::from_slice(&json).map_err(|_| TokenDefect::NotJwt)
}

/// Only the signature and the algorithm: the library would compare times with the machine's clock, and the instance has
/// its own.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn instant(seconds: i64) -> Result<DateTime<Utc>, TokenDefect> {
    DateTime::from_timestamp(seconds, 0).ok_or(TokenDefect::Claims)
}
