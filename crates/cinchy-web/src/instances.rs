//! The instances beside the default one: found, made on first use or on request, dropped, evicted when idle.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use cinchy_auth::issuer::InvalidPublicUrl;
use cinchy_auth::{IssuerRule, handle};
use cinchy_storage::seeding::{Prepared, Warnings};
use cinchy_storage::{Base, StorageError, instance_states, is_instance_name};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::instance::{DEFAULT_NAME, Instance, InstanceOptions, keep_base};
use crate::key_reserve::KeyReserve;
use crate::platform::{ControlAccess, Platform};
use crate::work::{Gone, run};

/// Instances at most (ours): any page in a browser could make one by its address.
const MOST: usize = 1_000;

/// Why an instance cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Not a name.
    #[error(
        "`{}` is no name of an instance; use 1 to 40 of a-z, 0-9 and `-`, and not `default`", .0.escape_default()
    )]
    Name(String),
    /// There is one already.
    #[error("there is an instance `{0}` already; drop it first")]
    Exists(String),
    /// Too many.
    #[error("there are {MOST} instances, which is the most there may be; drop one")]
    TooMany,
    /// Its issuer cannot be formed.
    #[error(transparent)]
    Issuer(#[from] InvalidPublicUrl),
    /// Its database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// The place of one instance. Whoever makes or drops it holds the lock; others wait for it.
#[derive(Default)]
struct Slot {
    instance: OnceLock<Arc<Instance>>,
    changing: Arc<Mutex<()>>,
    /// It is no place any more: whoever waited for it looks for another one.
    retired: AtomicBool,
    /// When it was used last, in seconds since the process's platform started.
    used: AtomicU64,
}

impl Slot {
    /// The instance, unless it is none any more.
    fn instance(&self) -> Option<&Arc<Instance>> {
        self.instance.get().filter(|instance| !instance.is_gone())
    }
}

/// Where an instance that is opened comes from.
enum Origin {
    /// It is made now, from a seed of its own if one is given.
    New(Option<Prepared>),
    /// It may be there.
    Unknown,
}

/// A place that nobody else makes or drops the instance of, until it is let go.
struct Held {
    name: String,
    slot: Arc<Slot>,
    _changing: OwnedMutexGuard<()>,
}

/// The instances of a process beside the default one.
#[derive(Default)]
pub struct Instances {
    slots: RwLock<HashMap<String, Arc<Slot>>>,
    keys: Arc<KeyReserve>,
}

impl Instances {
    fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(name).cloned()
    }

    fn slot_or_new(&self, name: &str, most: usize) -> Result<Arc<Slot>, InstanceError> {
        if let Some(slot) = self.slot(name) {
            return Ok(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= most && !slots.contains_key(name) {
            return Err(InstanceError::TooMany);
        }
        Ok(slots.entry(name.to_owned()).or_default().clone())
    }

    /// Waits for the place of this name.
    async fn hold(&self, name: &str, most: usize) -> Result<Held, InstanceError> {
        loop {
            let slot = self.slot_or_new(name, most)?;
            let changing = slot.changing.clone().lock_owned().await;
            if let Some(held) = Held::new(name, slot, changing) {
                return Ok(held);
            }
        }
    }

    /// As [`Self::hold`]; blocks the thread.
    fn hold_blocking(&self, name: &str) -> Result<Held, InstanceError> {
        loop {
            let slot = self.slot_or_new(name, MOST)?;
            let changing = slot.changing.clone().blocking_lock_owned();
            if let Some(held) = Held::new(name, slot, changing) {
                return Ok(held);
            }
        }
    }

    /// Ends a place: the next one to ask for its name gets a new one.
    fn retire(&self, held: &Held) {
        held.slot.retired.store(true, Ordering::Release);
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&held.name);
    }

    /// Those that are in use, with their places.
    fn all(&self) -> Vec<(String, Arc<Slot>)> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots
            .iter()
            .map(|(name, slot)| (name.clone(), slot.clone()))
            .collect()
    }
}

impl Held {
    /// `None`: the place was ended while it was waited for.
    fn new(name: &str, slot: Arc<Slot>, changing: OwnedMutexGuard<()>) -> Option<Self> {
        let retired = slot.retired.load(Ordering::Acquire);
        (!retired).then(|| Self {
            name: name.to_owned(),
            slot,
            _changing: changing,
        })
    }

    /// As [`Instances::hold`], if nobody else has the place now.
    fn try_new(name: &str, slot: &Arc<Slot>) -> Option<Self> {
        let changing = slot.changing.clone().try_lock_owned().ok()?;
        Self::new(name, slot.clone(), changing)
    }
}

/// Whether an instance may be called so.
fn check_name(name: &str) -> Result<(), InstanceError> {
    if is_instance_name(name) && name != DEFAULT_NAME {
        Ok(())
    } else {
        Err(InstanceError::Name(name.to_owned()))
    }
}

