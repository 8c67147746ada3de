//! Measures the emulator over HTTP and, in the same run, what limits it, and prints the two beside the goals.
//!
//! ```text
//! cargo bench -p cinchy-emulator --bench http              everything, less than three minutes
//! cargo bench -p cinchy-emulator --bench http -- --quick   a first impression
//! cargo bench -p cinchy-emulator --bench http -- queries   some parts: tokens queries passwords start memory load postgres fixture pages
//! ```
//!
//! The emulator runs as a process of its own on a database of the bench's own. Where a goal is about one core, server and
//! client get a core each (by `taskset`). Figures are medians of rounds in which limit and server take turns, so that a
//! noisy neighbour hurts both. Ratios carry over to other machines; figures do not.
//!
//! With `TEST_DATABASE_URL` the queries run on PostgreSQL too, in a database that is made for it and dropped.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod client;
mod fixture;
mod json;
mod machine;
mod pages;
mod passwords;
mod postgres;
mod process;
mod queries;
mod raw;
mod report;
mod seed;
mod server;
mod sqlite;
mod table;
mod tokens;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use report::Report;
use server::{Server, Start};
use tempfile::TempDir;

/// The parts of a run, in order.
const PARTS: [&str; 9] = [
    "tokens",
    "queries",
    "postgres",
    "passwords",
    "start",
    "memory",
    "load",
    "fixture",
    "pages",
];

/// What the parts share.
pub struct Bench {
    /// Where files go; removed at the end.
    pub folder: TempDir,
    /// The seed of [`seed::text`].
    pub seed: PathBuf,
    /// A SQLite file with it.
    pub database: PathBuf,
    /// How many users it has, the reader included.
    pub users: usize,
    /// How long one measurement takes.
    pub window: Duration,
    /// Measurements of each figure.
    pub rounds: usize,
    /// Process starts of each kind.
    pub starts: usize,
    /// Rows of the seed whose loading is timed.
    pub load_rows: usize,
}

impl Bench {
    fn new(quick: bool, many_users: bool) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("cinchy-bench-").tempdir()?;
        let users = match (many_users, quick) {
            (true, false) => 401,
            (true, true) => 61,
            (false, _) => 1,
        };
        let passwords: Vec<String> = (0..users).map(seed::password).collect();
        let bench = Self {
            seed: folder.path().join("bench.json"),
            database: folder.path().join("bench.sqlite"),
            users,
            // Short and often: a machine that is shared is not as fast in one second as in the next.
            window: Duration::from_millis(if quick { 300 } else { 500 }),
            rounds: if quick { 1 } else { 9 },
            starts: if quick { 3 } else { 10 },
            load_rows: if quick { 10_000 } else { 100_000 },
            folder,
        };
        std::fs::write(
            &bench.seed,
            seed::text(seed::ROWS, &raw::hash_all(&passwords)?),
        )?;
        // Seeds the file that all parts use.
        drop(Server::start(&Start {
            seed: Some(bench.seed.clone()),
            bare: false,
            ..bench.kept(1)
        })?);
        Ok(bench)
    }

    /// URL of the seeded SQLite file.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.database.display())
    }

    /// A start on the seeded SQLite file.
    pub fn kept(&self, workers: usize) -> Start {
        Start {
            database: Some(self.url()),
            bare: true,
            workers,
            ..Start::default()
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut quick = false;
    let mut parts = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // What `cargo bench` says by itself.
            "--bench" => {}
            "--quick" => quick = true,
            part if PARTS.contains(&part) => parts.push(argument),
            other => bail!(
                "`{other}` is neither --quick nor one of {}",
                PARTS.join(", ")
            ),
        }
    }
    let began = Instant::now();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|p| p == part);
    let bench = Bench::new(quick, wanted("passwords"))?;
    let mut report = Report::default();
    for part in PARTS.into_iter().filter(|part| wanted(part)) {
        eprintln!("measuring {part}");
        match part {
            "tokens" => tokens::measure(&bench, &mut report)?,
            "queries" => queries::on_sqlite(&bench, &mut report)?,
            "postgres" => queries::on_postgres(&bench, &mut report)?,
            "passwords" => passwords::measure(&bench, &mut report)?,
            "start" => process::starts(&bench, &mut report)?,
            "memory" => process::memory(&bench, &mut report)?,
            "load" => process::load(&bench, &mut report)?,
            "fixture" => fixture::measure(&bench, &mut report)?,
            _ => pages::measure(&bench, &mut report)?,
        }
    }
    println!("{}", report.table());
    let pinned = if machine::can_pin() {
        "tied to cores"
    } else {
        "not tied to cores: no taskset, or one core"
    };
    println!(
        "{} cores; {pinned}; {:.0} s",
        machine::cores(),
        began.elapsed().as_secs_f64()
    );
    Ok(())
}
