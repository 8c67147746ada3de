//! The process's platform: its settings and its instances.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use cinchy_auth::password::Memory;
use cinchy_auth::{PlainSecret, TokenProfile};
use tokio::sync::watch;

use crate::instance::Instance;
use crate::instances::Instances;
use crate::metrics::Metrics;

/// Who may use the control API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAccess {
    /// Nobody: it does not exist.
    Off,
    /// Whoever reaches a loopback listener.
    Loopback,
    /// Whoever knows the token.
    Token(PlainSecret),
}

/// Settings that hold for all instances.
#[derive(Debug, Clone)]
pub struct PlatformOptions {
    /// Version of the program.
    pub version: &'static str,
    /// `--public-url`, canonical.
    pub public_url: Option<String>,
    /// `--base-path`, with a leading slash and lower case, or empty.
    pub base_path: String,
    /// `--faithful`: no explanations beyond the platform's own.
    pub faithful: bool,
    /// Default shape of tokens; a seed may set another.
    pub token_profile: TokenProfile,
    /// Who may use the control API.
    pub control: ControlAccess,
    /// The listener is reached from this machine only.
    pub loopback: bool,
}

/// Everything that the process serves.
pub struct Platform {
    /// Settings.
    pub options: PlatformOptions,
    /// When it started.
    pub started: Instant,
    default: Arc<Instance>,
    hashing: Arc<HashingLimit>,
    stopping: watch::Sender<bool>,
    pub(crate) instances: Instances,
    /// What is counted.
    pub metrics: Metrics,
}

impl Platform {
    /// A platform of one instance, the default one; others come later.
    pub fn new(options: PlatformOptions, default: Arc<Instance>) -> Self {
        Self {
            options,
            started: Instant::now(),
            hashing: default.hashing().clone(),
            default,
            stopping: watch::Sender::new(false),
            instances: Instances::default(),
            metrics: Metrics::default(),
        }
    }

    /// The instance at `/`.
    pub fn default_instance(&self) -> &Arc<Instance> {
        &self.default
    }

    /// Says that the server stops: answers without an end of their own end now, or a graceful stop would wait for them.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Ends when the server stops.
    pub fn stopping(&self) -> impl Future<Output = ()> + 'static {
        let mut stopping = self.stopping.subscribe();
        async move {
            // The sender is gone with the platform, which is a stop too.
            let _ = stopping.wait_for(|stops| *stops).await;
        }
    }

    /// How many passwords may be hashed at once.
    pub fn hashing(&self) -> &HashingLimit {
        &self.hashing
    }
}

/// Lets so many threads hash at once: one hash takes 15 ms of a core and 19 MiB, and a flood of sign-ins must leave
/// something to the rest. Each place has its own memory, which goes from hand to hand until nobody hashes any more.
#[derive(Debug)]
pub struct HashingLimit {
    places: usize,
    free: Mutex<Vec<Memory>>,
    freed: Condvar,
}

impl HashingLimit {
    /// As many as there are cores.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            places: cores,
            free: Mutex::new((0..cores).map(|_| Memory::default()).collect()),
            freed: Condvar::new(),
        }
    }

    /// Runs `work` when there is room. Blocks the thread.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.run_in(|_| work())
    }

    /// Runs `work` in the memory of a place, when one is free. Blocks the thread.
    pub fn run_in<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut place = self.take();
        work(&mut place.memory)
    }

    fn take(&self) -> Place<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // The last one that was given back: one sign-in after another then uses the memory of one place only.
            if let Some(memory) = free.pop() {
                return Place {
                    limit: self,
                    memory,
                };
            }
            free = self
                .freed
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Default for HashingLimit {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives the place back, also when the work panics.
struct Place<'a> {
    limit: &'a HashingLimit,
    memory: Memory,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut free = self
            .limit
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        free.push(std::mem::take(&mut self.memory));
        if free.len() == self.limit.places {
            free.fill_with(Memory::default);
        }
        drop(free);
        self.limit.freed.notify_one();
    }
}
