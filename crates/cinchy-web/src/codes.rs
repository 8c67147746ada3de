//! Authorization codes: issued by the authorize endpoint, exchanged by the token endpoint and, within the process, by the
//! console. 256 random bits, 300 seconds, one use, bound to client, redirect URL, challenge, session; only hashes are kept.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cinchy_auth::grant::CodeDefect;
use cinchy_auth::pkce::Challenge;
use cinchy_auth::{PlainSecret, handle};
use cinchy_storage::grants::{self, StoredGrant};
use cinchy_storage::{Result, StorageError, sessions};
use serde::{Deserialize, Serialize};

use crate::cache::PrincipalEntry;
use crate::event::Event;
use crate::instance::Instance;
use crate::session::Login;

/// How long a code lives (IdentityServer).
const LIFETIME: TimeDelta = TimeDelta::seconds(300);
/// How long what has ended is remembered, so that its use is known for what it is.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// What a code, a refresh token or a device code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantData {
    /// The granted scopes, joined by blanks.
    pub scope: String,
    /// When the user signed in, in seconds since 1970.
    pub authenticated: i64,
    /// How; `amr`.
    pub method: String,
    /// Where; `idp`.
    pub identity_provider: String,
    /// The browser session; `None` without a browser.
    pub sid: Option<String>,
    /// What the user's password was then.
    pub password_stamp: String,
    /// The redirect URL of a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// `nonce` of a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// `code_challenge` of a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The client showed no secret for it, so it need not for what comes of it.
    #[serde(default)]
    pub public: bool,
}

impl GrantData {
    /// The login that it goes back to.
    pub fn login(&self) -> Login {
        Login {
            sid: self.sid.clone().unwrap_or_default(),
            method: self.method.clone(),
            identity_provider: self.identity_provider.clone(),
            at: DateTime::from_timestamp(self.authenticated, 0).unwrap_or_default(),
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always serialize")
    }

    /// From what was stored.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`].
    pub fn of(grant: &StoredGrant) -> Result<Self> {
        serde_json::from_str(&grant.data)
            .map_err(|_| StorageError::Corrupt("a grant cannot be read".to_owned()))
    }
}

/// A code's exchange.
#[derive(Debug)]
pub struct Exchanged {
    /// The user, as the row is now.
    pub entry: Arc<PrincipalEntry>,
    /// What was granted.
    pub data: GrantData,
    /// What comes of the code is of this family.
    pub family: String,
}

/// Why a code is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The code's fault.
    #[error("{0}")]
    Code(CodeDefect),
    /// The database's.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Instance {
    /// Issues a code.
    ///
    /// # Errors
    /// The database's.
    pub fn issue_code(
        &self,
        client_id: &str,
        user_id: i32,
        data: &GrantData,
    ) -> Result<PlainSecret> {
        let code = handle::new(&mut rand::rng());
        let now = self.clock().now();
        self.keep_grant(&StoredGrant {
            key_hash: handle::hash(code.expose()),
            kind: "code".to_owned(),
            family: handle::new_id(&mut rand::rng()),
            client_id: client_id.to_owned(),
            user_id: Some(user_id),
            data: data.to_json(),
            created: now.naive_utc(),
            expires: later(now, LIFETIME).naive_utc(),
            consumed: None,
        })?;
        Ok(code)
    }

    /// Keeps a grant, and forgets old ones.
    ///
    /// # Errors
    /// The database's.
    pub fn keep_grant(&self, grant: &StoredGrant) -> Result<()> {
        let now = self.clock().now();
        self.database().write_sessions(|conn| {
            if let Some(before) = now.checked_sub_signed(REMEMBERED) {
                grants::delete_expired(conn, before.naive_utc())?;
            }
            grants::insert(conn, grant)
        })
    }

    /// Keeps an access token of a family (its hash in `data`), and its refresh token, if there is one. If the family was
    /// ended meanwhile, because its code or refresh token was used twice at once, the access token is revoked at once, and
    /// the refresh token works for nothing. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn keep_tokens(&self, access: &StoredGrant, refresh: Option<&StoredGrant>) -> Result<()> {
        let ended = self.database().write_sessions(|conn| {
            if grants::hold_family(conn, &access.family)? {
                grants::revoke(conn, &access.data, access.expires)?;
                return Ok(true);
            }
            grants::insert(conn, access)?;
            if let Some(refresh) = refresh {
                grants::insert(conn, refresh)?;
            }
            Ok::<_, StorageError>(false)
        })?;
        if ended {
            self.announce()?;
        }
        Ok(())
    }

    /// Exchanges a code: once, by its client, with the redirect URL and the verifier of its request. Using one twice revokes
    /// what came of it (RFC 6749 4.1.2). Blocks.
    ///
    /// # Errors
    /// See [`ExchangeError`].
    pub fn exchange_code(
        &self,
        client_id: &str,
        code: &PlainSecret,
        redirect_uri: Option<&str>,
        verifier: Option<&PlainSecret>,
    ) -> Result<Exchanged, ExchangeError> {
        let hash = handle::hash(code.expose());
        let now = self.clock().now();
        let mut reused = false;
        let found = self.database().write_sessions(|conn| {
            let Some(grant) = grants::find(conn, &hash, "code")? else {
                return Ok(Err(CodeDefect::Unknown));
            };
            if grant.client_id != client_id {
                return Ok(Err(CodeDefect::OtherClient));
            }
            if !grants::consume(conn, &hash, now.naive_utc())? {
                grants::end_family(conn, &grant.family, new_key(), now.naive_utc())?;
                reused = true;
                return Ok(Err(CodeDefect::Used));
            }
            let data = GrantData::of(&grant)?;
            if let Some(sid) = &data.sid
                && !sessions::has_login(conn, sid)?
            {
                return Ok(Err(CodeDefect::Session));
            }
            Ok::<_, StorageError>(Ok((grant, data)))
        })?;
        if reused {
            self.announce()?;
            Event::ReuseDetected { client_id }.log();
        }
        let (grant, data) = found.map_err(ExchangeError::Code)?;
        check(&grant, &data, redirect_uri, verifier, now).map_err(ExchangeError::Code)?;
        let entry = self
            .live_user(grant.user_id.unwrap_or_default())?
            .filter(|entry| entry.user.password_stamp() == data.password_stamp)
            .ok_or(ExchangeError::Code(CodeDefect::User))?;
        Ok(Exchanged {
            entry,
            data,
            family: grant.family,
        })
    }

    /// Tells every process that something was revoked.
    ///
    /// # Errors
    /// The database's.
    pub fn announce(&self) -> Result<()> {
        self.database().write(|conn| grants::announce(conn))
    }
}

fn check(
    grant: &StoredGrant,
    data: &GrantData,
    redirect_uri: Option<&str>,
    verifier: Option<&PlainSecret>,
    now: DateTime<Utc>,
) -> Result<(), CodeDefect> {
    if now >= grant.expires.and_utc() {
        return Err(CodeDefect::Expired);
    }
    if redirect_uri != data.redirect_uri.as_deref() {
        return Err(CodeDefect::RedirectUri);
    }
    match (&data.challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(CodeDefect::NoChallenge),
        (Some(_), None) => Err(CodeDefect::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            if Challenge::stored(challenge.clone()).fits(verifier.expose()) {
                Ok(())
            } else {
                Err(CodeDefect::VerifierWrong)
            }
        }
    }
}

/// A key for a row that nobody has a handle of.
pub fn new_key() -> String {
    handle::hash(handle::new(&mut rand::rng()).expose())
}

/// A moment this much later, or the last one there is.
pub fn later(now: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    now.checked_add_signed(by)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
