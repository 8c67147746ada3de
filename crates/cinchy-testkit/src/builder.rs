//! What to start: seeds, database and the rest of the options.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cinchy_emulator::Templates;
use cinchy_emulator::config::Serve;
use cinchy_seed::{DEMO, Seed, parse};
use tempfile::TempDir;

use crate::credentials::Credentials;
use crate::emulator::Emulator;
use crate::error::TestkitError;

/// Databases that the emulators of this process began with. Nothing in it is ever changed, so what starts from it shares
/// nothing with what it was made of but generated secrets.
static TEMPLATES: Templates = Templates::new();

/// A seed of the start.
#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    Text(String),
}

/// Says how an emulator is to be started. Without a word: the demo seed, a temporary SQLite database, a free port.
#[derive(Debug, Clone)]
#[must_use = "an emulator starts when `start` is called"]
pub struct Builder {
    seeds: Vec<Source>,
    serve: Serve,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            seeds: Vec::new(),
            serve: Serve {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                // A test sends one request after the other, or a few at once.
                workers: Some(2),
                ..Serve::default()
            },
        }
    }

    /// Adds a seed file, YAML or JSON. Later seeds add to earlier ones; the first one takes the demo seed's place.
    pub fn seed_file(mut self, path: impl AsRef<Path>) -> Self {
        self.seeds.push(Source::File(path.as_ref().to_owned()));
        self
    }

    /// Adds a seed by its text.
    pub fn seed_text(mut self, yaml: impl Into<String>) -> Self {
        self.seeds.push(Source::Text(yaml.into()));
        self
    }

    /// Adds the built-in demo seed, for a test that adds something of its own to it.
    pub fn demo(self) -> Self {
        self.seed_text(DEMO)
    }

    /// Starts with a bare platform: `admin`/`cinchy` and no clients.
    pub fn no_seed(mut self) -> Self {
        self.seeds.clear();
        self.serve.no_seed = true;
        self
    }

    /// Keeps the data in this database: `sqlite:PATH` or `postgres://...`.
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.serve.database = Some(url.into());
        self
    }

    /// Changes any other option of `serve`.
    ///
    /// ```
    /// use cinchy_testkit::{Emulator, Profile};
    ///
    /// let builder = Emulator::builder().option(|serve| {
    ///     serve.token_profile = Profile::V4;
    ///     serve.faithful = true;
    /// });
    /// ```
    pub fn option(mut self, change: impl FnOnce(&mut Serve)) -> Self {
        change(&mut self.serve);
        self
    }

    /// Starts the emulator. It serves when this returns.
    ///
    /// # Errors
    /// A seed with mistakes, or whatever else stands in the way of the start.
    pub async fn start(self) -> Result<Emulator, TestkitError> {
        // Opening a database and hashing passwords blocks.
        tokio::task::spawn_blocking(move || self.start_blocking()).await?
    }

    fn start_blocking(self) -> Result<Emulator, TestkitError> {
        let Self { seeds, mut serve } = self;
        let mut credentials = Credentials::bare();
        // The files of seeds given as text; they are read during the start and not needed after it.
        let mut folder = None;
        for (index, source) in seeds.iter().enumerate() {
            let (path, seed) = match source {
                Source::File(path) => (path.clone(), read(path)?),
                Source::Text(text) => {
                    let path = write(&mut folder, index, text)?;
                    (path, parse(&format!("seed {}", index + 1), text)?)
                }
            };
            credentials.add(&seed);
            serve.seed.push(path);
        }
        if seeds.is_empty() && serve.seed.is_empty() && !serve.no_seed {
            credentials.add(&parse("demo seed", DEMO)?);
        }
        let running = cinchy_emulator::start_from(&serve, Some(&TEMPLATES))?;
        Emulator::new(running, credentials, serve)
    }
}

fn read(path: &Path) -> Result<Seed, TestkitError> {
    let text = std::fs::read_to_string(path).map_err(|source| TestkitError::SeedFile {
        path: path.to_owned(),
        source,
    })?;
    Ok(parse(&path.display().to_string(), &text)?)
}

fn write(folder: &mut Option<TempDir>, index: usize, text: &str) -> Result<PathBuf, TestkitError> {
    let cannot = |path: &Path, source| TestkitError::SeedFile {
        path: path.to_owned(),
        source,
    };
    let folder = match folder {
        Some(folder) => folder,
        None => folder.insert(
            tempfile::Builder::new()
                .prefix("cinchy-testkit-")
                .tempdir()
                .map_err(|source| cannot(&std::env::temp_dir(), source))?,
        ),
    };
    let path = folder.path().join(format!("seed-{}.yaml", index + 1));
    std::fs::write(&path, text).map_err(|source| cannot(&path, source))?;
    Ok(path)
}
