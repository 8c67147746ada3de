//! Sign-ins whose password was not seen before, against bare argon2id, while others want something too.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use crate::client::{self, Load};
use crate::report::{Goal, Report, median};
use crate::server::{Server, get, token_request};
use crate::{Bench, machine, raw};

/// Measures it.
///
/// # Errors
/// A server that does not start, or an answer that is not a token.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let server = Server::start(&bench.kept(2))?;
    let share = (bench.users - 1) / bench.rounds;
    let [mut raw, mut cold, mut p99, mut others] = [const { Vec::new() }; 4];
    for round in 0..bench.rounds {
        raw.push(raw::hashes(2, bench.window)?.per_second);
        // The reader is left out: others sign in with it.
        let requests: Vec<Vec<u8>> = (1..=share)
            .map(|n| token_request(round * share + n))
            .collect();
        let sign_ins = Load {
            requests: Arc::new(requests),
            once: true,
            ..Load::of(Vec::new(), 1, bench.window)
        };
        let visitor = Load {
            connections: 1,
            pause: Duration::from_millis(4),
            ..Load::of(
                get("/.well-known/openid-configuration", ""),
                1,
                bench.window,
            )
        };
        let (signed_in, visited) = std::thread::scope(|scope| {
            let visited = scope.spawn(|| client::run(server.address, &visitor));
            let signed_in = client::run(server.address, &sign_ins);
            (signed_in, visited.join())
        });
        let (signed_in, visited) = (
            signed_in?,
            visited.map_err(|_| anyhow!("a client thread ended early"))??,
        );
        cold.push(signed_in.per_second);
        p99.push(signed_in.p99);
        others.push(visited.p99);
    }
    report.add("argon2id, 2 threads", median(&raw), "/s", Goal::None);
    report.add_of(
        "token, new passwords",
        median(&cold),
        "/s",
        median(&raw),
        Goal::OfLimit(0.85),
    );
    report.add(
        "token, new passwords, 99 % of the answers",
        median(&p99),
        "ms",
        Goal::None,
    );
    report.add(
        "discovery meanwhile, 99 % of the answers",
        median(&others),
        "ms",
        Goal::AtMost(50.0),
    );
    report.add(
        "memory after new passwords",
        machine::memory(server.id()),
        "MB",
        Goal::None,
    );
    Ok(())
}