impl Platform {
    /// The instance of this name, if it is in use already.
    pub fn instance(&self, name: &str) -> Option<Arc<Instance>> {
        let slot = self.instances.slot(name)?;
        let instance = slot.instance()?.clone();
        slot.used
            .store(self.started.elapsed().as_secs(), Ordering::Relaxed);
        Some(instance)
    }

    /// The instance of this name: in use, kept in the database, or made now where first use may make one (decided: where
    /// the control API is open without a token). `None`: there is none.
    ///
    /// # Errors
    /// See [`InstanceError`].
    pub async fn reach(
        self: &Arc<Self>,
        name: &str,
    ) -> Result<Option<Arc<Instance>>, InstanceError> {
        if let Some(instance) = self.instance(name) {
            return Ok(Some(instance));
        }
        if check_name(name).is_err() {
            return Ok(None);
        }
        let may_make = matches!(self.options.control, ControlAccess::Loopback);
        let is_there = {
            let (platform, name) = (self.clone(), name.to_owned());
            move || {
                Ok::<_, InstanceError>(platform.default_instance().database().has_instance(&name)?)
            }
        };
        // No place for what nobody may make.
        if !may_make && !run(is_there.clone()).await? {
            return Ok(None);
        }
        let held = self.instances.hold(name, MOST).await?;
        let platform = self.clone();
        run(move || {
            // It may have been dropped while the place was waited for.
            if !may_make && held.slot.instance().is_none() && !is_there()? {
                platform.instances.retire(&held);
                return Ok(None);
            }
            let (instance, warnings) = platform.open(&held, Origin::Unknown)?;
            for warning in warnings {
                tracing::info!(instance = held.name, "{warning}");
            }
            Ok(Some(instance))
        })
        .await
    }

    /// Whether an instance of this name can be made, as far as that is known before it is tried.
    ///
    /// # Errors
    /// No name of an instance, one that there is already, or the database's.
    pub fn may_make_instance(&self, name: &str) -> Result<(), InstanceError> {
        check_name(name)?;
        if self.instance_names()?.iter().any(|known| known == name) {
            return Err(InstanceError::Exists(name.to_owned()));
        }
        Ok(())
    }

    /// Makes an instance, from its own seed or from that of the default one. Blocks the thread.
    ///
    /// # Errors
    /// See [`InstanceError`]; nothing is left of it then.
    pub fn make_instance(
        &self,
        name: &str,
        seed: Option<Prepared>,
    ) -> Result<(Arc<Instance>, Warnings), InstanceError> {
        check_name(name)?;
        let held = self.instances.hold_blocking(name)?;
        let exists = || InstanceError::Exists(name.to_owned());
        if held.slot.instance().is_some() {
            return Err(exists());
        }
        match self.default_instance().database().has_instance(name) {
            Ok(false) => self.open(&held, Origin::New(seed)),
            found => {
                self.instances.retire(&held);
                Err(found.map_or_else(InstanceError::from, |_| exists()))
            }
        }
    }

    /// Opens an instance, unless it is open.
    fn open(
        &self,
        held: &Held,
        origin: Origin,
    ) -> Result<(Arc<Instance>, Warnings), InstanceError> {
        let slot = &held.slot;
        if let Some(found) = slot.instance() {
            return Ok((found.clone(), Vec::new()));
        }
        match self.opened(&held.name, origin) {
            Ok((instance, warnings)) => {
                slot.used
                    .store(self.started.elapsed().as_secs(), Ordering::Relaxed);
                let instance = slot.instance.get_or_init(|| Arc::new(instance)).clone();
                Ok((instance, warnings))
            }
            Err(error) => {
                self.instances.retire(held);
                Err(error)
            }
        }
    }

    fn opened(&self, name: &str, origin: Origin) -> Result<(Instance, Warnings), InstanceError> {
        let default = self.default_instance();
        let is_new = matches!(origin, Origin::New(_));
        let (mut base, is_own) = match origin {
            Origin::New(Some(seed)) => (Arc::new(Base::new(seed)), true),
            Origin::New(None) | Origin::Unknown => (default.base(), false),
        };
        let options = &self.options;
        let issuers = IssuerRule::new(
            options.public_url.as_deref(),
            &options.base_path,
            Some(name),
        )?;
        let now = chrono::Utc::now();
        let seal_key = handle::new(&mut rand::rng());
        let (database, warnings) =
            default
                .database()
                .instance(name, &base, seal_key.expose(), now)?;
        if is_own {
            keep_base(&database, name, base.prepared())?;
        } else if !is_new {
            // One that was made earlier may have seeds of its own.
            let kept =
                database.read_shared(|conn, schema| instance_states::base(conn, schema, name))?;
            if let Some(text) = kept {
                base = Arc::new(Base::new(Prepared::of_text(&text)?));
            }
        }
        self.instances.keys.fill();
        let instance = Instance::new(InstanceOptions {
            name: Some(name.to_owned()),
            database,
            issuers,
            token_profile: options.token_profile,
            spare_key: None,
            keys: Some(self.instances.keys.clone()),
            base,
            hashing: default.hashing().clone(),
        })?;
        Ok((instance, warnings))
    }

