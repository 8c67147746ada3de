//! How the data of an instance is replaced as a whole: back to its base, by other seeds, by a snapshot; and how requests
//! under way are waited for meanwhile.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cinchy_storage::snapshots::Snapshot;
use cinchy_storage::{Base, Database, Result, StorageError, instance_states, seeding};

use super::Instance;
use crate::clock::{ClockChange, ClockError};
use crate::work::{Gone, run};

/// How long whoever replaces the data waits for the requests under way, before they are stopped (ours).
const LAST_REQUESTS: Duration = Duration::from_secs(1);
/// How long those that were stopped have to end (ours).
const STOPPED_REQUESTS: Duration = Duration::from_secs(4);

impl Instance {
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
