//! `cargo xtask timing`: whether the time of a refusal tells a client id that exists from one that does not.
//!
//! Pairs of failures on one loopback connection, in an order that changes from pair to pair: an unknown client id that
//! was never sent before, and the id of a credential in the cache, both with the same well-formed secret, which is
//! nobody's. Welch's t over the times, without the slowest of each kind; |t| under 4.5 is what leakage tests call no
//! difference. The server's limits on guessing are raised for it, and its record of failures, which would spare the
//! repeated id its read of the store and no fresh one, is off: what is compared is the first failure
//! of an id. The server's own counters say whether that held.

mod http;
mod secret;
mod server;
mod statistics;

use std::path::PathBuf;

use crate::process::Outcome;
use http::Connection;
use server::Server;
use statistics::{Sample, welch};

/// What |t| must stay under.
const BOUND: f64 = 4.5;

/// Pairs that only warm up.
const WARM_UP: usize = 500;

/// How much of each kind is left out, at the slow end: one in this many.
const TRIMMED: usize = 10;

pub(crate) fn run(pairs: usize, binary: Option<PathBuf>) -> Outcome {
    let server = Server::start(binary)?;
    let mut connection = Connection::open(&server.address)?;
    let right = connection.token_request(&server.client_id, &server.secret)?;
    if right.status != 200 {
        return Err(format!("the right secret gets {}", right.status));
    }
    let wrong = secret::another(&server.secret).ok_or("the secret of the demo is no generated one")?;
    let before = server.counts()?;
    let (mut unknown, mut known) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
    for pair in 0..WARM_UP + pairs {
        // As long as the known id, and never sent before.
        let fresh = format!("{pair:0width$}", width = server.client_id.len());
        let unknown_first = pair.count_ones() % 2 == 0;
        let mut failure = |id: &str| match connection.token_request(id, &wrong)? {
            answer if answer.status == 401 => Ok(answer.took),
            answer => Err(format!("a wrong secret gets {}", answer.status)),
        };
        let times = if unknown_first {
            let first = failure(&fresh)?;
            (first, failure(&server.client_id)?)
        } else {
            let first = failure(&server.client_id)?;
            (failure(&fresh)?, first)
        };
        if pair >= WARM_UP {
            unknown.push(times.0);
            known.push(times.1);
        }
    }
    let after = server.counts()?;
    let (reads, spared) = (after.reads - before.reads, after.spared - before.spared);
    println!("{pairs} pairs: {reads} reads of the store, {spared} failures were spared one");
    if spared > 0 {
        return Err("the record of failures answered for some: first failures were not compared".to_owned());
    }
    report(&Sample::trimmed(unknown, TRIMMED), &Sample::trimmed(known, TRIMMED));
    Ok(())
}

fn report(unknown: &Sample, known: &Sample) {
    let t = welch(unknown, known);
    println!("unknown client: mean {:.0} ns, median {:.0} ns", unknown.mean, unknown.median);
    println!("wrong secret:   mean {:.0} ns, median {:.0} ns", known.mean, known.median);
    println!("|t| = {:.2} (bound {BOUND}), effect {:.0} ns", t.abs(), unknown.mean - known.mean);
    println!("{}", if t.abs() < BOUND { "cannot be told apart" } else { "CAN BE TOLD APART" });
}
