//! Signing keys that are made before they are needed: one costs 20 to 150 ms of a core. Nothing is made until the first
//! instance beside the default one asks for a key.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::new_key::NewKey;

/// Keys that are kept ready.
const READY: usize = 2;

/// A small reserve of keys.
#[derive(Default)]
pub struct KeyReserve(Mutex<VecDeque<NewKey>>);

impl KeyReserve {
    /// A key that is made, or being made; others are begun in its place.
    pub fn take(&self) -> NewKey {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = ready.pop_front().unwrap_or_else(NewKey::begin);
        while ready.len() < READY {
            ready.push_back(NewKey::begin());
        }
        key
    }

    /// Begins to fill it.
    pub fn fill(&self) {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while ready.len() < READY {
            ready.push_back(NewKey::begin());
        }
    }
}
