//! Browser sessions: of the identity server, and of the console.
//!
//! A cookie holds a handle of 256 random bits; the store keeps its hash. A session is new with each login (fixation), is
//! kept for seven days of the instance's clock after its last use, and ends with logout, another password, a disabled
//! account, a reset. The two kinds of one login share a `sid`, and end together.
//!
//! For a room with pages of its own (the console), the shape is this:
//!
//! * who a request is: [`console_user`] -> `Option<SignedIn>`, on a blocking thread (it reads two stores);
//! * nobody yet: [`crate::sign_in::begin`] gives the address of the identity server to go to and a cookie to set;
//! * the browser comes back to `<web>/admin/signin?code=...&state=...`: [`crate::sign_in::redeem`] gives the user, the
//!   cookie of the console's session, and where the user wanted to go;
//! * out: link to `<web>/account/logout`, or call [`Instance::end_login`] with the `sid`.
//!
//! A user who was signed in by another party (SAML) becomes a session by [`Instance::start_session`] with the method
//! `external`.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use cinchy_auth::{PlainSecret, User, handle};
use cinchy_storage::sessions::{self, StoredSession};
use cinchy_storage::{Result, StorageError, grants};

use crate::cache::PrincipalEntry;
use crate::cookie::{self, Reader};
use crate::instance::Instance;
use crate::site::Site;

/// How long a session is kept after its last use (documented: 7 days since 5.4).
pub const IDLE_DAYS: i64 = 7;

/// How exactly the last use is noted, so that not every request writes.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The identity server.
    Sso,
    /// The console.
    Console,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sso => "sso",
            Self::Console => "console",
        }
    }
}

/// How a user signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The login's public id; a fresh one where it is a new login.
    pub sid: String,
    /// `amr`: `pwd`, `external`.
    pub method: String,
    /// `idp`: `local`, or the entity id of an identity provider.
    pub identity_provider: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Login {
    /// A login that happens now.
    pub fn new(method: &str, identity_provider: &str, at: DateTime<Utc>) -> Self {
        Self {
            sid: handle::new_id(&mut rand::rng()),
            method: method.to_owned(),
            identity_provider: identity_provider.to_owned(),
            at,
        }
    }
}

/// A live session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user, as the row is now.
    pub entry: Arc<PrincipalEntry>,
    /// How it signed in.
    pub login: Login,
}

impl Instance {
    /// Starts a session; the value of its cookie.
    ///
    /// # Errors
    /// The database's.
    pub fn start_session(&self, kind: Kind, user: &User, login: &Login) -> Result<PlainSecret> {
        let cookie = handle::new(&mut rand::rng());
        let now = self.clock().now();
        // The hash may have been renewed by this very login.
        let stamp = self.live_user(user.id)?.map_or_else(
            || user.password_stamp(),
            |entry| entry.user.password_stamp(),
        );
        self.database().write_sessions(|conn| {
            if let Some(idle) = now.checked_sub_signed(TimeDelta::days(IDLE_DAYS)) {
                sessions::delete_idle(conn, idle.naive_utc())?;
            }
            sessions::insert(
                conn,
                &StoredSession {
                    id_hash: handle::hash(cookie.expose()),
                    kind: kind.as_str().to_owned(),
                    sid: login.sid.clone(),
                    user_id: user.id,
                    method: login.method.clone(),
                    identity_provider: login.identity_provider.clone(),
                    password_stamp: stamp,
                    authenticated: login.at.naive_utc(),
                    last_seen: now.naive_utc(),
                },
            )
        })?;
        Ok(cookie)
    }

    /// The session of a cookie, if it still lives. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn session(&self, kind: Kind, cookie: &str) -> Result<Option<SignedIn>> {
        if cookie.len() > handle::MAX_CHARS {
            return Ok(None);
        }
        let hash = handle::hash(cookie);
        let Some(stored) = self
            .database()
            .with_sessions(|conn| sessions::find(conn, &hash, kind.as_str()))?
        else {
            return Ok(None);
        };
        let now = self.clock().now();
        let idle = now.signed_duration_since(stored.last_seen.and_utc());
        let entry = self.live_user(stored.user_id)?;
        let entry = entry.filter(|entry| entry.user.password_stamp() == stored.password_stamp);
        let Some(entry) = entry.filter(|_| idle < TimeDelta::days(IDLE_DAYS)) else {
            self.end_login(&stored.sid)?;
            return Ok(None);
        };
        if idle >= TOUCH_EVERY {
            self.database()
                .write_sessions(|conn| sessions::touch(conn, &hash, now.naive_utc()))?;
        }
        Ok(Some(SignedIn {
            entry,
            login: Login {
                sid: stored.sid,
                method: stored.method,
                identity_provider: stored.identity_provider,
                at: stored.authenticated.and_utc(),
            },
        }))
    }

    /// The user with this Cinchy Id, unless it is disabled or Anonymous. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn live_user(&self, id: i32) -> Result<Option<Arc<PrincipalEntry>>> {
        let entry = self.database().read(|conn| {
            let generation = self.generation(conn)?;
            generation.user(conn, id)
        })?;
        Ok(entry.filter(|entry| !entry.user.disabled && !entry.user.is_anonymous()))
    }

    /// Ends a login: at the identity server and in the console. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn end_login(&self, sid: &str) -> Result<()> {
        self.database()
            .write_sessions(|conn| sessions::delete_login(conn, sid))
    }

    /// Ends all sessions of a user. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn end_sessions_of(&self, user_id: i32) -> Result<()> {
        self.database()
            .write_sessions(|conn| sessions::delete_of_user(conn, user_id))
    }

    /// Ends all sessions, codes and refresh tokens, as a reset does. Revoked access tokens stay revoked.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn end_everything(&self) -> Result<()> {
        self.database().write_sessions(|conn| {
            sessions::clear(conn)?;
            grants::clear(conn)?;
            Ok::<_, StorageError>(())
        })
    }
}

/// The console's user of a request. Blocks.
///
/// # Errors
/// The database's.
pub fn console_user(instance: &Instance, cookie: Option<&str>) -> Result<Option<SignedIn>> {
    match cookie {
        Some(cookie) => instance.session(Kind::Console, cookie),
        None => Ok(None),
    }
}

/// The cookie of the console's session that came with a request, for [`console_user`].
pub fn console_cookie(site: &Site, request: &HttpRequest) -> Option<String> {
    cookie::read(request, &site.instance.cookies().console)
}

/// The cookie of the identity server's session that came with a request, for [`Instance::session`].
pub fn sso_cookie(site: &Site, request: &HttpRequest) -> Option<String> {
    cookie::read(request, &site.instance.cookies().session)
}

/// The `Set-Cookie` headers of a new session at the identity server: the session, and its readable id.
pub fn sso_cookies(site: &Site, session: &PlainSecret, sid: &str) -> [HeaderValue; 2] {
    let names = site.instance.cookies();
    [
        cookie::set(site, &names.session, session.expose(), Reader::Server),
        cookie::set(site, &names.session_id, sid, Reader::Script),
    ]
}

/// The `Set-Cookie` headers that end a session of either kind in the browser.
pub fn ended_cookies(site: &Site) -> [HeaderValue; 3] {
    let names = site.instance.cookies();
    [
        cookie::remove(site, &names.session),
        cookie::remove(site, &names.session_id),
        cookie::remove(site, &names.console),
    ]
}
