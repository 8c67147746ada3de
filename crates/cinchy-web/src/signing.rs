//! Signing keys over time, and the access tokens that were revoked: what every process must agree on. A number in the
//! database moves with either; who meets a new number reads both again.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta, Utc};
use cinchy_auth::keys::KeyError;
use cinchy_auth::token::{AccessToken, MintedToken};
use cinchy_auth::{KeyRing, SigningKey, TokenProfile};
use cinchy_cql::value::Backend;
use cinchy_storage::keys::{self, StoredKey};
use cinchy_storage::state::Versions;
use cinchy_storage::{Connection, Database, Result, StorageError, clients, grants};

use crate::event::Event;
use crate::instance::Instance;
use crate::new_key::NewKey;

/// How many tokens of the same second and content may have been revoked before the next is one of them (ours).
const MOST_REVOKED: usize = 100;

/// What was read at one state of the number.
#[derive(Default)]
pub(crate) struct Agreed {
    version: i64,
    revoked: Arc<HashSet<String>>,
}

/// The keys, and when one of them may have outlived its tokens.
pub(crate) struct Ring {
    pub keys: Arc<KeyRing>,
    due: Option<DateTime<Utc>>,
}

impl Instance {
    /// Whether a retired key may have outlived the tokens that it signed, and is to be dropped by [`Self::drop_old_keys`].
    pub fn has_old_keys(&self) -> bool {
        let ring = self.ring().read().unwrap_or_else(PoisonError::into_inner);
        let due = ring.as_ref().and_then(|ring| ring.due);
        due.is_some_and(|due| due < self.clock().now())
    }

    /// Drops retired keys that outlived their tokens, so that they are listed no longer. Blocks.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_old_keys(&self) -> Result<()> {
        let now = self.clock().now();
        self.database().write(|conn| {
            keys::lock(conn)?;
            delete_old(conn, now)?;
            grants::announce(conn)
        })?;
        self.database().read(|conn| self.reload_keys(conn))
    }

    /// Makes another key sign from now on. The present one is listed until the tokens that it signed have expired. Blocks
    /// for as long as a key takes to make.
    ///
    /// # Errors
    /// The library's, or the database's; the present key signs on then.
    pub fn rotate_keys(&self) -> Result<String> {
        let now = self.clock().now();
        let key = NewKey::begin().finish(now).map_err(crypto)?;
        let new = stored(&key, now);
        self.database().write(|conn| {
            keys::lock(conn)?;
            delete_old(conn, now)?;
            keys::retire_all(conn, now.naive_utc())?;
            keys::insert(conn, &new)?;
            grants::announce(conn)
        })?;
        self.database().read(|conn| self.reload_keys(conn))?;
        Event::KeyRotated { kid: key.kid() }.log();
        Ok(new.kid)
    }

    fn reload_keys(&self, conn: &mut Connection) -> Result<()> {
        let ring = match keys::list(conn)? {
            // None is made until somebody asks for one.
            stored if stored.is_empty() => None,
            stored => Some(ring_of(stored, None, longest_lifetime(conn)?)?),
        };
        *self.ring().write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Reads keys and revoked tokens again, if another state of them is known of.
    pub(crate) fn agree(&self, conn: &mut Connection, versions: &Versions) -> Result<()> {
        let known = self
            .agreed()
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .version;
        if known == versions.identity {
            return Ok(());
        }
        self.reload_keys(conn)?;
        // On PostgreSQL both stores share one pool, from which a thread takes one connection at a time.
        let revoked = match self.database().backend() {
            Backend::Postgres => grants::revoked(conn)?,
            Backend::Sqlite => self
                .database()
                .with_sessions(|conn| grants::revoked(conn))?,
        };
        *self
            .agreed()
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Agreed {
            version: versions.identity,
            revoked: Arc::new(revoked.into_iter().collect()),
        };
        Ok(())
    }

    /// Writes and signs an access token that was not revoked. Two of one second have the same text in the profile without
    /// `jti`; after one that was revoked comes one whose times are a second earlier (ours).
    ///
    /// # Errors
    /// [`KeyError::Sign`], which is not expected.
    pub fn mint(
        &self,
        token: &AccessToken<'_>,
        key: &SigningKey,
        profile: TokenProfile,
        now: DateTime<Utc>,
    ) -> Result<MintedToken, KeyError> {
        let mut minted = token.mint(key, profile, now, &mut rand::rng())?;
        let mut at = now;
        for _ in 0..MOST_REVOKED {
            if !self.is_revoked(&hash(&minted.access_token)) {
                break;
            }
            let Some(earlier) = at.checked_sub_signed(TimeDelta::seconds(1)) else {
                break;
            };
            at = earlier;
            minted = token.mint(key, profile, at, &mut rand::rng())?;
        }
        Ok(minted)
    }

    /// Whether an access token was revoked, by its SHA-256.
    pub(crate) fn is_revoked(&self, hash: &[u8; 32]) -> bool {
        let revoked = self
            .agreed()
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .revoked
            .clone();
        if revoked.is_empty() {
            return false;
        }
        use std::fmt::Write as _;
        let hex = hash
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            });
        revoked.contains(&hex)
    }
}

