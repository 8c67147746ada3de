//! What a test suite waits for: instances, resets, snapshots, a second emulator in a process; and what the journal and the
//! faults cost where nobody asks for them.

use std::time::Instant;

use cinchy_testkit::Emulator;

use crate::client::{self, Load};
use crate::report::{Goal, Report, median, millis};
use crate::server::{Server, Start, get, query};
use crate::{Bench, machine, raw, seed};

/// Instances of one process.
const INSTANCES: usize = 200;

/// Measures all of it.
///
/// # Errors
/// A server that does not start, or refuses.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    instances(report)?;
    let demo = Server::start(&Start {
        workers: 2,
        ..Start::default()
    })?;
    replaced(bench, report, "demo", &demo, [5.0, 5.0])?;
    drop(demo);
    let file = bench.folder.path().join("hundred-thousand.json");
    let hashes = raw::hash_all(&[seed::password(0)])?;
    std::fs::write(&file, seed::text(bench.load_rows, &hashes))?;
    let large = Server::start(&Start {
        seed: Some(file),
        workers: 2,
        ..Start::default()
    })?;
    let rows = format!("{} rows", bench.load_rows);
    replaced(bench, report, &rows, &large, [100.0, 100.0])?;
    drop(large);
    second_emulator(bench, report)?;
    idle_machinery(bench, report)
}

fn call(server: &Server, method: &str, path: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    client::ask(server.address, request.as_bytes())?;
    Ok(millis(began.elapsed()))
}

fn instances(report: &mut Report) -> anyhow::Result<()> {
    let server = Server::start(&Start {
        workers: 2,
        ..Start::default()
    })?;
    let began = Instant::now();
    for n in 0..INSTANCES {
        call(&server, "PUT", &format!("/_emulator/instances/suite-{n}"))?;
    }
    let made = began.elapsed().as_secs_f64();
    for n in 0..INSTANCES {
        client::ask(
            server.address,
            &get(&format!("/i/suite-{n}/_emulator/info"), ""),
        )?;
    }
    report.add(
        &format!("{INSTANCES} instances made"),
        made,
        "s",
        Goal::AtMost(2.0),
    );
    report.add(
        "- memory when each was asked once",
        machine::memory(server.id()),
        "MB",
        Goal::AtMost(150.0),
    );
    let began = Instant::now();
    for n in 0..INSTANCES {
        call(
            &server,
            "DELETE",
            &format!("/_emulator/instances/suite-{n}"),
        )?;
    }
    let dropped = began.elapsed().as_secs_f64();
    report.add("- dropped again", dropped, "s", Goal::None);
    Ok(())
}

/// A reset, and a snapshot taken.
fn replaced(
    bench: &Bench,
    report: &mut Report,
    what: &str,
    server: &Server,
    [reset, snapshot]: [f64; 2],
) -> anyhow::Result<()> {
    // The first one makes what the others copy.
    call(server, "POST", "/_emulator/reset")?;
    let [mut resets, mut snapshots, mut restored] = [const { Vec::new() }; 3];
    for _ in 0..bench.starts {
        resets.push(call(server, "POST", "/_emulator/reset")?);
        snapshots.push(call(server, "PUT", "/_emulator/snapshots/one")?);
        restored.push(call(server, "POST", "/_emulator/snapshots/one/restore")?);
    }
    for (name, times, goal) in [
        ("reset", resets, reset),
        ("snapshot", snapshots, snapshot),
        ("snapshot put back", restored, snapshot),
    ] {
        let name = format!("{name}, {what}");
        report.add(&name, median(&times), "ms", Goal::AtMost(goal));
    }
    Ok(())
}

fn second_emulator(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let times = runtime.block_on(async {
        let first = Emulator::start().await?;
        let mut times = Vec::new();
        for _ in 0..bench.starts {
            let began = Instant::now();
            let next = Emulator::start().await?;
            times.push(millis(began.elapsed()));
            // The key that is made beside it would slow the next one down.
            next.token("demo-app", "ann").await?;
        }
        drop(first);
        anyhow::Ok(times)
    })?;
    report.add(
        "another emulator in a process",
        median(&times),
        "ms",
        Goal::AtMost(15.0),
    );
    Ok(())
}

/// Processor time of a saved query with the control API, which records and looks for faults, and without.
fn idle_machinery(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let start = |no_control| Start {
        core: Some(machine::SERVER_CORE),
        no_control,
        ..bench.kept(1)
    };
    let (with, without) = (Server::start(&start(false))?, Server::start(&start(true))?);
    let requests = [
        query("Hundred", &with.token(0)?),
        query("Hundred", &without.token(0)?),
    ];
    let [mut recorded, mut plain] = [const { Vec::new() }; 2];
    for _ in 0..bench.rounds.max(3) {
        for (server, request, micros) in [
            (&with, &requests[0], &mut recorded),
            (&without, &requests[1], &mut plain),
        ] {
            let load = Load::of(request.clone(), 1, bench.window);
            micros.push(server.load(&load)?.1);
        }
    }
    let (recorded, plain) = (median(&recorded), median(&plain));
    report.add(
        "journal and faults, of a query of 100 rows",
        (recorded / plain - 1.0) * 100.0,
        "%",
        Goal::AtMost(3.0),
    );
    report.add(
        "- processor time",
        recorded - plain,
        "us",
        Goal::AtMost(5.0),
    );
    Ok(())
}