    /// The names of all instances, the default one left out.
    ///
    /// # Errors
    /// The database's.
    pub fn instance_names(&self) -> Result<Vec<String>, StorageError> {
        self.default_instance().database().instance_names()
    }

    /// Drops an instance with its data, when the requests under way have ended; whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_instance(self: &Arc<Self>, name: &str) -> Result<bool, InstanceError> {
        if check_name(name).is_err() {
            return Ok(false);
        }
        let platform = self.clone();
        // Held until its data is gone: who asks for the name meanwhile waits, and gets a new one then.
        let held = self.instances.hold(name, usize::MAX).await?;
        let instance = held.slot.instance().cloned();
        let drop_data = move |instance: Option<&Instance>| {
            if let Some(instance) = instance {
                instance.close();
            }
            let dropped = platform.drop_data(&held.name);
            platform.instances.retire(&held);
            dropped
        };
        match instance {
            Some(instance) => {
                instance
                    .alone(move |instance| drop_data(Some(instance)))
                    .await
            }
            None => run(move || drop_data(None)).await,
        }
    }

    fn drop_data(&self, name: &str) -> Result<bool, InstanceError> {
        let database = self.default_instance().database();
        for snapshot in database.snapshots(name)? {
            database.delete_snapshot(name, &snapshot.name)?;
        }
        Ok(database.drop_instance(name)?)
    }

    /// Looks after the instances until the platform is gone: takes over what other processes on the database changed, and
    /// evicts those that nobody used for so long. Does nothing when there is nothing to look after.
    pub fn watch(self: &Arc<Self>, idle: Option<Duration>) {
        let shared = !self.default_instance().database().is_temporary()
            && self.default_instance().database().kind() == "postgres";
        if !shared && idle.is_none() {
            return;
        }
        let platform = Arc::downgrade(self);
        let watch = move || {
            loop {
                std::thread::sleep(ROUND);
                let Some(platform) = platform.upgrade() else {
                    return;
                };
                if shared {
                    platform.follow();
                }
                if let Some(idle) = idle {
                    platform.evict(idle);
                }
            }
        };
        let thread = std::thread::Builder::new().name("instances".to_owned());
        if let Err(error) = thread.spawn(watch) {
            tracing::error!(%error, "instances are not looked after");
        }
    }

    /// Takes over what other processes changed.
    fn follow(&self) {
        let default = self.default_instance();
        // Before the states are read: what is made later may have none there yet.
        let known = self.instances.all();
        let known = known.into_iter().filter_map(|(name, slot)| {
            let instance = slot.instance()?.clone();
            let changes = instance.clock().changes();
            Some((name, slot, instance, changes))
        });
        let known: Vec<_> = known.collect();
        let changes = default.clock().changes();
        let states = default
            .database()
            .read_shared(cinchy_storage::instance_states::list);
        let states: HashMap<String, _> = match states {
            Ok(states) => states.into_iter().map(|s| (s.name.clone(), s)).collect(),
            // The database is away; requests say so.
            Err(_) => return,
        };
        let follow = |instance: &Instance, changes| {
            let state = states.get(instance.name()).cloned().unwrap_or_default();
            instance.follow(&state, changes);
        };
        follow(default, changes);
        for (name, slot, instance, changes) in known {
            // One that is being dropped has no state any more.
            let Some(held) = Held::try_new(&name, &slot) else {
                continue;
            };
            let state = states.get(&name);
            // Another process has dropped it, and there may be a new one of this name.
            if state.is_none_or(|state| !instance.is_incarnation(state)) {
                self.instances.retire(&held);
                instance.close();
                continue;
            }
            follow(&instance, changes);
        }
    }

    /// Lets go of instances that nobody used for so long. A temporary one is dropped with its data; one that is kept is
    /// opened again when somebody asks for it.
    fn evict(&self, idle: Duration) {
        let now = self.started.elapsed().as_secs();
        for (name, slot) in self.instances.all() {
            let used = slot.used.load(Ordering::Relaxed);
            if now.saturating_sub(used) < idle.as_secs().max(1) {
                continue;
            }
            let Some(held) = Held::try_new(&name, &slot) else {
                continue;
            };
            let Some(instance) = slot.instance() else {
                continue;
            };
            // Streams and requests under way have it too.
            if Arc::strong_count(instance) > 1 || !instance.close_if_idle() {
                slot.used.store(now, Ordering::Relaxed);
                continue;
            }
            if instance.database().is_temporary()
                && let Err(error) = self.drop_data(&name)
            {
                tracing::warn!(instance = name, %error, "an idle instance was not dropped");
            }
            self.instances.retire(&held);
            tracing::info!(instance = name, "an idle instance is evicted");
        }
    }
}

/// How often is looked: what one process changes is seen by all within a second.
const ROUND: Duration = Duration::from_millis(400);