/// What an access token is known by when it was revoked: its SHA-256.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

fn longest_lifetime(conn: &mut Connection) -> Result<TimeDelta> {
    Ok(TimeDelta::seconds(clients::longest_lifetime(conn)?.into()))
}

fn delete_old(conn: &mut Connection, now: DateTime<Utc>) -> Result<()> {
    match now.checked_sub_signed(longest_lifetime(conn)?) {
        Some(before) => keys::delete_retired(conn, before.naive_utc()),
        None => Ok(()),
    }
}

fn crypto(error: cinchy_auth::keys::KeyError) -> StorageError {
    StorageError::Crypto(error.to_string())
}

fn stored(key: &SigningKey, now: DateTime<Utc>) -> StoredKey {
    StoredKey {
        kid: key.kid().to_owned(),
        private_key: key.private_pem().expose().to_owned(),
        certificate: key.certificate_pem(),
        created: now.naive_utc(),
        retired: None,
    }
}

/// The keys of a database; the first one is made here.
pub(crate) fn load_keys(
    database: &Database,
    spare: impl FnOnce() -> Option<NewKey>,
    now: DateTime<Utc>,
) -> Result<Ring> {
    let (mut found, lifetime) = database
        .read(|conn| Ok::<_, StorageError>((keys::list(conn)?, longest_lifetime(conn)?)))?;
    let mut made = None;
    if found.is_empty() {
        let key = spare().unwrap_or_else(NewKey::begin);
        let key = Arc::new(key.finish(now).map_err(crypto)?);
        let new = stored(&key, now);
        // Another process may have been faster: then its key is taken.
        found = database.write(|conn| {
            keys::lock(conn)?;
            let found = keys::list(conn)?;
            if !found.is_empty() {
                return Ok(found);
            }
            keys::insert(conn, &new)?;
            Ok::<_, StorageError>(vec![new.clone()])
        })?;
        made = Some(key);
    }
    ring_of(found, made, lifetime)
}

/// The ring of stored keys; `made`, which may be the first of them, is not parsed again.
fn ring_of(
    stored: Vec<StoredKey>,
    made: Option<Arc<SigningKey>>,
    lifetime: TimeDelta,
) -> Result<Ring> {
    let first_retired = stored.iter().filter_map(|key| key.retired).min();
    let due = first_retired.and_then(|at| at.and_utc().checked_add_signed(lifetime));
    let mut keys = stored.into_iter();
    let first = keys
        .next()
        .ok_or_else(|| StorageError::Corrupt("no signing key".to_owned()))?;
    let current = match made {
        Some(key) if key.kid() == first.kid => key,
        _ => Arc::new(
            SigningKey::from_pem(&first.private_key, first.certificate.as_bytes())
                .map_err(crypto)?,
        ),
    };
    let retired = keys
        .map(|key| {
            SigningKey::from_pem(&key.private_key, key.certificate.as_bytes())
                .map(|key| key.verifying().clone())
                .map_err(crypto)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Ring {
        keys: Arc::new(KeyRing::new(current, retired)),
        due,
    })
}
