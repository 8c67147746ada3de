//! What a reset goes back to and a new instance begins with: the seeds, and on SQLite a database that was made of them,
//! which is copied over the live one in a moment.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use cinchy_cql::value::Type;
use diesel::connection::SimpleConnection;

use crate::connection::{Connection, Durability, Location};
use crate::database::{Database, transaction};
use crate::error::Result;
use crate::seeding::{self, Mode, Prepared, Warnings};
use crate::statement::{Bound, OwnedCell, collect, execute};
use crate::{migrate, sqlite_library};

/// Versions of a live database are moved so far by a copy over it: what was cached before stays apart from what is cached
/// after it, even when somebody writes at the same moment.
const STRIDE: i64 = 1_000_000;

/// The base of one or more instances.
pub struct Base {
    prepared: Prepared,
    /// The database that was made of the seeds (SQLite). It holds no signing keys between two uses.
    made: Mutex<Option<Connection>>,
}

impl Base {
    /// A base of these seeds.
    pub fn new(prepared: Prepared) -> Self {
        Self {
            prepared,
            made: Mutex::default(),
        }
    }

    /// The seeds.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Makes the base of a database that was seeded with these seeds just now. Without this the first use makes it of the
    /// seeds, which takes longer.
    ///
    /// # Errors
    /// Files that cannot be made, or the driver's.
    pub fn copy_of(&self, database: &Database) -> Result<()> {
        if !database.is_sqlite() {
            return Ok(());
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conn = Connection::open(&place(database)?, Durability::Temporary)?;
        database.read(|live| sqlite_library::backup(live, &mut conn))?;
        remember(&mut conn)?;
        *made = Some(conn);
        Ok(())
    }

    /// Runs `work` with the database of the base.
    fn with<T>(
        &self,
        database: &Database,
        now: DateTime<Utc>,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> Result<(T, Warnings)> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut warnings = Vec::new();
        let conn = match &mut *made {
            Some(conn) => conn,
            None => {
                let mut conn = Connection::open(&place(database)?, Durability::Temporary)?;
                migrate::main(&mut conn)?;
                warnings = transaction(&mut conn, |conn| {
                    seeding::replace_on(conn, database.schema(), &self.prepared, now)
                })?;
                remember(&mut conn)?;
                made.insert(conn)
            }
        };
        Ok((work(conn)?, warnings))
    }

    /// Fills a new file.
    pub(crate) fn fill(
        &self,
        database: &Database,
        new: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<Warnings> {
        let ((), warnings) = self.with(database, now, |base| sqlite_library::backup(base, new))?;
        Ok(warnings)
    }
}

impl Database {
    /// Makes the data what the base holds, as one transaction. Signing keys stay, and ids start again.
    ///
    /// # Errors
    /// A seed that cannot be applied, or the driver's; nothing has changed then.
    pub fn reset_to(&self, base: &Base, now: DateTime<Utc>) -> Result<Warnings> {
        let Location::Sqlite(path) = self.location_of() else {
            return seeding::apply(self, base.prepared(), Mode::Replace, now);
        };
        let ((), warnings) = base.with(self, now, |conn| {
            let done = take_over_state(conn, path)
                .and_then(|()| self.read(|live| sqlite_library::backup(conn, live)));
            done.and(give_back_state(conn))
        })?;
        Ok(warnings)
    }
}

/// A new file for a base. It is known to this process alone.
fn place(database: &Database) -> Result<Location> {
    let folder = database.shared().scratch.subfolder("base")?;
    let id = uuid::Uuid::new_v4().simple().to_string();
    Ok(Location::Sqlite(folder.join(format!("{id}.sqlite"))))
}

/// Keeps what belongs to the seeds apart from what belongs to a live database, which has its own while it is copied over.
fn remember(conn: &mut Connection) -> Result<()> {
    conn.batch_execute(&format!(
        "CREATE TEMP TABLE base_state AS SELECT {OF_THE_SEEDS} FROM main.platform_state"
    ))?;
    give_back_state(conn)
}

/// What the seeds have to do with in `platform_state`.
const OF_THE_SEEDS: &str = "id, catalog_version, security_version, seed_fingerprint, seeded";

/// Takes out again what belongs to a live database.
fn give_back_state(conn: &mut Connection) -> Result<()> {
    conn.batch_execute(&format!(
        "DELETE FROM main.signing_keys; DELETE FROM main.platform_state; \
         INSERT INTO main.platform_state ({OF_THE_SEEDS}) SELECT * FROM temp.base_state;"
    ))?;
    Ok(())
}

/// Puts into a database that is about to be copied over a live one what a reset leaves alone: signing keys and the state
/// of the platform, but for what it was seeded with. Versions are moved on.
pub(crate) fn take_over_state(conn: &mut Connection, live: &std::path::Path) -> Result<()> {
    execute(
        conn,
        "ATTACH DATABASE $1 AS live",
        &[Bound::text(Some(live.to_string_lossy()))],
    )?;
    let taken = take_over(conn);
    let detached = conn.batch_execute("DETACH DATABASE live");
    taken.and(detached.map_err(Into::into))
}

fn take_over(conn: &mut Connection) -> Result<()> {
    let columns = collect(
        conn,
        "SELECT name FROM pragma_table_info('platform_state')",
        &[],
        &[Type::Text],
    )?;
    let mut values = Vec::new();
    for row in &columns {
        let Some(OwnedCell::Text(name)) = row.first() else {
            continue;
        };
        match name.as_str() {
            "id" | "seed_fingerprint" | "seeded" => {}
            "catalog_version" | "security_version" => values.push(format!(
                "{name} = max({name}, (SELECT {name} FROM live.platform_state)) + {STRIDE}"
            )),
            _ => values.push(format!("{name} = (SELECT {name} FROM live.platform_state)")),
        }
    }
    conn.batch_execute(&format!(
        "BEGIN IMMEDIATE; DELETE FROM main.signing_keys; \
         INSERT INTO main.signing_keys SELECT * FROM live.signing_keys; \
         UPDATE main.platform_state SET {}; COMMIT;",
        values.join(", ")
    ))?;
    Ok(())
}
