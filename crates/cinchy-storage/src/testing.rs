//! For the tests of this workspace: PostgreSQL databases of their own.

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection};

use crate::error::{Result, StorageError};

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct PostgresDatabase {
    admin: String,
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// Makes a database on the server of this URL, whose user may do so.
    ///
    /// # Errors
    /// The server's.
    pub fn create(admin: &str) -> Result<Self> {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        run(admin, &format!("CREATE DATABASE {name}"))?;
        let (before, rest) = admin.rsplit_once('/').unwrap_or((admin, ""));
        let query = rest.find('?').map_or("", |at| &rest[at..]);
        Ok(Self {
            url: format!("{before}/{name}{query}"),
            admin: admin.to_owned(),
            name,
        })
    }

    /// Cuts every connection and refuses new ones, which is how a restart of the server looks from outside; or lets them in
    /// again.
    ///
    /// # Errors
    /// The server's.
    pub fn refuse(&self, refuse: bool) -> Result<()> {
        let name = &self.name;
        let allow = !refuse;
        let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allow}");
        run(&self.admin, &sql)?;
        if refuse {
            let sql = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            run(&self.admin, &sql)?;
        }
        Ok(())
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Err(error) = run(
            &self.admin,
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        ) {
            tracing::warn!(%error, "a test database is left over");
        }
    }
}

fn run(url: &str, sql: &str) -> Result<()> {
    let mut conn = PgConnection::establish(url).map_err(|error| StorageError::CannotConnect {
        server: "the test server".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(conn.batch_execute(sql)?)
}
