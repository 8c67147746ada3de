//! What is kept of a grant for later: the refresh token, and which access tokens go with it.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use cinchy_auth::{PlainSecret, Scope, handle};
use cinchy_storage::grants::StoredGrant;
use cinchy_web::Instance;
use cinchy_web::codes::{GrantData, later, new_key};

use super::Granted;
use crate::error::IdentityError;

/// How long a refresh token and its successors live, counted from the first (IdentityServer: 30 days, absolute).
const LIFETIME: TimeDelta = TimeDelta::seconds(2_592_000);

/// What is kept.
pub(crate) struct Follow {
    /// What is revoked together.
    pub family: String,
    /// The client showed no secret, so it need not with the refresh token.
    pub public: bool,
    /// When the refresh token ends: of a successor, that of the first.
    pub expires: Option<NaiveDateTime>,
    /// The scopes of the refresh token, where the request asked for fewer this time.
    pub scopes: Option<Vec<Scope>>,
}

impl Follow {
    /// A family of its own.
    pub fn new(public: bool) -> Self {
        Self {
            family: handle::new_id(&mut rand::rng()),
            public,
            expires: None,
            scopes: None,
        }
    }

    /// Keeps it; the refresh token, where the scope has `offline_access`. Blocks.
    pub fn keep(
        &self,
        instance: &Instance,
        granted: &Granted,
        access_token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PlainSecret>, IdentityError> {
        let Some(user) = &granted.user else {
            return Ok(None);
        };
        let row =
            |key_hash: String, kind: &str, data: String, expires: NaiveDateTime| StoredGrant {
                key_hash,
                kind: kind.to_owned(),
                family: self.family.clone(),
                client_id: granted.client.client_id.clone(),
                user_id: Some(user.entry.user.id),
                data,
                created: now.naive_utc(),
                expires,
                consumed: None,
            };
        let lifetime = TimeDelta::seconds(granted.client.lifetime().into());
        // Two tokens of one second may be the same text, so its hash is no key.
        let access = row(
            new_key(),
            "access",
            handle::hash(access_token),
            later(now, lifetime).naive_utc(),
        );
        let scopes = self.scopes.as_ref().unwrap_or(&granted.scopes);
        if !scopes.contains(&Scope::OfflineAccess) {
            instance.keep_tokens(&access, None)?;
            return Ok(None);
        }
        let token = handle::new(&mut rand::rng());
        let data = GrantData {
            scope: Scope::wire_text(scopes),
            authenticated: user.login.at.timestamp(),
            method: user.login.method.clone(),
            identity_provider: user.login.identity_provider.clone(),
            sid: Some(user.login.sid.clone()).filter(|sid| !sid.is_empty()),
            password_stamp: user.entry.user.password_stamp(),
            redirect_uri: None,
            nonce: None,
            challenge: None,
            public: self.public,
        };
        let expires = self
            .expires
            .unwrap_or_else(|| later(now, LIFETIME).naive_utc());
        let refresh = row(
            handle::hash(token.expose()),
            "refresh",
            data.to_json(),
            expires,
        );
        instance.keep_tokens(&access, Some(&refresh))?;
        Ok(Some(token))
    }
}
