//! Saved queries with a bearer token, rights on columns and a row filter, against loops by hand over the drivers.

use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::{self, Load};
use crate::raw::Rate;
use crate::report::{Goal, Report, median};
use crate::server::{self, Server, Start, get};
use crate::table::Table;
use crate::{Bench, machine, postgres, seed, sqlite};

/// Writes the result of one query.
type HandLoop<'a> = Box<dyn FnMut(&mut Vec<u8>) -> anyhow::Result<()> + 'a>;

/// A query of the bench.
struct Query<'a> {
    label: String,
    name: &'static str,
    hand: HandLoop<'a>,
    one_core: Goal,
    peer: Option<Peer>,
}

/// The fastest peer, as it was measured on two cores of some machine.
struct Peer {
    /// Its answers a second.
    per_second: f64,
    /// What the loop by hand did there on one core.
    by_hand: f64,
    /// How many times its rate is wanted.
    times: f64,
}

/// Measures them on SQLite.
///
/// # Errors
/// A server that does not start, or an answer that is not the expected one.
pub fn on_sqlite(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let table = Table::find(&bench.url())?;
    let mut hundred = sqlite::HandLoop::open(&bench.database, table.clone(), Some(100))?;
    let mut all = sqlite::HandLoop::open(&bench.database, table, None)?;
    let queries = [
        Query {
            label: "100 rows".to_owned(),
            name: "Hundred",
            hand: Box::new(|out| hundred.run(out)),
            one_core: Goal::OfLimit(0.38),
            peer: Some(Peer {
                per_second: 1_856.0,
                by_hand: 28_900.0,
                times: 8.0,
            }),
        },
        Query {
            label: "10,000 rows".to_owned(),
            name: "Ten%20thousand",
            hand: Box::new(|out| all.run(out)),
            one_core: Goal::OfLimit(0.60),
            peer: Some(Peer {
                per_second: 73.0,
                by_hand: 322.0,
                times: 4.0,
            }),
        },
    ];
    measure(bench, report, &bench.kept(1), queries)
}

/// Measures them on PostgreSQL, if there is a server.
///
/// # Errors
/// As [`on_sqlite`].
pub fn on_postgres(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("no TEST_DATABASE_URL: PostgreSQL is left out");
        return Ok(());
    };
    let scratch = postgres::Scratch::create(&url)?;
    let start = Start {
        database: Some(scratch.url.clone()),
        bare: true,
        ..Start::default()
    };
    drop(Server::start(&Start {
        seed: Some(bench.seed.clone()),
        bare: false,
        ..start.clone()
    })?);
    postgres::analyze(&scratch.url)?;
    let table = Table::find(&scratch.url)?;
    let mut hundred = postgres::HandLoop::open(&scratch.url, table.clone(), Some(100))?;
    let mut all = postgres::HandLoop::open(&scratch.url, table, None)?;
    let queries = [
        Query {
            label: "PostgreSQL, 100 rows".to_owned(),
            name: "Hundred",
            hand: Box::new(|out| hundred.run(out)),
            one_core: Goal::OfLimit(0.50),
            peer: None,
        },
        Query {
            label: "PostgreSQL, 10,000 rows".to_owned(),
            name: "Ten%20thousand",
            hand: Box::new(|out| all.run(out)),
            one_core: Goal::OfLimit(0.50),
            peer: None,
        },
    ];
    measure(bench, report, &start, queries)
}

fn measure(
    bench: &Bench,
    report: &mut Report,
    start: &Start,
    queries: [Query<'_>; 2],
) -> anyhow::Result<()> {
    let one = Server::start(&Start {
        workers: 1,
        core: Some(machine::SERVER_CORE),
        ..start.clone()
    })?;
    let two = Server::start(&Start {
        workers: 2,
        ..start.clone()
    })?;
    let (token_of_one, token_of_two) = (one.token(0)?, two.token(0)?);
    let is_postgres = start
        .database
        .as_ref()
        .is_some_and(|url| url.starts_with("postgres"));
    for mut query in queries {
        let request_one = server::query(query.name, &token_of_one);
        let request_two = server::query(query.name, &token_of_two);
        let mut expected = Vec::new();
        (query.hand)(&mut expected)?;
        let body = client::ask(one.address, &request_one)?;
        ensure!(
            body == expected,
            "the answer is not that of the loop by hand:\n{}\n{}",
            start_of(&body),
            start_of(&expected)
        );
        let [
            mut hand,
            mut hand_micros,
            mut on_one,
            mut micros,
            mut on_two,
            mut p99,
        ] = [const { Vec::new() }; 6];
        let mut out = Vec::new();
        for _ in 0..bench.rounds {
            let rate = machine::on_core(machine::SERVER_CORE, || {
                Rate::of(bench.window, || {
                    out.clear();
                    (query.hand)(&mut out)
                })
            })?;
            hand.push(rate.per_second);
            hand_micros.push(rate.micros);
            let load =
                |request: &Vec<u8>, threads| Load::of(request.clone(), threads, bench.window);
            let mut alone = load(&request_one, 1);
            // PostgreSQL works on the client's core.
            if !is_postgres {
                alone = alone.on_own_core();
            }
            let (outcome, used) = machine::on_core(machine::CLIENT_CORE, || one.load(&alone))?;
            on_one.push(outcome.per_second);
            micros.push(used);
            let outcome = client::run(two.address, &load(&request_two, 2))?;
            on_two.push(outcome.per_second);
            p99.push(outcome.p99);
        }
        let label = &query.label;
        report.add(
            &format!("{label}, by hand"),
            median(&hand),
            "/s",
            Goal::None,
        );
        report.add_of(
            &format!("{label}, 1 core"),
            median(&on_one),
            "/s",
            median(&hand),
            query.one_core,
        );
        report.add_of(
            &format!("{label}, 1 core, processor time"),
            median(&micros),
            "us",
            median(&hand_micros),
            Goal::None,
        );
        report.add(
            &format!("{label}, 2 workers"),
            median(&on_two),
            "/s",
            Goal::None,
        );
        if let Some(peer) = query.peer {
            let what = format!("{label}, 2 workers, of the best peer on such a machine");
            let here = peer.per_second * median(&hand) / peer.by_hand;
            let goal = Goal::AtLeast(peer.times);
            report.add(&what, median(&on_two) / here, "x", goal);
        }
        report.add(
            &format!("{label}, 2 workers, 99 % of the answers"),
            median(&p99),
            "ms",
            Goal::None,
        );
    }
    let credential = STANDARD.encode(format!("{}:{}", seed::READER, seed::password(0)));
    let request = get(
        "/BasicAuthAPI/Bench/Hundred",
        &format!("Authorization: Basic {credential}\r\n"),
    );
    client::ask(two.address, &request)?;
    let outcome = client::run(two.address, &Load::of(request, 2, bench.window))?;
    let label = if is_postgres {
        "PostgreSQL, 100 rows by Basic, 2 workers"
    } else {
        "100 rows by Basic, 2 workers"
    };
    report.add(label, outcome.per_second, "/s", Goal::None);
    Ok(())
}

fn start_of(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(600)]).into_owned()
}
