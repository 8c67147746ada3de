//! A folder for files that are gone with the process: the temporary database, what a reset goes back to, snapshots.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::error::{Result, StorageError};

/// The folder, made when it is asked for.
#[derive(Debug, Default)]
pub struct Scratch(Mutex<Option<TempDir>>);

impl Scratch {
    /// Its path.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn folder(&self) -> Result<PathBuf> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*made {
            return Ok(folder.path().to_owned());
        }
        let folder = tempfile::Builder::new()
            .prefix("cinchy-emulator-")
            .tempdir()
            .map_err(|source| StorageError::CannotWrite {
                path: std::env::temp_dir(),
                source,
            })?;
        Ok(made.insert(folder).path().to_owned())
    }

    /// A folder in it.
    ///
    /// # Errors
    /// One that cannot be made.
    pub(crate) fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder()?.join(name);
        make_folder(&path)?;
        Ok(path)
    }

    /// Removes it, for whoever ends the process: threads that end late would keep it otherwise.
    ///
    /// # Errors
    /// Files that cannot be removed.
    pub fn remove(&self) -> std::io::Result<()> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        made.map_or(Ok(()), TempDir::close)
    }
}

/// Makes a folder, and those above it, unless it is there.
///
/// # Errors
/// What stands in the way.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|source| StorageError::CannotWrite {
        path: path.to_owned(),
        source,
    })
}
