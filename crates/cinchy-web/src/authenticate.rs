//! Who a request is: bearer tokens, personal access tokens, user name and password.
//!
//! All of it runs on a blocking thread, or at once (see [`Instance::at_once`]). State is asked each time: a disabled user or
//! client is refused on the next call, whatever is cached.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cinchy_auth::credential::{BearerPlaceholder, MalformedCredential};
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::sign_in::{decide, hash_to_check, may_sign_in_with_password};
use cinchy_auth::token::{Purpose, verify_access_token};
use cinchy_auth::{
    AccessClaims, Credential, HashedSecret, PlainSecret, Principal, SignInRefusal, TokenDefect,
    password, pat,
};
use cinchy_storage::{Connection, StorageError, seeding, users};

use crate::cache::{Generation, PrincipalEntry};
use crate::event::Event;
use crate::instance::Instance;
use crate::signing::hash;
use crate::work::Gone;

/// Why a credential is not accepted. `Display` is the reason with its mend, never with a secret.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The header cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedCredential),
    /// `Bearer null` and the like.
    #[error(transparent)]
    Placeholder(BearerPlaceholder),
    /// No credential where one is needed.
    #[error("the request has no credential; send `{expected}`")]
    Missing {
        /// The header to send.
        expected: &'static str,
    },
    /// A credential of another kind than the route takes.
    #[error("this route takes another kind of credential; send `{expected}`")]
    WrongKind {
        /// The header to send.
        expected: &'static str,
    },
    /// A bad JWT.
    #[error(transparent)]
    Token(#[from] TokenDefect),
    /// A bearer token that is neither a JWT nor a known personal access token.
    #[error(
        "the bearer token is neither an access token nor a personal access token of this platform"
    )]
    UnknownToken,
    /// A personal access token whose time is over.
    #[error("the personal access token expired at {0}; make a new one")]
    TokenOver(DateTime<Utc>),
    /// A token that was revoked.
    #[error("the token was revoked; get a new one")]
    Revoked,
    /// The client of the token is gone or disabled.
    #[error("the token's client `{}` is gone or disabled; enable it in Integrated Clients", .0.escape_default())]
    ClientGone(String),
    /// The token of a client without a user.
    #[error(
        "the token was issued to a client without a user, and calls run with the rights of a user"
    )]
    NoUser,
    /// The user of the token is gone or disabled.
    #[error("the credential's user is gone or disabled; enable the account")]
    UserGone,
    /// User name and password are refused.
    #[error(transparent)]
    SignIn(#[from] SignInRefusal),
    /// Too many sign-ins from one address failed.
    #[error(
        "too many sign-ins from this address failed; wait {} s, or reset the instance", .wait.as_secs() + 1
    )]
    TooManyFailed {
        /// How long to wait.
        wait: Duration,
    },
    /// The database failed; not the caller's fault.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl AuthError {
    /// Whether the credential was good once.
    pub fn is_expired(&self) -> bool {
        matches!(self, Self::Token(defect) if defect.is_expired())
    }
}

/// A request that proved who it is.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The user, with groups and rights.
    pub entry: Arc<PrincipalEntry>,
    /// How it was proved.
    pub how: AuthenticationKind,
}

impl Authenticated {
    /// The principal that policies ask.
    pub fn principal(&self) -> Principal {
        self.entry.principal(self.how.clone())
    }
}

impl Instance {
    /// The user of a bearer credential; no credential at all is the built-in user Anonymous.
    ///
    /// # Errors
    /// See [`AuthError`]; a Basic credential is of the wrong kind here.
    pub fn authenticate_bearer(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        credential: &Credential,
        purpose: Purpose,
    ) -> Result<Authenticated, AuthError> {
        match credential {
            Credential::None => self.anonymous(conn, generation),
            Credential::Placeholder(placeholder) => Err(AuthError::Placeholder(*placeholder)),
            Credential::Basic { .. } => Err(AuthError::WrongKind {
                expected: "Authorization: Bearer <access token>",
            }),
            Credential::Bearer(token) if pat::looks_like_jwt(token.expose()) => {
                self.access_token(conn, generation, token, purpose)
            }
            Credential::Bearer(token) => self.personal_access_token(conn, generation, token),
        }
    }

    fn anonymous(
        &self,
        conn: &mut Connection,
        generation: &Generation,
    ) -> Result<Authenticated, AuthError> {
        let entry = generation.user(conn, users::ANONYMOUS)?;
        let entry = entry
            .filter(|e| !e.user.disabled)
            .ok_or(AuthError::UserGone)?;
        Ok(Authenticated {
            entry,
            how: AuthenticationKind::Anonymous,
        })
    }

    fn access_token(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        token: &PlainSecret,
        purpose: Purpose,
    ) -> Result<Authenticated, AuthError> {
        let (claims, entry) = self.access_token_of(conn, generation, token, purpose)?;
        Ok(Authenticated {
            entry: entry.ok_or(AuthError::NoUser)?,
            how: AuthenticationKind::Bearer {
                client_id: claims.client_id.clone(),
            },
        })
    }

