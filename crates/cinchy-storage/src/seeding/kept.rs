//! Seeds as one text, for an instance that has seeds of its own: they are kept beside its data, so that it can be reset
//! after a restart too.

use cinchy_seed::to_json;
use serde::{Deserialize, Serialize};

use super::Prepared;
use crate::error::{Result, StorageError};

#[derive(Serialize, Deserialize)]
struct Kept {
    fingerprint: String,
    /// One for each file, in order.
    seeds: Vec<String>,
}

impl Prepared {
    /// Everything as text. Passwords are hashes in it; what was generated stands in it.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn to_text(&self) -> Result<String> {
        let mut seeds = Vec::with_capacity(self.seeds.len());
        for seed in &self.seeds {
            let mut seed = seed.clone();
            for user in &mut seed.users {
                if user.password_hash.is_some() {
                    user.password = None;
                }
            }
            let text = to_json(&seed);
            seeds.push(text.map_err(|error| StorageError::Corrupt(error.to_string()))?);
        }
        let kept = Kept {
            fingerprint: self.fingerprint.clone(),
            seeds,
        };
        serde_json::to_string(&kept).map_err(|error| StorageError::Corrupt(error.to_string()))
    }

    /// What such a text holds.
    ///
    /// # Errors
    /// A text that this program did not write.
    pub fn of_text(text: &str) -> Result<Self> {
        let kept: Kept =
            serde_json::from_str(text).map_err(|error| StorageError::Corrupt(error.to_string()))?;
        let seeds = kept
            .seeds
            .iter()
            .map(|text| cinchy_seed::parse("seed", text));
        Ok(Self {
            seeds: seeds.collect::<Result<_, _>>()?,
            fingerprint: kept.fingerprint,
            notes: Vec::new(),
        })
    }
}
