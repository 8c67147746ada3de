//! One instance: a whole platform of its own. How its data is replaced as a whole is in `replacing`.

mod replacing;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cinchy_auth::seal::Sealer;
use cinchy_auth::token::AccessClaims;
use cinchy_auth::verified::VerifiedCredentials;
use cinchy_auth::{IssuerRule, KeyRing, TokenProfile, handle};
use cinchy_cql::value::Backend;
use cinchy_storage::instance_states::{self, InstanceState};
use cinchy_storage::{Base, Connection, Database, Result, state};
use moka::sync::Cache;

pub(crate) use self::replacing::keep_base;
use crate::cache::{Generation, Generations, Shared};
use crate::clock::{Clock, ClockChange, ClockError};
use crate::connections::Connections;
use crate::cookie::CookieNames;
use crate::faults::Faults;
use crate::instances::InstanceError;
use crate::journal::Journal;
use crate::key_reserve::KeyReserve;
use crate::new_key::NewKey;
use crate::platform::HashingLimit;
use crate::query::{CompiledKey, Prepared};
use crate::signing::{Agreed, Ring, load_keys};
use crate::throttle::Throttle;
use crate::work::{Pass, run};

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
    /// A key that was begun beforehand. Keys are read, or made where the database has none, on first use.
    pub spare_key: Option<NewKey>,
    /// Where a key comes from when none was begun beforehand; `None`: it is begun then.
    pub keys: Option<Arc<KeyReserve>>,
    /// What a reset goes back to.
    pub base: Arc<Base>,
    /// Shared by all instances of a process.
    pub hashing: Arc<HashingLimit>,
}

/// One platform: database, keys, clock, caches, journal, faults.
pub struct Instance {
    name: Option<String>,
    database: Database,
    clock: Clock,
    issuers: IssuerRule,
    token_profile: TokenProfile,
    keys: RwLock<Option<Ring>>,
    spare_key: Mutex<Option<NewKey>>,
    key_reserve: Option<Arc<KeyReserve>>,
    agreed: RwLock<Agreed>,
    sealer: Sealer,
    cookies: CookieNames,
    /// Codes of devices that were entered, by the Cinchy Id of the user.
    guesses: Throttle<i32>,
    /// Failed sign-ins, by who sent them.
    failed: Throttle<IpAddr>,
    looked: Mutex<Instant>,
    base: RwLock<Arc<Base>>,
    /// Held by requests under way, and by whoever replaces the data as a whole.
    gate: Arc<tokio::sync::RwLock<()>>,
    /// Those who replace the data come one after the other.
    replacing: Arc<tokio::sync::Mutex<()>>,
    /// How often requests under way were stopped, so that the data could be replaced.
    interruptions: AtomicU64,
    /// It was dropped: there is nothing behind it any more.
    gone: AtomicBool,
    /// How often the data was replaced, as far as this process knows.
    epoch: AtomicI64,
    /// Tells it from an instance of the same name that is made later.
    incarnation: String,
    generations: Generations,
    hashing: Arc<HashingLimit>,
    credentials: VerifiedCredentials,
    /// Each user's password that was verified in the last minute, by the machine's clock: the user's Cinchy Id and the
    /// keyed hash. Successes only; a failure takes the user's away, so that the next success is seen to end the count.
    verified: Cache<i32, [u8; 32]>,
    /// Tokens whose signature was verified, by their SHA-256. Times, user and client are asked each time.
    signatures: Cache<[u8; 32], Arc<AccessClaims>>,
    /// Names with passwords that were verified in the last minute, by their keyed hash; see [`Self::has_verified`].
    recent: Cache<[u8; 32], ()>,
    connections: Arc<Connections>,
    journal: Journal,
    faults: Faults,
    /// Temporary tables made so far.
    temporary: AtomicU64,
    pub(crate) compiled: Shared<CompiledKey, Prepared>,
}