    /// The claims of an access token that is good now, and its user, where it has one: signature, times, revocation,
    /// client, user.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn access_token_of(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        token: &PlainSecret,
        purpose: Purpose,
    ) -> Result<(Arc<AccessClaims>, Option<Arc<PrincipalEntry>>), AuthError> {
        let key = hash(token.expose());
        let claims = self.claims(token, key, purpose)?;
        if self.is_revoked(&key) {
            return Err(AuthError::Revoked);
        }
        let client = generation.client(conn, &claims.client_id)?;
        if !client.is_some_and(|c| c.enabled) {
            return Err(AuthError::ClientGone(claims.client_id.clone()));
        }
        let entry = match claims.user_id {
            Some(user) => Some(live_user(generation.user(conn, user)?)?),
            None => None,
        };
        Ok((claims, entry))
    }

    /// The claims of an access token. Its signature is verified once, its times on each call.
    fn claims(
        &self,
        token: &PlainSecret,
        key: [u8; 32],
        purpose: Purpose,
    ) -> Result<Arc<AccessClaims>, AuthError> {
        let now = self.clock().now();
        if purpose == Purpose::Api
            && let Some(claims) = self.signatures().get(&key)
            && claims.not_before.is_none_or(|from| from <= now)
            && now < claims.expires_at
        {
            return Ok(claims);
        }
        let claims = Arc::new(verify_access_token(
            token.expose(),
            &*self.keys()?,
            self.issuers(),
            purpose,
            now,
        )?);
        if purpose == Purpose::Api {
            self.signatures().insert(key, claims.clone());
        }
        Ok(claims)
    }

    fn personal_access_token(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        token: &PlainSecret,
    ) -> Result<Authenticated, AuthError> {
        let stored = generation
            .token(conn, &pat::hash(token))?
            .ok_or(AuthError::UnknownToken)?;
        let expires = stored.expires.and_utc();
        if self.clock().now() >= expires {
            return Err(AuthError::TokenOver(expires));
        }
        Ok(Authenticated {
            entry: live_user(generation.user(conn, stored.user_id)?)?,
            how: AuthenticationKind::PersonalAccessToken {
                token_id: stored.id,
                name: stored.name.clone(),
            },
        })
    }

    /// The user of this name, if this password was verified in the last minute; `None`: it must be hashed.
    ///
    /// # Errors
    /// [`AuthError::SignIn`] for an account that may not sign in any more, or the database's.
    pub fn signed_in_before(
        &self,
        conn: &mut Connection,
        generation: &Generation,
        username: &str,
        password: &PlainSecret,
    ) -> Result<Option<Arc<PrincipalEntry>>, AuthError> {
        if is_too_long(username, password) {
            return Ok(None);
        }
        let Some(entry) = generation.user_by_name(conn, username)? else {
            return Ok(None);
        };
        if self.verified().get(&entry.user.id) != Some(self.credential_key(&entry, password)) {
            return Ok(None);
        }
        may_sign_in_with_password(&entry.user, self.clock().now())?;
        Ok(Some(entry))
    }

    /// Whether this name and password were verified in the last minute. No more than a hint, which asks no database: that
    /// they will most likely not be hashed, so that [`Self::sign_in`] needs not wait for its turn.
    pub fn has_verified(&self, username: &str, password: &PlainSecret) -> bool {
        !is_too_long(username, password)
            && self
                .recent()
                .contains_key(&self.name_key(username, password))
    }

    /// A key of no user: users have other ids than 0.
    fn name_key(&self, username: &str, password: &PlainSecret) -> [u8; 32] {
        let text = format!("{username}\0{}", password.expose());
        self.credentials().cache_key(0, 0, &PlainSecret::from(text))
    }

    /// Signs a user in by name and password, as the token endpoint and Basic do: the same work and the same answer for an
    /// unknown user, a wrong password and a locked account. `sender` is who asks: one whose sign-ins fail too often waits,
    /// whatever the password, unless it was verified a moment ago.
    ///
    /// Hashes on the calling thread: [`crate::Site::sign_in`] waits for a turn first.
    ///
    /// # Errors
    /// [`AuthError::SignIn`], or the database's.
    pub fn sign_in(
        &self,
        sender: Option<IpAddr>,
        username: &str,
        password: &PlainSecret,
    ) -> Result<Arc<PrincipalEntry>, AuthError> {
        if is_too_long(username, password) {
            return Err(SignInRefusal::UnknownUser.into());
        }
        let (entry, known) = self.database().read(|conn| {
            let generation = self.generation(conn)?;
            let known = self.signed_in_before(conn, &generation, username, password)?;
            Ok::<_, AuthError>((generation.user_by_name(conn, username)?, known))
        })?;
        if let Some(known) = known {
            return Ok(known);
        }
        if let Some(wait) = sender.and_then(|sender| self.failed().wait(&sender)) {
            return Err(AuthError::TooManyFailed { wait });
        }
        let hash = hash_to_check(entry.as_ref().map(|e| &e.user));
        let matched = self
            .hashing()
            .run_in(|memory| password::verify_in(memory, password, &hash));
        // Others may have failed meanwhile: what counts is the account as it is now.
        let (policy, entry) = self.database().read(|conn| {
            let generation = self.generation(conn)?;
            Ok::<_, StorageError>((
                generation.lockout(conn)?,
                generation.user_by_name(conn, username)?,
            ))
        })?;
        // A password that was replaced meanwhile is not believed, though it was right when it was looked up.
        let matched = matched && hash_to_check(entry.as_ref().map(|e| &e.user)) == hash;
        let now = self.clock().now();
        match decide(entry.as_ref().map(|e| &e.user), matched, now) {
            Ok(user) => {
                let id = user.id;
                let mut entry = entry.ok_or(SignInRefusal::UnknownUser)?;
                if password::needs_rehash(&hash) {
                    entry = self.rehash(&entry, &hash, password)?;
                }
                // Before the count is cleared, as a failure counts before it takes this away: whichever comes last, a
                // password that is believed means a count of none.
                self.verified()
                    .insert(id, self.credential_key(&entry, password));
                self.recent().insert(self.name_key(username, password), ());
                self.database()
                    .write_sessions(|conn| users::clear_failures(conn, Some(id)))?;
                Ok(entry)
            }
            Err(refusal) => {
                if let Some(sender) = sender {
                    // Whether this one was one too many matters to the next.
                    let _ = self.failed().take(sender);
                }
                self.recent().invalidate(&self.name_key(username, password));
                match (&refusal, &entry) {
                    (SignInRefusal::WrongPassword, Some(entry)) => {
                        self.count_failure(entry.user.id, policy, now)?;
                        self.verified().invalidate(&entry.user.id);
                    }
                    // The same work for accounts that are not there or not open.
                    _ => {
                        self.database().write_sessions(|conn| {
                            users::count_failure(conn, NOBODY, policy, now)
                        })?;
                    }
                }
                Err(refusal.into())
            }
        }
    }

    fn credential_key(&self, entry: &PrincipalEntry, password: &PlainSecret) -> [u8; 32] {
        self.credentials()
            .cache_key(entry.user.id, entry.user.credential_version, password)
    }

    fn count_failure(
        &self,
        id: i32,
        policy: cinchy_auth::LockoutPolicy,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let locks = self
            .database()
            .write_sessions(|conn| users::count_failure(conn, id, policy, now))?;
        if locks {
            Event::LockedOut { user_id: id }.log();
            let schema = self.database().schema().to_owned();
            self.database()
                .write(|conn| users::set_locked(conn, &schema, id, Some(now), now.naive_utc()))?;
            // The count begins again when the lock ends, however it ends. Not before there is a lock: no try is free.
            self.database()
                .write_sessions(|conn| users::clear_failures(conn, Some(id)))?;
        }
        Ok(())
    }

    /// Sets a password that its user chose, and ends the user's sessions. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn change_password(
        &self,
        id: i32,
        password: &PlainSecret,
        expires: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let hash = self.hashing().run(|| seeding::hash_password(password))?;
        let now = self.clock().now().naive_utc();
        let schema = self.database().schema().to_owned();
        self.database()
            .write(|conn| users::set_own_password(conn, &schema, id, &hash, Some(expires), now))?;
        self.verified().invalidate(&id);
        self.end_sessions_of(id)?;
        Event::PasswordChanged { user_id: id }.log();
        Ok(())
    }

    /// Brings an old hash up to date while the password is at hand; the user as the row is then. One that somebody replaced
    /// meanwhile stays.
    fn rehash(
        &self,
        entry: &Arc<PrincipalEntry>,
        old: &HashedSecret,
        password: &PlainSecret,
    ) -> Result<Arc<PrincipalEntry>, StorageError> {
        let id = entry.user.id;
        let new = self.hashing().run(|| seeding::hash_password(password))?;
        let now = self.clock().now().naive_utc();
        let schema = self.database().schema().to_owned();
        let replaced = self
            .database()
            .write(|conn| users::renew_hash(conn, &schema, id, old, &new, now))?;
        let renewed = match replaced {
            true => self.live_user(id)?,
            false => None,
        };
        Ok(renewed
            .filter(|renewed| renewed.user.password.as_ref() == Some(&new))
            .unwrap_or_else(|| Arc::clone(entry)))
    }
}

/// The Cinchy Id under which failures of no account are counted; no user has it.
const NOBODY: i32 = 0;

/// The most characters of a user name or a password (identity server's limit), so that what strangers send is not kept.
const MOST_CHARACTERS: usize = 100;

fn is_too_long(username: &str, password: &PlainSecret) -> bool {
    [username, password.expose()]
        .iter()
        .any(|text| text.chars().nth(MOST_CHARACTERS).is_some())
}

fn live_user(entry: Option<Arc<PrincipalEntry>>) -> Result<Arc<PrincipalEntry>, AuthError> {
    entry
        .filter(|e| !e.user.disabled && !e.user.is_anonymous())
        .ok_or(AuthError::UserGone)
}
