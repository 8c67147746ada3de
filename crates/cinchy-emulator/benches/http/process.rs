//! The process: how soon it answers, what it takes, how large it is.

use std::time::{Duration, Instant};

use crate::client::{self, Load};
use crate::report::{Goal, Report, median, millis};
use crate::server::{Server, Start, get, query, stripped_size, token_of, token_request};
use crate::{Bench, machine, raw, seed};

/// From the start of a process to its first token.
///
/// # Errors
/// A server that does not start.
pub fn starts(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let kept = Start {
        database: Some(format!(
            "sqlite:{}",
            bench.folder.path().join("kept.sqlite").display()
        )),
        workers: 2,
        ..Start::default()
    };
    let fresh = Start {
        workers: 2,
        ..Start::default()
    };
    first_token(&kept)?;
    let [mut on_fresh, mut on_kept] = [const { Vec::new() }; 2];
    for _ in 0..bench.starts {
        on_fresh.push(millis(first_token(&fresh)?));
        on_kept.push(millis(first_token(&kept)?));
    }
    report.add(
        "start to first token, fresh database",
        median(&on_fresh),
        "ms",
        Goal::AtMost(120.0),
    );
    report.add(
        "start to first token, kept database",
        median(&on_kept),
        "ms",
        Goal::AtMost(50.0),
    );
    if let Some(size) = stripped_size(bench.folder.path()) {
        report.add("program without symbols", size, "MB", Goal::AtMost(30.0));
    }
    Ok(())
}

fn first_token(start: &Start) -> anyhow::Result<Duration> {
    Server::launch(start)?.first(&demo_token())
}

/// The token that the demo's banner shows.
fn demo_token() -> Vec<u8> {
    token_of(
        "demo-app",
        "23CAC040-86CA-4E55-8F64-8E99DE71C9FE",
        "ann",
        "ann-demo-1",
    )
}

/// Resident memory.
///
/// # Errors
/// A server that does not start.
pub fn memory(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let demo = Server::start(&Start {
        workers: 2,
        ..Start::default()
    })?;
    // What only the start needed has gone back by then.
    std::thread::sleep(Duration::from_secs(2));
    report.add(
        "memory idle, demo",
        machine::memory(demo.id()),
        "MB",
        Goal::AtMost(20.0),
    );
    demo_tokens(bench, &demo)?;
    report.add(
        "memory after tokens, demo",
        machine::memory(demo.id()),
        "MB",
        Goal::AtMost(55.0),
    );
    drop(demo);
    let server = Server::start(&bench.kept(2))?;
    let request = query("Ten%20thousand", &server.token(0)?);
    client::run(server.address, &Load::of(token_request(0), 2, bench.window))?;
    let load = Load::of(request, 2, bench.window * 2);
    let most = std::thread::scope(|scope| {
        let loading = scope.spawn(|| client::run(server.address, &load));
        let mut most = 0.0;
        while !loading.is_finished() {
            most = f64::max(most, machine::memory(server.id()));
            std::thread::sleep(Duration::from_millis(10));
        }
        most
    });
    report.add(
        "memory while 16 x 10,000 rows stream",
        most,
        "MB",
        Goal::AtMost(60.0),
    );
    Ok(())
}

fn demo_tokens(bench: &Bench, demo: &Server) -> anyhow::Result<()> {
    client::ask(demo.address, &demo_token())?;
    client::run(demo.address, &Load::of(demo_token(), 2, bench.window))?;
    Ok(())
}

/// Loading a large seed.
///
/// # Errors
/// A server that does not start.
pub fn load(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let file = bench.folder.path().join("large.json");
    let hashes = raw::hash_all(&[seed::password(0)])?;
    std::fs::write(&file, seed::text(bench.load_rows, &hashes))?;
    let start = Start {
        seed: Some(file),
        workers: 2,
        ..Start::default()
    };
    let began = Instant::now();
    let mut server = Server::launch(&start)?;
    server.first(&get("/livez", ""))?;
    let seconds = began.elapsed().as_secs_f64();
    report.add(
        &format!("start with a seed of {} rows", bench.load_rows),
        seconds,
        "s",
        Goal::AtMost(10.0),
    );
    report.add(
        "- memory afterwards",
        machine::memory(server.id()),
        "MB",
        Goal::None,
    );
    Ok(())
}