/// What the instance at `/` is called where names are said.
pub const DEFAULT_NAME: &str = "default";

/// How long a thread that serves many connections may be kept from the others.
pub const AT_ONCE: Duration = Duration::from_millis(2);

/// How many wrong codes of devices a user may enter, and in what time.
const MOST_GUESSES: u32 = 10;
const GUESSES_FOR: Duration = Duration::from_secs(300);

/// How many sign-ins from one address may fail, and in what time (ours; the platform documents none).
const MOST_FAILED: u32 = 50;
const FAILED_FOR: Duration = Duration::from_secs(60);

/// How long keys are published without a look at the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a verified password is believed (decided: at most 60 seconds).
const VERIFIED_FOR: Duration = Duration::from_secs(60);

impl Instance {
    /// Makes an instance.
    ///
    /// # Errors
    /// The database's.
    pub fn new(options: InstanceOptions) -> Result<Self> {
        let clock = Clock::default();
        let name = options.name.as_deref().unwrap_or(DEFAULT_NAME);
        let states = match options.database.is_new() {
            true => Vec::new(),
            false => options.database.read_shared(instance_states::list)?,
        };
        let state = states.into_iter().find(|state| state.name == name);
        let state = state.unwrap_or_default();
        clock.adopt(state.clock);
        let mut rng = rand::rng();
        let known = options.database.read(|conn| state::known_seal_key(conn))?;
        let key = match known {
            Some(key) => key,
            None => {
                let new = handle::new(&mut rng);
                options
                    .database
                    .write(|conn| state::seal_key(conn, new.expose()))?
            }
        };
        let sealer = Sealer::new(key.as_bytes());
        Ok(Self {
            cookies: CookieNames::of(&sealer),
            sealer,
            agreed: RwLock::default(),
            guesses: Throttle::new(MOST_GUESSES, GUESSES_FOR),
            failed: Throttle::new(MOST_FAILED, FAILED_FOR),
            looked: Mutex::new(Instant::now()),
            name: options.name,
            generations: Generations::new(options.database.schema()),
            database: options.database,
            clock,
            issuers: options.issuers,
            token_profile: options.token_profile,
            keys: RwLock::default(),
            spare_key: Mutex::new(options.spare_key),
            key_reserve: options.keys,
            base: RwLock::new(options.base),
            gate: Arc::default(),
            replacing: Arc::default(),
            interruptions: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            epoch: AtomicI64::new(state.epoch),
            incarnation: state.incarnation,
            hashing: options.hashing,
            credentials: VerifiedCredentials::new(&mut rng),
            verified: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(VERIFIED_FOR)
                .build(),
            signatures: Cache::builder().max_capacity(10_000).build(),
            recent: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(VERIFIED_FOR)
                .build(),
            connections: Arc::default(),
            journal: Journal::default(),
            faults: Faults::default(),
            temporary: AtomicU64::new(0),
            compiled: Shared::default(),
        })
    }

