//! One instance: a whole platform of its own.

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
use cinchy_storage::snapshots::Snapshot;
use cinchy_storage::{Base, Connection, Database, Result, StorageError, seeding, state};
use moka::sync::Cache;

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
use crate::work::{Gone, Pass, run};

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
/// How long whoever replaces the data waits for the requests under way, before they are stopped (ours).
const LAST_REQUESTS: Duration = Duration::from_secs(1);
/// How long those that were stopped have to end (ours).
const STOPPED_REQUESTS: Duration = Duration::from_secs(4);

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

    /// Makes the platform that these seeds describe, as a reset does; later resets go back to it. To be called by
    /// [`Self::alone`].
    ///
    /// # Errors
    /// What is wrong with the seeds, or the database's; nothing has changed then.
    pub fn replace(&self, seeds: seeding::Prepared) -> Result<seeding::Warnings> {
        let base = Arc::new(Base::new(seeds));
        let warnings = self.go_back_to(&base)?;
        if let Some(name) = &self.name {
            keep_base(&self.database, name, base.prepared())?;
        }
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = base;
        Ok(warnings)
    }

    /// Data, ids, failed logins, the clock, journal, faults and caches: all as the base has it.
    fn go_back_to(&self, base: &Base) -> Result<seeding::Warnings> {
        self.connections.close_all();
        // By the machine's clock, which the instance's is to be again; that one is moved when nothing can fail any more.
        let warnings = self.database.reset_to(base, chrono::Utc::now())?;
        self.real_clock()?;
        self.forget()?;
        self.journal.clear();
        self.faults.clear();
        Ok(warnings)
    }

    /// Waits until the request may go on; to be held while it does. A reset, which nobody may see half of, waits for it in
    /// turn.
    pub async fn pass(&self) -> Pass {
        Pass::new(self.gate.clone().read_owned().await)
    }

    /// How often requests under way were stopped.
    pub(crate) fn interruptions(&self) -> u64 {
        self.interruptions.load(Ordering::Relaxed)
    }

    /// Moves whenever the data was replaced as a whole, as far as this process knows.
    pub fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Runs `work`, which replaces the data as a whole, on a blocking thread while no request is under way: requests that
    /// come meanwhile wait. The statements of those that take longer than a second are stopped. One that still goes on
    /// after five waits for its client: it has no statement, and is not waited for any longer.
    ///
    /// # Errors
    /// Those of `work`, or [`Gone`].
    pub async fn alone<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Gone> + Send + 'static,
    {
        let replacing = self.replacing.clone().lock_owned().await;
        let gate = self.gate.clone().write_owned();
        tokio::pin!(gate);
        let gate = match tokio::time::timeout(LAST_REQUESTS, &mut gate).await {
            Ok(gate) => Some(gate),
            Err(_) => {
                self.interrupt().await;
                tokio::time::timeout(STOPPED_REQUESTS, &mut gate).await.ok()
            }
        };
        let instance = Arc::clone(self);
        run(move || {
            let result = work(&instance);
            drop((gate, replacing));
            result
        })
        .await
    }

    /// Stops the statements of the requests under way.
    async fn interrupt(self: &Arc<Self>) {
        self.interruptions.fetch_add(1, Ordering::Relaxed);
        let instance = Arc::clone(self);
        let stopped: Result<(), Uninterrupted> =
            run(move || Ok(instance.database.interrupt()?)).await;
        if let Err(error) = stopped {
            tracing::warn!(%error, "requests under way were not stopped");
        }
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

    /// Goes back to the base seed: data, ids, failed logins, the clock, journal, faults and caches. Keys stay, and so do issued
    /// tokens while their user and client exist (decided). To be called by [`Self::alone`].
    ///
    /// # Errors
    /// The database's; nothing of the data has changed then.
    pub fn reset(&self) -> Result<()> {
        self.go_back_to(&self.base())?;
        Ok(())
    }

    /// Takes a snapshot; one of this name is replaced.
    ///
    /// # Errors
    /// The database's.
    pub fn take_snapshot(&self, name: &str) -> Result<Snapshot> {
        self.database.take_snapshot(self.name(), name)
    }

    /// Makes the data what it was when the snapshot was taken; whether there is one. Sessions, the clock and signing keys
    /// stay. To be called by [`Self::alone`].
    ///
    /// # Errors
    /// The database's; nothing has changed then.
    pub fn restore_snapshot(&self, name: &str) -> Result<bool> {
        self.connections.close_all();
        let found = self.database.restore_snapshot(self.name(), name)?;
        if found {
            self.data_replaced()?;
        }
        Ok(found)
    }

    /// Passwords that were believed are asked for again, in every process: an account may be another one now.
    fn data_replaced(&self) -> Result<()> {
        self.verified.invalidate_all();
        let epoch = self.database.write_shared(|conn, schema| {
            instance_states::data_replaced(conn, schema, self.name())
        })?;
        self.epoch.store(epoch, Ordering::Release);
        Ok(())
    }

    /// Lets the clock run with the machine's again.
    fn real_clock(&self) -> Result<()> {
        match self.change_clock(ClockChange::Real) {
            // The machine's time is never out of range.
            Ok(()) | Err(ClockError::Range) => Ok(()),
            Err(ClockError::Storage(error)) => Err(error),
        }
    }

    /// Forgets what a reset must not leave behind outside of the data: sessions, codes, failed logins, believed passwords,
    /// used assertions.
    ///
    /// # Errors
    /// The database's.
    pub fn forget(&self) -> Result<()> {
        self.guesses.clear();
        self.failed.clear();
        self.data_replaced()?;
        self.end_everything()?;
        self.database.write_sessions(|conn| {
            cinchy_storage::saml::forget_assertions(conn)?;
            cinchy_storage::users::clear_failures(conn, None)
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

/// Keeps the seeds that an instance beside the default one goes back to, where nothing else has them.
pub(crate) fn keep_base(database: &Database, name: &str, seeds: &seeding::Prepared) -> Result<()> {
    let text = seeds.to_text()?;
    database.write_shared(|conn, schema| instance_states::set_base(conn, schema, name, Some(&text)))
}

/// Why requests under way were not stopped.
#[derive(Debug, thiserror::Error)]
enum Uninterrupted {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Gone(#[from] Gone),
}
