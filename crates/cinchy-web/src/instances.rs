//! The instances beside the default one: found, made on first use or on request, dropped, evicted when idle.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use cinchy_auth::IssuerRule;
use cinchy_auth::issuer::InvalidPublicUrl;
use cinchy_storage::seeding::{Prepared, Warnings};
use cinchy_storage::{Base, StorageError, is_instance_name};

use crate::instance::{DEFAULT_NAME, Instance, InstanceOptions};
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

/// The place of one instance. Whoever makes it holds the lock; others wait for it.
struct Slot {
    instance: OnceLock<Arc<Instance>>,
    making: Mutex<()>,
    /// When it was used last, in seconds since the process's platform started.
    used: AtomicU64,
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

    fn slot_or_new(&self, name: &str) -> Result<Arc<Slot>, InstanceError> {
        if let Some(slot) = self.slot(name) {
            return Ok(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(name) {
            return Err(InstanceError::TooMany);
        }
        let slot = slots.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Slot {
                instance: OnceLock::new(),
                making: Mutex::default(),
                used: AtomicU64::new(0),
            })
        });
        Ok(slot.clone())
    }

    /// Forgets a place, if it is still this one.
    fn remove(&self, name: &str, slot: &Arc<Slot>) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots
            .get(name)
            .is_some_and(|found| Arc::ptr_eq(found, slot))
        {
            slots.remove(name);
        }
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

fn lock(slot: &Slot) -> MutexGuard<'_, ()> {
    slot.making.lock().unwrap_or_else(PoisonError::into_inner)
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
        let instance = slot.instance.get()?.clone();
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
        let (platform, name) = (self.clone(), name.to_owned());
        run(move || {
            let may_make = matches!(platform.options.control, ControlAccess::Loopback);
            if !may_make && !platform.default_instance().database().has_instance(&name)? {
                return Ok(None);
            }
            let (instance, warnings) = platform.open(&name, None)?;
            for warning in warnings {
                tracing::info!(instance = name, "{warning}");
            }
            Ok(Some(instance))
        })
        .await
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
        if self.default_instance().database().has_instance(name)? {
            return Err(InstanceError::Exists(name.to_owned()));
        }
        self.open(name, Some(seed))
    }

    /// Opens an instance. `new`: it must not be there yet, and begins with this seed if one is given.
    fn open(
        &self,
        name: &str,
        new: Option<Option<Prepared>>,
    ) -> Result<(Arc<Instance>, Warnings), InstanceError> {
        let slot = self.instances.slot_or_new(name)?;
        let _making = lock(&slot);
        if let Some(found) = slot.instance.get() {
            return match new {
                Some(_) => Err(InstanceError::Exists(name.to_owned())),
                None => Ok((found.clone(), Vec::new())),
            };
        }
        let opened = self.opened(name, new.flatten());
        match opened {
            Ok((instance, warnings)) => {
                slot.used
                    .store(self.started.elapsed().as_secs(), Ordering::Relaxed);
                let instance = slot.instance.get_or_init(|| Arc::new(instance)).clone();
                Ok((instance, warnings))
            }
            Err(error) => {
                self.instances.remove(name, &slot);
                Err(error)
            }
        }
    }

    fn opened(
        &self,
        name: &str,
        seed: Option<Prepared>,
    ) -> Result<(Instance, Warnings), InstanceError> {
        let default = self.default_instance();
        let base = match seed {
            Some(seed) => Arc::new(Base::new(seed)),
            None => default.base(),
        };
        let options = &self.options;
        let issuers = IssuerRule::new(
            options.public_url.as_deref(),
            &options.base_path,
            Some(name),
        )?;
        let now = chrono::Utc::now();
        let (database, warnings) = default.database().instance(name, &base, now)?;
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
        let platform = self.clone();
        let name = name.to_owned();
        let slot = self.instances.slot(&name);
        let Some(slot) = slot else {
            return run(move || platform.drop_data(&name)).await;
        };
        // From now on nobody finds it; a new one of this name is another one.
        self.instances.remove(&name, &slot);
        match slot.instance.get().cloned() {
            Some(instance) => {
                instance
                    .alone(move |instance| {
                        instance.close();
                        platform.drop_data(&name)
                    })
                    .await
            }
            None => {
                run(move || {
                    // Somebody may be making it.
                    let _making = lock(&slot);
                    platform.drop_data(&name)
                })
                .await
            }
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
        let states = default
            .database()
            .read_shared(cinchy_storage::instance_states::list);
        let states: HashMap<String, _> = match states {
            Ok(states) => states.into_iter().map(|s| (s.name.clone(), s)).collect(),
            // The database is away; requests say so.
            Err(_) => return,
        };
        let follow = |instance: &Instance| {
            let state = states.get(instance.name()).cloned().unwrap_or_default();
            instance.follow(&state);
        };
        follow(default);
        for (name, slot) in self.instances.all() {
            let Some(instance) = slot.instance.get() else {
                continue;
            };
            let state = states.get(&name);
            // Another process has dropped it, and there may be a new one of this name.
            if state.is_none_or(|state| !instance.is_incarnation(state)) {
                self.instances.remove(&name, &slot);
                instance.close();
                continue;
            }
            follow(instance);
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
            let Some(instance) = slot.instance.get() else {
                continue;
            };
            self.instances.remove(&name, &slot);
            instance.close();
            if instance.database().is_temporary()
                && let Err(error) = self.drop_data(&name)
            {
                tracing::warn!(instance = name, %error, "an idle instance was not dropped");
            }
            tracing::info!(instance = name, "an idle instance is evicted");
        }
    }
}

/// How often is looked: what one process changes is seen by all within a second.
const ROUND: Duration = Duration::from_millis(400);
