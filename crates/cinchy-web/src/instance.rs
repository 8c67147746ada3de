//! One instance: a whole platform of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cinchy_auth::seal::Sealer;
use cinchy_auth::token::AccessClaims;
use cinchy_auth::verified::VerifiedCredentials;
use cinchy_auth::{IssuerRule, KeyRing, TokenProfile, handle};
use cinchy_cql::value::Backend;
use cinchy_storage::{Connection, Database, Result, seeding, state};
use moka::sync::Cache;

use crate::cache::{Generation, Generations, Shared};
use crate::clock::Clock;
use crate::connections::Connections;
use crate::cookie::CookieNames;
use crate::journal::Journal;
use crate::new_key::NewKey;
use crate::platform::HashingLimit;
use crate::query::{CompiledKey, Prepared};
use crate::signing::{Agreed, load_keys};

/// How an instance is made.
pub struct InstanceOptions {
    /// Its name; `None` for the default one.
    pub name: Option<String>,
    /// Its database, migrated.
    pub database: Database,
    /// Its issuers.
    pub issuers: IssuerRule,
    /// Shape of its tokens unless its seed says otherwise.
    pub token_profile: TokenProfile,
    /// A key that was begun beforehand, used when the database has none.
    pub spare_key: Option<NewKey>,
    /// The seeds that a reset goes back to.
    pub base: seeding::Prepared,
    /// Shared by all instances of a process.
    pub hashing: Arc<HashingLimit>,
}

/// One platform: database, keys, clock, caches, journal.
pub struct Instance {
    name: Option<String>,
    database: Database,
    clock: Clock,
    issuers: IssuerRule,
    token_profile: TokenProfile,
    keys: RwLock<Arc<KeyRing>>,
    agreed: RwLock<Agreed>,
    sealer: Sealer,
    cookies: CookieNames,
    /// Wrong codes of devices, by the Cinchy Id of the user who entered them.
    guesses: Cache<i32, u32>,
    looked: Mutex<Instant>,
    base: RwLock<Arc<seeding::Prepared>>,
    generations: Generations,
    hashing: Arc<HashingLimit>,
    credentials: VerifiedCredentials,
    /// Each user's password that was verified in the last minute, by the machine's clock: the user's Cinchy Id and the
    /// keyed hash. Successes only; a failure takes the user's away, so that the next success is seen to end the count.
    verified: Cache<i32, [u8; 32]>,
    /// Tokens whose signature was verified, by their SHA-256. Times, user and client are asked each time.
    signatures: Cache<[u8; 32], Arc<AccessClaims>>,
    connections: Arc<Connections>,
    journal: Journal,
    /// Temporary tables made so far.
    temporary: AtomicU64,
    pub(crate) compiled: Shared<CompiledKey, Prepared>,
}

/// How long a thread that serves many connections may be kept from the others.
pub const AT_ONCE: Duration = Duration::from_millis(2);

/// How many wrong codes of devices a user may enter, and in what time.
const MOST_GUESSES: u32 = 10;
const GUESSES_FOR: Duration = Duration::from_secs(300);

/// How long keys are published without a look at the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a verified password is believed (decided: at most 60 seconds).
const VERIFIED_FOR: Duration = Duration::from_secs(60);

impl Instance {
    /// Makes an instance: reads or makes its signing key.
    ///
    /// # Errors
    /// The database's, or a key that cannot be made.
    pub fn new(options: InstanceOptions) -> Result<Self> {
        let clock = Clock::default();
        let keys = load_keys(&options.database, options.spare_key, clock.now())?;
        let mut rng = rand::rng();
        let new = handle::new(&mut rng);
        let key = options
            .database
            .write(|conn| state::seal_key(conn, new.expose()))?;
        let sealer = Sealer::new(key.as_bytes());
        Ok(Self {
            cookies: CookieNames::of(&sealer),
            sealer,
            agreed: RwLock::default(),
            guesses: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(GUESSES_FOR)
                .build(),
            looked: Mutex::new(Instant::now()),
            name: options.name,
            generations: Generations::new(options.database.schema()),
            database: options.database,
            clock,
            issuers: options.issuers,
            token_profile: options.token_profile,
            keys: RwLock::new(Arc::new(keys)),
            base: RwLock::new(Arc::new(options.base)),
            hashing: options.hashing,
            credentials: VerifiedCredentials::new(&mut rng),
            verified: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(VERIFIED_FOR)
                .build(),
            signatures: Cache::builder().max_capacity(10_000).build(),
            connections: Arc::default(),
            journal: Journal::default(),
            temporary: AtomicU64::new(0),
            compiled: Shared::default(),
        })
    }

    /// Its name; `default` for the one at `/`.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }

