//! id_tokens: made for a client that a user signed in to, and read back as the hint of a logout.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::mint::UserClaims;
use super::verify::{TokenDefect, verify_signature};
use crate::issuer::{Issuer, IssuerRule};
use crate::keys::{KeyError, KeyRing, SigningKey};
use crate::scope::Scope;

/// Seconds that an id_token lives (IdentityServer).
const LIFETIME: i64 = 300;

/// An id_token to be minted.
#[derive(Debug, Clone, Copy)]
pub struct IdToken<'a> {
    /// `iss`.
    pub issuer: &'a Issuer,
    /// `aud`.
    pub client_id: &'a str,
    /// The user, with the session that `sid` names.
    pub user: UserClaims<'a>,
    /// The granted scopes: the claims of the identity scopes among them are in the token, an access token beside it or not
    /// (decided: cinchy.js has no other source).
    pub scopes: &'a [Scope],
    /// `nonce`, as the request had it.
    pub nonce: Option<&'a str>,
    /// The access token beside it, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// The code beside it, for `c_hash`.
    pub code: Option<&'a str>,
}

/// The payload, in IdentityServer's order.
#[derive(Serialize)]
struct WireClaims<'a> {
    nbf: i64,
    exp: i64,
    iss: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    sub: String,
    auth_time: i64,
    idp: &'a str,
    #[serde(flatten)]
    identity: IdentityClaims<'a>,
    amr: [&'a str; 1],
}

/// The claims of the identity scopes: of an id_token, and of userinfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IdentityClaims<'a> {
    /// With scope `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// With scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a str>,
    /// With scope `email`, where the user has an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// With scope `roles`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
}

impl<'a> IdentityClaims<'a> {
    /// What a client may know of a user with these scopes (the mapping is inferred).
    pub fn of(user: &UserClaims<'a>, granted: impl Fn(Scope) -> bool) -> Self {
        Self {
            id: granted(Scope::Id).then_some(user.username),
            profile: granted(Scope::Profile).then_some(user.profile),
            email: user
                .email
                .filter(|email| granted(Scope::Email) && !email.trim().is_empty()),
            role: granted(Scope::Roles).then_some(user.role),
        }
    }
}

impl IdToken<'_> {
    /// Writes and signs it.
    ///
    /// # Errors
    /// [`KeyError::Sign`], which is not expected.
    pub fn mint(&self, key: &SigningKey, now: DateTime<Utc>) -> Result<String, KeyError> {
        let nbf = now.timestamp();
        let claims = WireClaims {
            nbf,
            exp: nbf.saturating_add(LIFETIME),
            iss: self.issuer.as_str(),
            aud: self.client_id,
            nonce: self.nonce,
            iat: nbf,
            at_hash: self.access_token.map(half_hash),
            c_hash: self.code.map(half_hash),
            sid: self.user.session,
            sub: self.user.id.to_string(),
            auth_time: self.user.authenticated_at.timestamp(),
            idp: self.user.identity_provider,
            identity: IdentityClaims::of(&self.user, |scope| self.scopes.contains(&scope)),
            amr: [self.user.method],
        };
        let payload =
            serde_json::to_vec(&claims).expect("texts, numbers and lists always serialize");
        let mut token = key.jwt_header().to_owned();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        key.append_signature(&mut token)?;
        Ok(token)
    }
}

/// `at_hash` and `c_hash`: the left half of the SHA-256, base64url (OpenID Connect Core 3.1.3.6, 3.3.2.11).
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

/// `session_state` (OpenID Connect Session Management 2): what the check-session page computes again in the browser.
pub fn session_state(client_id: &str, origin: &str, session_id: &str, salt: &str) -> String {
    let input = format!("{client_id}{origin}{session_id}{salt}");
    format!(
        "{}.{salt}",
        URL_SAFE_NO_PAD.encode(digest(&SHA256, input.as_bytes()))
    )
}

/// What an `id_token_hint` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`, the user's Cinchy Id.
    pub user_id: i32,
    /// `aud`, the client.
    pub client_id: String,
    /// `sid`, the session.
    pub session: Option<String>,
}

#[derive(Deserialize)]
struct HintClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: Option<String>,
}

/// Verifies an `id_token_hint`: signature and issuer, but not its times, since a session outlives its id_tokens
/// (OpenID Connect RP-Initiated Logout 2).
///
/// # Errors
/// The first defect that is found.
pub fn verify_id_token_hint(
    token: &str,
    keys: &KeyRing,
    issuers: &IssuerRule,
) -> Result<IdTokenHint, TokenDefect> {
    let claims: HintClaims = verify_signature(token, keys)?;
    if let Err(defect) = issuers.accepts(&claims.iss) {
        return Err(TokenDefect::Issuer {
            issuer: claims.iss,
            defect,
        });
    }
    Ok(IdTokenHint {
        user_id: claims.sub.parse().map_err(|_| TokenDefect::Subject)?,
        client_id: claims.aud,
        session: claims.sid,
    })
}