    /// Its name; `default` for the one at `/`.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_NAME)
    }

    /// Connections that clients hold open.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// What was asked of it and answered.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Failures that a test ordered.
    pub fn faults(&self) -> &Faults {
        &self.faults
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

    /// Moves, stops or restarts the clock, for all processes on the database.
    ///
    /// # Errors
    /// A time that no clock shows, or the database's.
    pub fn change_clock(&self, change: ClockChange) -> Result<(), ClockError> {
        self.clock.change(&self.database, self.name(), change)
    }

    /// Its issuers.
    pub fn issuers(&self) -> &IssuerRule {
        &self.issuers
    }

    /// Its keys: made or read on first use.
    ///
    /// # Errors
    /// The database's, or a key that cannot be made.
    pub fn keys(&self) -> Result<Arc<KeyRing>> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = &*known {
            return Ok(keys.keys.clone());
        }
        drop(known);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = &*keys {
            return Ok(keys.keys.clone());
        }
        let spare = || {
            let begun = self
                .spare_key
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            begun.or_else(|| self.key_reserve.as_ref().map(|reserve| reserve.take()))
        };
        let loaded = load_keys(&self.database, spare, self.clock.now())?;
        Ok(keys.insert(loaded).keys.clone())
    }

    /// Begins to make the signing key of a new platform, which somebody will ask for.
    pub fn begin_key(&self) {
        // Not where somebody waits for them already.
        let missing = self.keys.try_read().is_ok_and(|keys| keys.is_none());
        if missing {
            let spare = NewKey::begin();
            *self
                .spare_key
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(spare);
        }
    }

    /// Makes or reads the keys, unless they are there, on a blocking thread: to be awaited before somebody asks for them who
    /// holds a connection, or whose thread serves many.
    pub async fn ready_keys(self: &Arc<Self>) {
        if self.has_keys() {
            return;
        }
        let instance = Arc::clone(self);
        let made = run(move || instance.keys().map(drop).map_err(InstanceError::from)).await;
        if let Err(error) = made {
            // Whoever asks for them fails, and says so.
            tracing::error!(%error, "an instance has no signing keys");
        }
    }

    pub(crate) fn ring(&self) -> &RwLock<Option<Ring>> {
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

    /// Codes of devices that users enter (RFC 8628 5.1).
    pub fn guesses(&self) -> &Throttle<i32> {
        &self.guesses
    }

    /// Sign-ins that fail, beside the lock-out: nobody may lock one account after another.
    pub(crate) fn failed(&self) -> &Throttle<IpAddr> {
        &self.failed
    }

    /// Seals what is handed to browsers.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Names of its cookies.
    pub fn cookies(&self) -> &CookieNames {
        &self.cookies
    }

    /// Whether they were asked for already.
    pub(crate) fn has_keys(&self) -> bool {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        known.is_some()
    }

    /// What a reset goes back to.
    pub fn base(&self) -> Arc<Base> {
        self.base
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until the request may go on; to be held while it does. A reset, which nobody may see half of, waits for it in
    /// turn.
    pub async fn pass(&self) -> Pass {
        Pass::new(self.gate.clone().read_owned().await)
    }

    /// Ends it, before its data is dropped: whoever still has it reaches nothing.
    pub(crate) fn close(&self) {
        self.gone.store(true, Ordering::Release);
        self.database.close();
        self.connections.close_all();
    }

    /// Whether it was closed. Whoever waited for a pass looks for another one of its name then.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Closes it unless a request is under way.
    pub(crate) fn close_if_idle(&self) -> bool {
        let gate = self.gate.clone().try_write_owned();
        if gate.is_ok() {
            self.close();
        }
        gate.is_ok()
    }

    /// Whether the state is this one's, and not that of a later instance of the same name.
    pub(crate) fn is_incarnation(&self, state: &InstanceState) -> bool {
        self.incarnation == state.incarnation
    }

    /// Takes over what another process changed: the state was read after so many changes of the clock here.
    pub(crate) fn follow(&self, state: &InstanceState, changes: u64) {
        self.clock.follow(state.clock, changes);
        // What this process did since the state was read is newer.
        if self.epoch.fetch_max(state.epoch, Ordering::AcqRel) < state.epoch {
            self.verified.invalidate_all();
        }
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

    pub(crate) fn hashing(&self) -> &Arc<HashingLimit> {
        &self.hashing
    }

    pub(crate) fn credentials(&self) -> &VerifiedCredentials {
        &self.credentials
    }

    pub(crate) fn verified(&self) -> &Cache<i32, [u8; 32]> {
        &self.verified
    }

    pub(crate) fn recent(&self) -> &Cache<[u8; 32], ()> {
        &self.recent
    }

    pub(crate) fn signatures(&self) -> &Cache<[u8; 32], Arc<AccessClaims>> {
        &self.signatures
    }
}
