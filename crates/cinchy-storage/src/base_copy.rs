//! What a reset goes back to and a new instance begins with: the seeds, and on SQLite a database that was made of them,
//! which is copied over the live one in a moment.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use cinchy_cql::value::Type;
use diesel::connection::SimpleConnection;

use crate::connection::{Connection, Durability, Location};
use crate::database::Database;
use crate::error::{Result, StorageError};
use crate::run::value_of;
use crate::seeding::{self, Mode, Prepared, Warnings};
use crate::statement::{Bound, OwnedCell, collect, execute};
use crate::template::Template;
use crate::transaction::transaction;
use crate::{migrate, sqlite_library, state};

/// Versions of a live database are moved so far by a copy over it: what was cached before stays apart from what is cached
/// after it, even when somebody writes at the same moment.
const STRIDE: i64 = 1_000_000;

/// The base of one or more instances.
pub struct Base {
    prepared: Arc<Prepared>,
    /// The database that was made of the seeds (SQLite). It holds no signing keys between two uses.
    made: Mutex<Option<Connection>>,
    /// What it is made of where that is known already.
    template: Option<Arc<Template>>,
    /// Whether the database was made of other seeds, which this process has not got.
    of_others: bool,
}

impl Base {
    /// A base of these seeds.
    pub fn new(prepared: Prepared) -> Self {
        Self {
            prepared: Arc::new(prepared),
            made: Mutex::default(),
            template: None,
            of_others: false,
        }
    }

    /// The base that a template was made of.
    pub fn of_template(template: &Arc<Template>) -> Self {
        Self {
            prepared: Arc::clone(template.prepared()),
            made: Mutex::default(),
            template: Some(Arc::clone(template)),
            of_others: false,
        }
    }

    /// The same, beside a database that was made of other seeds: nothing goes back to it.
    #[must_use]
    pub fn beside_others(self) -> Self {
        Self {
            of_others: true,
            ..self
        }
    }

    /// A template of it and of its platform, which was made just now (SQLite).
    ///
    /// # Errors
    /// The driver's.
    pub fn template(&self, database: &Database) -> Result<Option<Template>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(made) = made.as_mut() else {
            return Ok(None);
        };
        database.with_sessions(|sessions| Template::of(&self.prepared, made, sessions))
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
        let mut conn = Connection::open_unjournaled(&Location::Sqlite(path(database)?))?;
        database.read(|live| sqlite_library::backup(live, &mut conn))?;
        conn.begin_journal()?;
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
                let path = path(database)?;
                let place = Location::Sqlite(path.clone());
                let mut conn = match &self.template {
                    Some(template) => {
                        template.write(&path)?;
                        Connection::open(&place, Durability::Temporary)?
                    }
                    None => {
                        let mut conn = Connection::open(&place, Durability::Temporary)?;
                        migrate::main(&mut conn)?;
                        warnings = transaction(&mut conn, |conn| {
                            seeding::replace_on(conn, database.schema(), &self.prepared, now)
                        })?;
                        conn
                    }
                };
                remember(&mut conn)?;
                made.insert(conn)
            }
        };
        Ok((work(conn)?, warnings))
    }

    /// Fills a new file, whose seal key is `seal_key`.
    pub(crate) fn fill(
        &self,
        database: &Database,
        new: &mut Connection,
        seal_key: &str,
        now: DateTime<Utc>,
    ) -> Result<Warnings> {
        let ((), warnings) = self.with(database, now, |base| {
            // Here, where the statement is prepared.
            state::set_seal_key(base, seal_key)?;
            sqlite_library::backup(base, new)
        })?;
        Ok(warnings)
    }
}

impl Database {
    /// Makes the data what the base holds, as one transaction. Signing keys stay, and ids start again.
    ///
    /// # Errors
    /// A seed that cannot be applied, [`StorageError::OtherSeeds`], or the driver's; nothing has changed then.
    pub fn reset_to(&self, base: &Base, now: DateTime<Utc>) -> Result<Warnings> {
        if base.of_others {
            return Err(StorageError::OtherSeeds);
        }
        if !self.is_sqlite() {
            return seeding::apply(self, base.prepared(), Mode::Replace, now);
        }
        let ((), warnings) = base.with(self, now, |conn| {
            let done = self.read(|live| copy_over(conn, live));
            done.and(give_back_state(conn))
        })?;
        Ok(warnings)
    }
}

/// A new file for a base. It is known to this process alone.
fn path(database: &Database) -> Result<PathBuf> {
    let folder = database.shared().scratch.subfolder("base")?;
    let id = uuid::Uuid::new_v4().simple().to_string();
    Ok(folder.join(format!("{id}.sqlite")))
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

/// Copies a database over a live one. What a reset leaves alone (signing keys, and the state of the platform but for what it
/// was seeded with) is put into the copied one first; versions are moved on.
pub(crate) fn copy_over(from: &mut Connection, live: &mut Connection) -> Result<()> {
    let keys = read_all(live, "signing_keys")?;
    let mut state = read_all(live, "platform_state")?;
    transaction(from, |from| {
        from.batch_execute("DELETE FROM main.signing_keys")?;
        for key in &keys.rows {
            let places: Vec<String> = (1..=key.len()).map(|n| format!("${n}")).collect();
            execute(
                from,
                &format!(
                    "INSERT INTO main.signing_keys ({}) VALUES ({})",
                    keys.columns.join(", "),
                    places.join(", ")
                ),
                key,
            )?;
        }
        let mut values = Vec::new();
        let mut binds = Vec::new();
        for (column, value) in state
            .columns
            .iter()
            .zip(state.rows.pop().unwrap_or_default())
        {
            let place = binds.len() + 1;
            match column.as_str() {
                "id" | "seed_fingerprint" | "seeded" => continue,
                "catalog_version" | "security_version" => {
                    values.push(format!("{column} = max({column}, ${place}) + {STRIDE}"));
                }
                _ => values.push(format!("{column} = ${place}")),
            }
            binds.push(value);
        }
        let sql = format!("UPDATE main.platform_state SET {}", values.join(", "));
        execute(from, &sql, &binds)?;
        Ok::<_, StorageError>(())
    })?;
    sqlite_library::backup(from, live)
}

/// The rows of a small table.
struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<Bound>>,
}

/// Reads all columns of a table, whichever this version has.
fn read_all(conn: &mut Connection, table: &str) -> Result<Rows> {
    let found = collect(
        conn,
        "SELECT name, type FROM pragma_table_info($1)",
        &[Bound::text(Some(table))],
        &[Type::Text, Type::Text],
    )?;
    let mut columns = Vec::new();
    let mut types = Vec::new();
    for row in found {
        if let [OwnedCell::Text(name), OwnedCell::Text(declared)] = row.as_slice() {
            columns.push(name.clone());
            types.push(match declared.to_ascii_uppercase().as_str() {
                "INTEGER" | "BIGINT" | "BOOLEAN" => Type::BigInt,
                "BLOB" => Type::Binary,
                // Dates are texts, and stay as they are written.
                _ => Type::Text,
            });
        }
    }
    let sql = format!("SELECT {} FROM {table}", columns.join(", "));
    let rows = collect(conn, &sql, &[], &types)?;
    let bound = |row: Vec<OwnedCell>| {
        let cells = row.into_iter().zip(&types);
        cells
            .map(|(cell, ty)| Bound {
                ty: *ty,
                value: value_of(cell.as_cell(), *ty),
            })
            .collect()
    };
    Ok(Rows {
        columns,
        rows: rows.into_iter().map(bound).collect(),
    })
}
