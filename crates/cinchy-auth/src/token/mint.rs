//! Making access tokens. The order of the claims is part of the shape, so the wire struct is ordered by hand.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rand::CryptoRng;
use serde::Serialize;

use super::API_AUDIENCE;
use crate::issuer::Issuer;
use crate::keys::{KeyError, SigningKey, hex};
use crate::principal::User;
use crate::scope::Scope;

/// The identity provider of users that signed in here; `idp` (documented sample).
pub const LOCAL: &str = "local";

/// The shape of the tokens that are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenProfile {
    /// The documented sample (IdentityServer4 2.x).
    #[default]
    V2,
    /// IdentityServer4 4.x: adds `jti`, `sid`, `iat` and `typ` `at+jwt`, and the answer names the scopes.
    V4,
}

/// A text that is not a token profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a token profile; use v2 or v4", .0.escape_default())]
pub struct UnknownTokenProfile(pub String);

impl FromStr for TokenProfile {
    type Err = UnknownTokenProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v2" => Ok(Self::V2),
            "v4" => Ok(Self::V4),
            _ => Err(UnknownTokenProfile(text.to_owned())),
        }
    }
}

impl fmt::Display for TokenProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "v2",
            Self::V4 => "v4",
        })
    }
}

/// What a token says about its user.
#[derive(Debug, Clone, Copy)]
pub struct UserClaims<'a> {
    /// `[Cinchy Id]`; `sub`.
    pub id: i32,
    /// The user name; `id`.
    pub username: &'a str,
    /// The user's name; `profile`.
    pub profile: &'a str,
    /// The e-mail address; `email`, left out when `None` or blank.
    pub email: Option<&'a str>,
    /// The Authentication Method; `role`.
    pub role: &'a str,
    /// When the user proved who it is; `auth_time`.
    pub authenticated_at: DateTime<Utc>,
    /// How; the single entry of `amr`: `custom` for the password grant (documented sample), `pwd` for the login page,
    /// `external` for SAML.
    pub method: &'a str,
    /// The identity provider; `idp`: `local`, or the entity id of another one.
    pub identity_provider: &'a str,
    /// The browser session, for `sid` in profile v4 and in id_tokens.
    pub session: Option<&'a str>,
}

impl<'a> UserClaims<'a> {
    /// The claims of a user who has just given a password at the token endpoint.
    pub fn password_grant(user: &'a User, now: DateTime<Utc>) -> Self {
        Self::of(user, "custom", now)
    }

    /// The claims of a user who proved who it is by this method (`amr`) at this moment.
    pub fn of(user: &'a User, method: &'a str, authenticated_at: DateTime<Utc>) -> Self {
        Self {
            id: user.id,
            username: &user.username,
            profile: &user.profile,
            email: user.email.as_deref(),
            role: user.authentication_method.as_str(),
            authenticated_at,
            method,
            identity_provider: LOCAL,
            session: None,
        }
    }
}

/// A token to be minted.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken<'a> {
    /// `iss`, and `aud` with `/resources` behind it.
    pub issuer: &'a Issuer,
    /// `client_id`.
    pub client_id: &'a str,
    /// The user, or `None` for a token of the client itself.
    pub user: Option<UserClaims<'a>>,
    /// The granted scopes, in the order of `scope`. `js_api` among them makes it an audience too.
    pub scopes: &'a [Scope],
    /// Seconds from `nbf` to `exp`.
    pub lifetime: i32,
}

/// A minted token and the members of the answer that depend on it.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// The JWT.
    pub access_token: String,
    /// Seconds until it expires.
    pub expires_in: i32,
    /// The `scope` member of the answer, in profile v4 only.
    pub scope: Option<String>,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken")
            .field("access_token", &format_args!("..."))
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish()
    }
}

/// The payload. Field order is the documented one; what v4 adds stands where IdentityServer4 4.x writes it (inferred).
#[derive(Serialize)]
struct WireClaims<'a> {
    nbf: i64,
    exp: i64,
    iss: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    scope: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<[&'a str; 1]>,
}

/// `aud`: one audience is written as a text, two as a list (the .NET JWT library).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Two([&'a str; 2]),
}

impl AccessToken<'_> {
    /// Writes and signs the token. `rng` is used for `jti` in profile v4 only.
    ///
    /// # Errors
    /// [`KeyError::Sign`], which is not expected.
    pub fn mint(
        &self,
        key: &SigningKey,
        profile: TokenProfile,
        now: DateTime<Utc>,
        rng: &mut impl CryptoRng,
    ) -> Result<MintedToken, KeyError> {
        let v4 = profile == TokenProfile::V4;
        let nbf = now.timestamp();
        let resources = self.issuer.resources();
        let user = self.user.as_ref();
        let claims = WireClaims {
            nbf,
            exp: nbf.saturating_add(i64::from(self.lifetime)),
            iss: self.issuer.as_str(),
            aud: if self.scopes.contains(&Scope::JsApi) {
                Audience::Two([&resources, API_AUDIENCE])
            } else {
                Audience::One(&resources)
            },
            client_id: self.client_id,
            sub: user.map(|user| user.id.to_string()),
            auth_time: user.map(|user| user.authenticated_at.timestamp()),
            idp: user.map(|user| user.identity_provider),
            profile: user.map(|user| user.profile),
            email: user
                .and_then(|user| user.email)
                .filter(|email| !email.trim().is_empty()),
            role: user.map(|user| user.role),
            id: user.map(|user| user.username),
            jti: v4.then(|| {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                hex(&bytes, b"0123456789ABCDEF")
            }),
            sid: user.and_then(|user| user.session).filter(|_| v4),
            iat: v4.then_some(nbf),
            scope: self.scopes.iter().map(|scope| scope.as_str()).collect(),
            amr: user.map(|user| [user.method]),
        };
        let payload =
            serde_json::to_vec(&claims).expect("texts, numbers and lists always serialize");
        let header = if v4 {
            key.at_jwt_header()
        } else {
            key.jwt_header()
        };
        // Header, payload and a signature of 342 characters, each with its dot.
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 352);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        key.append_signature(&mut token)?;
        Ok(MintedToken {
            access_token: token,
            expires_in: self.lifetime,
            scope: v4.then(|| Scope::wire_text(self.scopes)),
        })
    }
}
