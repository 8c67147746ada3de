//! The process's platform: its settings and its instances.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use cinchy_auth::password::Memory;
use cinchy_auth::{PlainSecret, TokenProfile};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::instance::Instance;
use crate::instances::Instances;
use crate::metrics::Metrics;
use crate::repeats::Repeats;
use crate::spans::Spans;

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
    /// Forms of the console that were just sent.
    pub repeats: Repeats,
    /// Who takes spans of requests, if anybody does.
    pub(crate) spans: Option<Spans>,
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
            repeats: Repeats::default(),
            spans: None,
        }
    }

    /// The same, with somebody who takes spans of requests.
    pub fn with_spans(self, spans: Option<Spans>) -> Self {
        Self { spans, ..self }
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
    /// Sign-ins that may have a thread.
    turns: Arc<Semaphore>,
    hashed: AtomicU64,
}

impl HashingLimit {
    /// As many as there are cores.
    pub fn new() -> Self {
        Self::of(std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn of(places: usize) -> Self {
        Self {
            places,
            free: Mutex::new((0..places).map(|_| Memory::default()).collect()),
            freed: Condvar::new(),
            // While some hash, others look up whom to hash for.
            turns: Arc::new(Semaphore::new(places * 2)),
            hashed: AtomicU64::new(0),
        }
    }

    /// Waits until it is this caller's turn to take a thread for a sign-in, and holds no thread meanwhile: a flood of
    /// sign-ins must leave some to the rest. To be kept until the thread is done.
    pub async fn turn(&self) -> Turn {
        // An error would mean that it was closed, which nobody does.
        let permit = Arc::clone(&self.turns).acquire_owned().await.ok();
        Turn { _permit: permit }
    }

    /// How many passwords were hashed so far.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// Runs `work` when there is room. Blocks the thread.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.run_in(|_| work())
    }

    /// Runs `work` in the memory of a place, when one is free. Blocks the thread.
    pub fn run_in<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut place = self.take();
        self.hashed.fetch_add(1, Ordering::Relaxed);
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

/// A turn to sign in, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Four threads, one place, fifty sign-ins: while none can go on, there are threads for others.
    #[test]
    fn sign_ins_that_wait_hold_no_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(4)
            .build()
            .expect("a runtime");
        let limit = Arc::new(HashingLimit::of(1));
        let (go_on, held) = mpsc::channel::<()>();
        runtime.block_on(async {
            let (began, begins) = tokio::sync::oneshot::channel();
            let first = Arc::clone(&limit);
            let first = tokio::task::spawn_blocking(move || {
                first.run(|| {
                    began.send(()).expect("somebody waits for it");
                    // Until the sender is dropped.
                    held.recv().expect_err("nothing is sent");
                });
            });
            begins.await.expect("it begins");
            let waiting: Vec<_> = (0..50)
                .map(|_| {
                    let limit = Arc::clone(&limit);
                    tokio::spawn(async move {
                        let turn = limit.turn().await;
                        tokio::task::spawn_blocking(move || {
                            limit.run(|| ());
                            drop(turn);
                        })
                        .await
                        .expect("it ends");
                    })
                })
                .collect();
            // All of them have asked for their turn.
            tokio::task::yield_now().await;
            tokio::task::spawn_blocking(|| ())
                .await
                .expect("a thread is free");
            assert_eq!(limit.hashed(), 1);
            drop(go_on);
            first.await.expect("it ends");
            for waiting in waiting {
                waiting.await.expect("it ends");
            }
        });
        assert_eq!(limit.hashed(), 51);
    }
}
