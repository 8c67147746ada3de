//! The embedded migrations of both databases. They only go forward.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::database::Database;
use crate::error::{Result, StorageError};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE_SESSIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sessions/sqlite");
const POSTGRES_SESSIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sessions/postgres");

/// Applies what is pending, on the main database and on that of short-lived state.
pub(crate) fn run(conn: &mut Connection, database: &Database) -> Result<()> {
    match &mut **conn {
        AnyConnection::Sqlite(sqlite) => {
            apply(sqlite, SQLITE)?;
            let mut sessions = database.sessions_connection()?;
            if let AnyConnection::Sqlite(sqlite) = &mut **sessions {
                apply(sqlite, SQLITE_SESSIONS)?;
            }
            Ok(())
        }
        AnyConnection::Postgres(pg) => {
            apply(pg, POSTGRES)?;
            apply(pg, POSTGRES_SESSIONS)
        }
    }
}

fn apply<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<()> {
    conn.run_pending_migrations(migrations)
        .map(drop)
        .map_err(|error| StorageError::Migration(error.to_string()))
}
