//! The embedded migrations of both databases. They only go forward.

use std::collections::HashSet;

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use cinchy_cql::value::Type;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::statement::{OwnedCell, collect};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE_SESSIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sessions/sqlite");
const POSTGRES_SESSIONS: EmbeddedMigrations =
    embed_migrations!("../../migrations/sessions/postgres");

/// Whether any migration was ever applied.
pub(crate) fn is_there(conn: &mut Connection) -> Result<bool> {
    let rows = collect(
        conn,
        "SELECT COUNT(*) FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
        &[],
        &[Type::BigInt],
    )?;
    Ok(matches!(
        rows.first().map(Vec::as_slice),
        Some([OwnedCell::Int(1)])
    ))
}

/// Applies what is pending on the main database.
pub(crate) fn main(conn: &mut AnyConnection) -> Result<()> {
    match conn {
        AnyConnection::Sqlite(sqlite) => apply(sqlite, [SQLITE]),
        // One schema holds data and short-lived state, and one list of what was applied.
        AnyConnection::Postgres(pg) => apply(pg, [POSTGRES, POSTGRES_SESSIONS]),
    }
}

/// Applies what is pending on the file of short-lived state.
pub(crate) fn sessions(conn: &mut AnyConnection) -> Result<()> {
    match conn {
        AnyConnection::Sqlite(sqlite) => apply(sqlite, [SQLITE_SESSIONS]),
        AnyConnection::Postgres(pg) => apply(pg, [POSTGRES_SESSIONS]),
    }
}

fn apply<DB: Backend, const N: usize>(
    conn: &mut impl MigrationHarness<DB>,
    sources: [EmbeddedMigrations; N],
) -> Result<()> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        StorageError::Migration(error.to_string())
    };
    let mut known = HashSet::new();
    for source in &sources {
        let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
        known.extend(migrations.iter().map(|m| m.name().version().to_string()));
    }
    for applied in conn.applied_migrations().map_err(failed)? {
        let version = applied.to_string();
        if !known.contains(&version) {
            return Err(StorageError::NewerDatabase(version));
        }
    }
    for source in sources {
        conn.run_pending_migrations(source).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    use super::*;

    /// Of two with one number the second would never be applied.
    #[test]
    fn each_migration_has_a_number_of_its_own() {
        fn versions<DB: Backend>(sources: &[EmbeddedMigrations]) -> Vec<String> {
            let all = sources.iter().flat_map(|source| {
                let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().unwrap();
                migrations
            });
            all.map(|migration| migration.name().version().to_string())
                .collect()
        }
        for versions in [
            versions::<Sqlite>(&[SQLITE]),
            versions::<Sqlite>(&[SQLITE_SESSIONS]),
            versions::<Pg>(&[POSTGRES, POSTGRES_SESSIONS]),
        ] {
            let distinct: HashSet<&String> = versions.iter().collect();
            assert_eq!(distinct.len(), versions.len(), "{versions:?}");
        }
    }
}
