//! Databases that were made of seeds earlier in a process, for whoever starts many platforms of the same seeds (a suite of
//! tests): migrations and seeding take their time, a copy takes none. SQLite only.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cinchy_cql::value::Type;
use cinchy_seed::model::Expiry;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::seeding::{Prepared, Seeds};
use crate::statement::{OwnedCell, collect};

/// Templates that are kept; the oldest goes first.
const MOST: usize = 8;
/// Bytes of the largest database that is kept.
const LARGEST: i64 = 8 << 20;

/// The database that was made of some seeds, and the seeds with what was generated for them.
pub struct Template {
    prepared: Arc<Prepared>,
    database: Vec<u8>,
    sessions: Vec<u8>,
}

impl Template {
    /// A copy of the database of a base, and of the short-lived state of a platform that was just made. `None`: it is too
    /// large to be kept in memory.
    pub(crate) fn of(
        prepared: &Arc<Prepared>,
        base: &mut Connection,
        sessions: &mut Connection,
    ) -> Result<Option<Self>> {
        let (Some(database), Some(sessions)) = (small_copy(base)?, small_copy(sessions)?) else {
            return Ok(None);
        };
        Ok(Some(Self {
            prepared: Arc::clone(prepared),
            database,
            sessions,
        }))
    }

    /// The seeds.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// Makes a new file of its data.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        write_file(path, &self.database)
    }

    /// Makes a new file of its short-lived state.
    pub(crate) fn write_sessions(&self, path: &Path) -> Result<()> {
        write_file(path, &self.sessions)
    }
}

/// The whole of a SQLite database, unless it is large: what is small is copied faster by way of memory than page by page.
///
/// # Errors
/// The driver's.
pub(crate) fn small_copy(conn: &mut Connection) -> Result<Option<Vec<u8>>> {
    let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    let size = collect(conn, size, &[], &[Type::BigInt])?;
    let is_small =
        matches!(size.first().map(Vec::as_slice), Some([OwnedCell::Int(size)]) if *size <= LARGEST);
    Ok(match &mut **conn {
        AnyConnection::Sqlite(conn) if is_small => {
            Some(conn.serialize_database_to_buffer().to_vec())
        }
        _ => None,
    })
}

pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|source| StorageError::CannotWrite {
        path: path.to_owned(),
        source,
    })
}

/// The templates of a process.
#[derive(Default)]
pub struct Templates(Mutex<VecDeque<Arc<Template>>>);

impl Templates {
    /// None yet.
    pub const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Whether the same texts make the same platform later: no file beside them may change, and no token expires some time
    /// after the start.
    pub fn suit(seeds: &Seeds) -> bool {
        let users = seeds.seeds.iter().flat_map(|seed| &seed.users);
        !seeds.named_files
            && users
                .flat_map(|user| &user.tokens)
                .all(|token| !matches!(token.expires, Some(Expiry::After(_))))
    }

    /// The template of seeds with this fingerprint.
    pub fn find(&self, fingerprint: &str) -> Option<Arc<Template>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all
            .iter()
            .find(|template| template.prepared.fingerprint() == fingerprint);
        found.cloned()
    }

    /// Keeps one.
    pub fn keep(&self, template: Template) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back(Arc::new(template));
    }
}
