//! A database of its own for each case.

use chrono::{DateTime, Utc};
use cinchy_storage::seeding::{self, Mode, Seeds};
use cinchy_storage::{Database, Options, testing};

/// Runs a case on each database there is. Without PostgreSQL its half is left out loudly, and fails under CI.
pub fn on_each(case: impl Fn(&Database)) {
    case(&Database::open(&Options::default()).unwrap());
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        assert!(
            std::env::var("CI").is_err(),
            "CI needs TEST_DATABASE_URL for the PostgreSQL half"
        );
        eprintln!("SKIPPED (no TEST_DATABASE_URL): the PostgreSQL half of this test");
        return;
    };
    let own = testing::PostgresDatabase::create(&url).unwrap();
    let options = Options {
        url: Some(own.url().to_owned()),
        pool_size: 4,
        ..Options::default()
    };
    case(&Database::open(&options).unwrap());
}

pub fn now() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// Makes the platform of a seed.
pub fn seed(
    database: &Database,
    text: &str,
    mode: Mode,
) -> Result<Vec<String>, cinchy_storage::StorageError> {
    let prepared = seeding::prepare(Seeds::of_texts([("test seed", text)])?, mode)?;
    seeding::apply(database, &prepared, mode, now())
}

pub fn export(database: &Database) -> String {
    let seed = database
        .read(|conn| seeding::export(conn, database.schema()))
        .unwrap();
    cinchy_seed::to_yaml(&seed).unwrap()
}
