//! The token endpoint: the password grant with a verified credential, against bare signing.

use crate::client::{self, Load};
use crate::report::{Goal, Report, median};
use crate::server::{Server, Start, get, token_request};
use crate::{Bench, machine, raw};

/// Tokens a second of the fastest mock of an identity server, as it was measured on two cores of some machine.
const BEST_PEER: f64 = 2_911.0;
/// Signatures a second of both cores there.
const SIGNATURES: f64 = 7_200.0;
/// Within which 99 of 100 answers are to come there, with 16 connections: in milliseconds. Sixteen signatures alone take
/// 2.2 of them.
const P99: f64 = 8.0;

/// Measures it.
///
/// # Errors
/// A server that does not start, or an answer that is not a token.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let key = raw::key()?;
    let one = Server::start(&Start {
        core: Some(machine::SERVER_CORE),
        ..bench.kept(1)
    })?;
    let two = Server::start(&bench.kept(2))?;
    // Each user signs in once, so that the load finds a verified credential.
    one.token(0)?;
    two.token(0)?;
    let [mut raw_one, mut raw_two, mut raw_micros] = [const { Vec::new() }; 3];
    let [mut on_one, mut micros, mut on_two, mut p50, mut p99] = [const { Vec::new() }; 5];
    let mut discovery = Vec::new();
    for _ in 0..bench.rounds {
        let sign = || raw::signatures(&key, 1, bench.window);
        let rate = machine::on_core(machine::SERVER_CORE, sign)?;
        raw_one.push(rate.per_second);
        raw_micros.push(rate.micros);
        let load = |threads| Load::of(token_request(0), threads, bench.window);
        let alone = load(1).on_own_core();
        let (outcome, used) = machine::on_core(machine::CLIENT_CORE, || one.load(&alone))?;
        on_one.push(outcome.per_second);
        micros.push(used);
        raw_two.push(raw::signatures(&key, 2, bench.window)?.per_second);
        let outcome = client::run(two.address, &load(2))?;
        on_two.push(outcome.per_second);
        p50.push(outcome.p50);
        p99.push(outcome.p99);
        let load = Load::of(
            get("/.well-known/openid-configuration", ""),
            2,
            bench.window / 2,
        );
        discovery.push(client::run(two.address, &load)?.per_second);
    }
    report.add(
        "RS256 signature, 1 thread",
        median(&raw_one),
        "/s",
        Goal::None,
    );
    report.add(
        "RS256 signature, 2 threads",
        median(&raw_two),
        "/s",
        Goal::None,
    );
    report.add(
        "RSA-2048 key",
        raw::key_generation(bench.starts)?,
        "ms",
        Goal::None,
    );
    report.add_of(
        "token, 1 core",
        median(&on_one),
        "/s",
        median(&raw_one),
        Goal::OfLimit(0.90),
    );
    report.add_of(
        "token, 1 core, processor time",
        median(&micros),
        "us",
        median(&raw_micros),
        Goal::None,
    );
    let machine = median(&raw_two) / SIGNATURES;
    report.add_of(
        "token, 2 workers",
        median(&on_two),
        "/s",
        median(&raw_two),
        Goal::OfLimit(0.85),
    );
    report.add(
        "token, 2 workers, of the best peer on such a machine",
        median(&on_two) / (BEST_PEER * machine),
        "x",
        Goal::AtLeast(2.0),
    );
    report.add(
        "token, 2 workers, half of the answers",
        median(&p50),
        "ms",
        Goal::None,
    );
    report.add(
        "token, 2 workers, 99 % of the answers; goal for such a machine",
        median(&p99),
        "ms",
        Goal::AtMost(P99 / machine),
    );
    report.add("discovery, 2 workers", median(&discovery), "/s", Goal::None);
    Ok(())
}
