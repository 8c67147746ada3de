//! Seeds meet the database: reading files, checking against what is there, applying all or nothing, exporting.
//!
//! The model, its checks and its text forms are `cinchy-seed`'s; here are the files, the passwords and the rows.

mod calculated;
pub(crate) mod columns;
mod export;
mod files;
mod identity;
mod judge;
mod kept;
mod known;
mod links;
mod rest;
mod rows;
mod small;
mod tables;
mod texts;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use cinchy_auth::client::generate_client_secret;
use cinchy_auth::lockout::LockoutPolicy;
use cinchy_auth::secret::{HashedSecret, PlainSecret};
use cinchy_auth::{password, pat};
use cinchy_cql::catalog::Catalog;
use cinchy_seed::model::{Saml, Secret, Settings};
use cinchy_seed::{Located, Location, Seed, SeedError, SeedErrors};
use sha2::{Digest, Sha256};

pub use export::export;
pub use texts::SeedTexts;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::database::Database;
use crate::error::{Result, StorageError};
use crate::rows::Stamp;
use crate::statement::execute;
use crate::{base, catalog, snapshots, state, users};

/// Seeds read from their files, checked for form but not yet against a platform.
#[derive(Debug, Clone, Default)]
pub struct Seeds {
    /// One for each file, in order.
    pub seeds: Vec<Seed>,
    /// Changes when a file's text does; what a database was seeded with is compared with it.
    pub fingerprint: String,
    /// Whether a file names others beside it, whose contents the fingerprint knows nothing of.
    pub named_files: bool,
}

/// Changes when a text does.
fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a seed meets what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Start from the bare platform: everything that was there goes.
    Replace,
    /// Update what has the same name, append rows.
    Merge,
}

impl Seeds {
    /// No seed: the bare platform.
    pub fn none() -> Self {
        Self {
            seeds: Vec::new(),
            fingerprint: "none".to_owned(),
            named_files: false,
        }
    }

    /// Seeds of texts, for example the built-in demo or the body of a request: name and text each.
    ///
    /// # Errors
    /// What does not fit the model, with its place.
    pub fn of_texts<'a>(
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SeedErrors> {
        let mut seeds = Vec::new();
        let mut all = Vec::new();
        for (name, text) in texts {
            seeds.push(cinchy_seed::parse(name, text)?);
            all.push(text);
        }
        let named_files = seeds.iter().any(Seed::names_files);
        Ok(Self {
            seeds,
            fingerprint: fingerprint(all),
            named_files,
        })
    }

    /// Seeds of files, with the files that they name beside them.
    ///
    /// # Errors
    /// A file that cannot be read, or does not fit the model.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self> {
        SeedTexts::of_files(paths)?.parse()
    }

    /// Refuses a seed that names files: one that came over HTTP has no folder (documented).
    ///
    /// # Errors
    /// One error that says so.
    pub fn refuse_files(&self) -> Result<(), SeedErrors> {
        match self.seeds.iter().find(|seed| seed.names_files()) {
            None => Ok(()),
            Some(seed) => Err(SeedError::new(
                &seed.file,
                Location::default(),
                "a seed sent over HTTP cannot name files (rowsFrom, path, metadata files); put the content into the seed",
            )
            .into()),
        }
    }

    /// The seeds, in their order; metadata of identity providers that stands in files has been read.
    pub fn each(&self) -> &[Seed] {
        &self.seeds
    }

    /// Checks the seeds over a bare platform.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), SeedErrors> {
        let mut known = known::fresh();
        known.now = Some(now.naive_utc());
        cinchy_seed::check(&self.seeds, &known)
    }

    /// The settings of all files together.
    pub fn settings(&self) -> Settings {
        cinchy_seed::merge(self.seeds.clone_settings())
            .settings
            .unwrap_or_default()
    }
}

trait CloneSettings {
    fn clone_settings(&self) -> Vec<Seed>;
}

impl CloneSettings for Vec<Seed> {
    /// Copies without rows: settings and the like are small, rows may be many.
    fn clone_settings(&self) -> Vec<Seed> {
        self.iter()
            .map(|seed| Seed {
                settings: seed.settings.clone(),
                saml: seed.saml.clone(),
                ..Seed::default()
            })
            .collect()
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| StorageError::File {
        path: path.to_owned(),
        source,
    })
}

