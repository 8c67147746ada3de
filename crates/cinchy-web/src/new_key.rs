//! A signing key in the making. It takes 20 to 150 ms of a core, so it is begun before everything else and waited for at
//! the end.

use std::sync::mpsc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use chrono::{DateTime, Utc};
use cinchy_auth::SigningKey;
use cinchy_auth::keys::KeyError;

type Found = Result<Pkcs8V1Der<'static>, Unspecified>;

/// A key that is being made on a thread of its own.
pub struct NewKey {
    send: mpsc::Sender<Found>,
    found: mpsc::Receiver<Found>,
}

impl NewKey {
    /// Begins.
    pub fn begin() -> Self {
        let (send, found) = mpsc::channel();
        search(send.clone());
        Self { send, found }
    }

    /// Waits for the key, and makes its certificate.
    ///
    /// # Errors
    /// The library's, or a moment that a certificate cannot hold.
    pub fn finish(self, now: DateTime<Utc>) -> Result<SigningKey, KeyError> {
        let first = self.found.try_recv().ok();
        let found = match first {
            Some(found) => found,
            None => {
                // Primes are found by chance. The core of this thread has nothing to do from here on, and a second search
                // often ends before the first one.
                search(self.send);
                self.found.recv().map_err(|_| KeyError::Generate)?
            }
        };
        let key = found.map_err(|_| KeyError::Generate)?;
        SigningKey::certified(key.as_ref(), now)
    }
}

fn search(send: mpsc::Sender<Found>) {
    let work = move || {
        let found = KeyPair::generate(KeySize::Rsa2048).and_then(|key| key.as_der());
        // Nobody waits any more for the slower one of two.
        let _ = send.send(found);
    };
    let thread = std::thread::Builder::new().name("signing-key".to_owned());
    if let Err(error) = thread.spawn(work) {
        tracing::error!(%error, "no thread for a new signing key");
    }
}
