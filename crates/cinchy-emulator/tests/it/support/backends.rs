//! The two databases: SQLite always, PostgreSQL where `TEST_DATABASE_URL` names a server.

use std::io::Write as _;
use std::sync::Once;

use cinchy_emulator::config::Serve;
use cinchy_storage::testing::PostgresDatabase;
use cinchy_testkit::{Builder, Emulator};

/// What is added to the demo seed: users, clients, tables and queries for the cases.
pub const SEED: &str = include_str!("../http/seed.yaml");

/// Whether it was said that a half is left out.
static SAID: Once = Once::new();

/// The server for tests. Without one its half is left out loudly, and fails where CI is set.
pub fn postgres_server() -> Option<String> {
    let url = std::env::var("TEST_DATABASE_URL").ok();
    if url.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI needs TEST_DATABASE_URL for the PostgreSQL half"
        );
        // Not by `eprintln!`, which the test harness keeps to itself while tests pass.
        SAID.call_once(|| {
            let line = "SKIPPED (no TEST_DATABASE_URL): the PostgreSQL half of every test\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        });
    }
    url
}

/// An emulator and the database it runs on.
pub struct OnBackend {
    /// `SQLite` or `PostgreSQL`, for messages.
    pub name: &'static str,
    /// The emulator. Stands before its database, so that it stops first.
    pub emulator: Emulator,
    _database: Option<PostgresDatabase>,
}

/// The demo seed and [`SEED`], on a temporary SQLite file.
pub fn builder() -> Builder {
    Emulator::builder().demo().seed_text(SEED)
}

/// Starts such an emulator with SQLite.
pub async fn start() -> Emulator {
    builder().start().await.unwrap()
}

/// Starts one on each database, with these options.
pub async fn start_on_each(options: impl Fn(&mut Serve)) -> Vec<OnBackend> {
    start_each(builder().option(options)).await
}

/// Starts one of this kind on each database.
pub async fn start_each(builder: Builder) -> Vec<OnBackend> {
    let emulator = builder.clone().start().await.unwrap();
    let mut all = vec![OnBackend {
        name: "SQLite",
        emulator,
        _database: None,
    }];
    if let Some(server) = postgres_server() {
        let database = PostgresDatabase::create(&server).unwrap();
        let builder = builder.database(database.url());
        all.push(OnBackend {
            name: "PostgreSQL",
            emulator: builder.start().await.unwrap(),
            _database: Some(database),
        });
    }
    all
}