/// Seeds whose passwords are hashed: what is left is database work.
pub struct Prepared {
    seeds: Vec<Seed>,
    fingerprint: String,
    notes: Warnings,
}

impl Prepared {
    /// The seeds, with what was generated for them.
    pub fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    /// The fingerprint of the seeds.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Hashes the plain passwords of the seeds, on all cores but at most four at once. Outside of any transaction.
///
/// Seeds that make a platform anew get their missing client secrets and token values here, so that each reset gives the
/// same ones.
///
/// # Errors
/// A password that cannot be hashed (longer than allowed).
pub fn prepare(mut seeds: Seeds, mode: Mode) -> Result<Prepared> {
    let notes = match mode {
        Mode::Replace => generate(&mut seeds.seeds),
        Mode::Merge => Vec::new(),
    };
    let mut open: Vec<&mut cinchy_seed::model::User> = seeds
        .seeds
        .iter_mut()
        .flat_map(|seed| &mut seed.users)
        .filter(|user| user.password_hash.is_none() && user.password.is_some())
        .collect();
    if !open.is_empty() {
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4);
        let share = open.len().div_ceil(threads);
        std::thread::scope(|scope| {
            let workers: Vec<_> = open
                .chunks_mut(share)
                .map(|chunk| {
                    scope.spawn(move || {
                        chunk.iter_mut().try_for_each(|user| {
                            let plain = user
                                .password
                                .as_ref()
                                .map(|p| p.expose().to_owned())
                                .unwrap_or_default();
                            let hash = hash_password(&PlainSecret::new(plain))?;
                            user.password_hash = Some(Located::new(Secret::new(hash.as_phc())));
                            Ok(())
                        })
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| {
                    Err(StorageError::Crypto(
                        "a hashing thread ended early".to_owned(),
                    ))
                })
            })
        })?;
    }
    Ok(Prepared {
        seeds: seeds.seeds,
        fingerprint: seeds.fingerprint,
        notes,
    })
}

/// Fills in secrets of clients and values of tokens; what was generated for tokens is said, since only hashes are kept.
fn generate(seeds: &mut [Seed]) -> Warnings {
    let mut rng = rand::rng();
    let mut notes = Vec::new();
    for seed in seeds {
        for client in seed.clients.iter_mut().filter(|c| c.secret.is_none()) {
            let secret = generate_client_secret(&mut rng);
            client.secret = Some(Secret::new(secret.expose()));
        }
        for user in &mut seed.users {
            for token in &mut user.tokens {
                if token.value.is_none() && token.value_hash.is_none() {
                    let value = pat::generate(&mut rng);
                    notes.push(generated_token(&token.name, &value));
                    token.value = Some(Secret::new(value.expose()));
                }
            }
        }
    }
    notes
}

/// How a generated token is said, once.
fn generated_token(name: &str, value: &PlainSecret) -> String {
    format!(
        "the personal access token `{name}` was generated: {}",
        value.expose()
    )
}

/// Hashes one password with a random salt.
///
/// # Errors
/// A password longer than allowed.
pub fn hash_password(plain: &PlainSecret) -> Result<HashedSecret> {
    let salt = uuid::Uuid::new_v4().into_bytes();
    password::hash(plain, salt).map_err(|error| StorageError::Crypto(error.to_string()))
}

/// What went wrong without stopping a seed: it is applied, and these things are said.
pub type Warnings = Vec<String>;

/// Makes the platform that the seeds describe (or adds them to the live one): all of it in one transaction, or nothing.
///
/// # Errors
/// What is wrong with the seeds over what is there, or the driver's.
pub fn apply(
    database: &Database,
    prepared: &Prepared,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Warnings> {
    database.write_undisturbed(|conn| {
        match mode {
            Mode::Replace => {
                if let AnyConnection::Postgres(_) = &**conn {
                    snapshots::lock_instance(conn, database.schema())?;
                }
                replace_on(conn, database.schema(), prepared, now)
            }
            // What is added to a platform does not change which seed it is the platform of.
            Mode::Merge => apply_on(conn, database.schema(), prepared, mode, now),
        }
    })
}

/// Makes the bare platform with the seeds unless some process has done so already; whether it was done here.
///
/// # Errors
/// As [`apply`].
pub fn apply_once(
    database: &Database,
    prepared: &Prepared,
    now: DateTime<Utc>,
) -> Result<Option<Warnings>> {
    database.write_undisturbed(|conn| {
        if let AnyConnection::Postgres(_) = &**conn {
            // Two processes may start at once on one empty server.
            execute(conn, "LOCK TABLE platform_state IN EXCLUSIVE MODE", &[])?;
        }
        if state::seeded(conn)?.is_some() {
            return Ok(None);
        }
        replace_on(conn, database.schema(), prepared, now).map(Some)
    })
}

/// Makes the platform of these seeds anew in the transaction under way.
pub(crate) fn replace_on(
    conn: &mut Connection,
    schema: &str,
    prepared: &Prepared,
    now: DateTime<Utc>,
) -> Result<Warnings> {
    let warnings = apply_on(conn, schema, prepared, Mode::Replace, now)?;
    state::set_seeded(conn, &prepared.fingerprint, now.naive_utc())?;
    Ok(warnings)
}

fn apply_on(
    conn: &mut Connection,
    schema: &str,
    prepared: &Prepared,
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Warnings> {
    let stamp = Stamp {
        user: users::ADMINISTRATOR,
        at: now.naive_utc(),
    };
    let mut known = match mode {
        Mode::Replace => known::fresh(),
        Mode::Merge => known::live(conn, schema)?,
    };
    known.now = Some(now.naive_utc());
    cinchy_seed::check(&prepared.seeds, &known)?;
    if mode == Mode::Replace {
        if let AnyConnection::Postgres(_) = &**conn {
            // Rows that somebody adds while others are deleted would stay.
            crate::snapshots::lock_data(conn, schema)?;
        }
        base::clear(conn, schema)?;
        base::create(conn, schema, stamp)?;
    }
    let mut applier = Applier {
        catalog: catalog::load(conn)?,
        conn,
        schema,
        stamp,
        warnings: prepared.notes.clone(),
    };
    applier.apply(&prepared.seeds)?;
    Ok(applier.warnings)
}

/// A seed on its way into the database. One `impl` block in each module of its part.
struct Applier<'a> {
    conn: &'a mut Connection,
    schema: &'a str,
    stamp: Stamp,
    catalog: Catalog,
    warnings: Warnings,
}

impl Applier<'_> {
    fn apply(&mut self, seeds: &[Seed]) -> Result<()> {
        for seed in seeds {
            self.settings(seed)?;
            self.domains(seed)?;
            self.groups(seed)?;
            self.users(seed)?;
            self.clients(seed)?;
            self.files(seed)?;
        }
        self.make_tables(seeds)?;
        self.rows(seeds)?;
        for seed in seeds {
            self.entitlements(seed)?;
            self.queries(seed)?;
            self.others(seed)?;
        }
        self.judge(seeds)
    }
}

/// The lock-out rule that settings name; what they leave out is the platform's default.
pub fn lockout_policy_of(settings: &Settings) -> LockoutPolicy {
    let default = LockoutPolicy::default();
    LockoutPolicy {
        attempts: settings
            .lockout_attempts
            .as_ref()
            .map_or(default.attempts, |a| a.value),
        minutes: settings
            .lockout_minutes
            .as_ref()
            .map_or(default.minutes, |m| m.value),
    }
}

/// The settings as they were seeded.
///
/// # Errors
/// The driver's.
pub fn stored_settings(conn: &mut AnyConnection) -> Result<Settings> {
    match state::setting(conn, "settings")? {
        None => Ok(Settings::default()),
        Some(text) => {
            serde_json::from_str(&text).map_err(|error| StorageError::Corrupt(error.to_string()))
        }
    }
}

/// SAML as it was seeded; `None` where no seed says anything about it.
///
/// # Errors
/// The driver's.
pub fn stored_saml(conn: &mut AnyConnection) -> Result<Option<Saml>> {
    state::setting(conn, "saml")?
        .map(|text| {
            serde_json::from_str(&text).map_err(|error| StorageError::Corrupt(error.to_string()))
        })
        .transpose()
}