    /// Connections that clients hold open.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// What was asked of it and answered.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// A name for the physical table of a temporary table that no connection of this process has seen.
    pub fn temporary_name(&self) -> String {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        format!("tmp_{}_{number}", self.database.schema())
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Its issuers.
    pub fn issuers(&self) -> &IssuerRule {
        &self.issuers
    }

    /// Its keys.
    pub fn keys(&self) -> Arc<KeyRing> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn ring(&self) -> &RwLock<Arc<KeyRing>> {
        &self.keys
    }

    pub(crate) fn agreed(&self) -> &RwLock<Agreed> {
        &self.agreed
    }

    /// Whether another process may have changed what is published, and nobody has looked for a second.
    pub fn should_look(&self) -> bool {
        if self.database.backend() == Backend::Sqlite {
            return false;
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.elapsed() < LOOK_EVERY {
            return false;
        }
        *looked = Instant::now();
        true
    }

    /// Whether a user may enter another code of a device (RFC 8628 5.1).
    pub fn may_guess(&self, user_id: i32) -> bool {
        self.guesses.get(&user_id).unwrap_or_default() < MOST_GUESSES
    }

    /// Counts a wrong code of a device.
    pub fn count_guess(&self, user_id: i32) {
        let count = self.guesses.get(&user_id).unwrap_or_default();
        self.guesses.insert(user_id, count.saturating_add(1));
    }

    /// Seals what is handed to browsers.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Names of its cookies.
    pub fn cookies(&self) -> &CookieNames {
        &self.cookies
    }

    /// The seeds that a reset goes back to.
    pub fn base(&self) -> Arc<seeding::Prepared> {
        self.base
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on a reset goes back to these.
    pub fn set_base(&self, base: Arc<seeding::Prepared>) {
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = base;
    }

    /// What is known at the present state of the database.
    ///
    /// # Errors
    /// The database's.
    pub fn generation(&self, conn: &mut Connection) -> Result<Arc<Generation>> {
        self.generations
            .current(conn, |conn, versions| self.agree(conn, versions))
    }

    /// Runs `work` on the calling thread, which may be one that serves many connections: only if it has little to wait
    /// for. `None`: it was not done, and is to be done on a blocking thread; so `work` must change nothing, and may
    /// answer `None` for whatever it would rather not do.
    ///
    /// The hop to another thread and back takes longer than most reads of a file that is in memory.
    pub fn at_once<T>(
        &self,
        work: impl FnOnce(&mut Connection, Arc<Generation>) -> Option<T>,
    ) -> Option<T> {
        self.database
            .read_at_once(AT_ONCE, |conn| {
                // A new generation has much to read.
                let generation = self.generations.known(conn).ok()??;
                work(conn, generation)
            })
            .flatten()
    }

    /// What is known within a transaction that is not committed. It is kept nowhere: the versions that it goes by may come
    /// to mean something else when the transaction is rolled back.
    ///
    /// # Errors
    /// The database's.
    pub fn uncommitted_generation(&self, conn: &mut Connection) -> Result<Arc<Generation>> {
        self.generations.uncommitted(conn)
    }

    /// Shape of its tokens: that of its seed, else the configured one.
    ///
    /// # Errors
    /// The database's.
    pub fn token_profile(
        &self,
        conn: &mut Connection,
        generation: &Generation,
    ) -> Result<TokenProfile> {
        Ok(match generation.settings(conn)?.token_profile {
            Some(cinchy_seed::model::TokenProfile::V2) => TokenProfile::V2,
            Some(cinchy_seed::model::TokenProfile::V4) => TokenProfile::V4,
            None => self.token_profile,
        })
    }

    /// Goes back to the base seed: data, failed logins, caches, the journal. Keys stay, and so do issued tokens while their user and
    /// client exist (decided).
    ///
    /// # Errors
    /// The database's; nothing has changed then.
    pub fn reset(&self) -> Result<()> {
        self.connections.close_all();
        seeding::apply(
            &self.database,
            &self.base(),
            seeding::Mode::Replace,
            self.clock.now(),
        )?;
        self.forget()?;
        self.journal.clear();
        Ok(())
    }

    /// Forgets what a reset must not leave behind outside of the data: sessions, codes, failed logins
    /// and believed passwords.
    ///
    /// # Errors
    /// The database's.
    pub fn forget(&self) -> Result<()> {
        self.verified.invalidate_all();
        self.end_everything()?;
        self.database
            .write_sessions(|conn| cinchy_storage::users::clear_failures(conn, None))
    }

    pub(crate) fn hashing(&self) -> &Arc<HashingLimit> {
        &self.hashing
    }

    pub(crate) fn credentials(&self) -> &VerifiedCredentials {
        &self.credentials
    }

    pub(crate) fn verified(&self) -> &Cache<i32, [u8; 32]> {
        &self.verified
    }

    pub(crate) fn signatures(&self) -> &Cache<[u8; 32], Arc<AccessClaims>> {
        &self.signatures
    }
}
