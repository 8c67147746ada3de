//! Forms that are sent twice. Whoever presses a button twice wants one thing done, and sees only the second answer: it is
//! the first one's. Scripts stop the second press where they run.
//!
//! Not here: what makes two forms the same one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

/// How long a form is known. Longer than a person takes from one press to the next, and than most forms take.
const KNOWN: Duration = Duration::from_secs(10);
/// Forms known at once.
const MOST: u64 = 1_000;

/// What a form came to. Pages may hold secrets, so there is no `Debug`.
#[derive(Clone)]
pub enum Outcome {
    /// Another page is to be seen: its path.
    See(String),
    /// A page that cannot be asked for again.
    Shown(String),
}

/// The forms of the last seconds.
pub struct Repeats(Cache<[u8; 32], Place>);

impl Default for Repeats {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_live(KNOWN);
        Self(cache.build())
    }
}

impl Repeats {
    /// Where the outcome of a form with this key is kept.
    pub fn place(&self, key: [u8; 32]) -> Place {
        self.0.get_with(key, Place::default)
    }
}

/// Where the outcome of one form is kept.
#[derive(Clone, Default)]
pub struct Place(Arc<Mutex<Option<Outcome>>>);

impl Place {
    /// Waits until nobody works on this form. Blocks the thread. What the guard holds is the outcome, when there is one.
    pub fn turn(&self) -> MutexGuard<'_, Option<Outcome>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
