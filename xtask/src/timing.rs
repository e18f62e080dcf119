//! `cargo xtask timing`: whether the time of a refusal tells a client id that exists from one that does not.
//!
//! Pairs of failures on loopback connections, in an order that changes from pair to pair: an unknown client id that was
//! never sent before, and the id of a credential in the cache, both with the same well-formed secret, which is
//! nobody's. Welch's t over the times, without the slowest of each kind; |t| under 4.5 is what leakage tests call no
//! difference. The server's limits on guessing are raised for it, and its record of failures, which would spare the
//! repeated id its read of the store and no fresh one, is off: what is compared is the first failure
//! of an id. The server's own counters say whether that held.
//!
//! The server holds failures back for some milliseconds, so several connections share the pairs. One connection is the
//! quietest, and so the sharpest, for whoever has an hour.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread;

use crate::measure::http::Connection;
use crate::measure::server::Demo;
use crate::measure::statistics::{Sample, welch};
use crate::measure::{Measured, secret};
use crate::process::Outcome;

/// What protects a real server, taken away; and its log, which is noise.
const RAISED: [(&str, &str); 4] = [
    ("RUST_LOG", "error"),
    ("JETON_LIMITS__FAILURES_PER_MINUTE", "1000000"),
    ("JETON_LIMITS__FAILURES_AT_ONCE", "1000000"),
    ("JETON_LIMITS__REMEMBERED_FAILURES", "0"),
];

/// Reads of credentials from the store; and failures that were spared one.
const COUNTED: [&str; 2] =
    ["jeton_store_reads_total{read=\"credentials\"}", "jeton_failure_cache_hits_total"];

/// What |t| must stay under.
const BOUND: f64 = 4.5;

/// Pairs of each connection that only warm up.
const WARM_UP: usize = 100;

/// How much of each kind is left out, at the slow end: one in this many.
const TRIMMED: usize = 10;

pub(crate) fn run(pairs: usize, connections: NonZeroUsize, measured: Measured) -> Outcome {
    let demo = Demo::start(&measured.binary()?, &RAISED)?;
    let right = Connection::open(&demo.server.address)?.token_request(&demo.client_id, &demo.secret)?;
    if right.status != 200 {
        return Err(format!("the right secret gets {}", right.status));
    }
    let wrong = secret::another(&demo.secret).ok_or("the secret of the demo is no generated one")?;
    let counted = || -> Outcome<[u64; 2]> {
        let [reads, spared] = COUNTED.map(|metric| demo.server.metric(metric));
        Ok([reads?, spared?])
    };
    let before = counted()?;
    let share = pairs.div_ceil(connections.get());
    let samples: Vec<Times> = thread::scope(|scope| {
        let ours: Vec<_> = (0..connections.get())
            .map(|number| number * (WARM_UP + share))
            .map(|first| {
                scope.spawn({
                    let (demo, wrong) = (&demo, &wrong);
                    move || compare(demo, wrong, first..first + WARM_UP + share)
                })
            })
            .collect();
        ours.into_iter()
            .map(|one| one.join().map_err(|_| "a connection's thread ended early")?)
            .collect::<Outcome<_>>()
    })?;
    let after = counted()?;
    let (reads, spared) = (after[0] - before[0], after[1] - before[1]);
    let pairs = share * connections.get();
    println!(
        "{pairs} pairs on {connections} connections: {reads} reads of the store, {spared} failures were spared one"
    );
    if spared > 0 {
        return Err("the record of failures answered for some: first failures were not compared".to_owned());
    }
    let (unknown, known): (Vec<_>, Vec<_>) =
        samples.into_iter().map(|times| (times.unknown, times.known)).unzip();
    report(&Sample::trimmed(unknown.concat(), TRIMMED), &Sample::trimmed(known.concat(), TRIMMED));
    Ok(())
}

/// How long failures took, in nanoseconds.
#[derive(Default)]
struct Times {
    unknown: Vec<f64>,
    known: Vec<f64>,
}

/// The pairs of one connection; their numbers make the client ids that nobody has.
fn compare(demo: &Demo, wrong: &str, pairs: Range<usize>) -> Outcome<Times> {
    let mut connection = Connection::open(&demo.server.address)?;
    let mut times = Times::default();
    for (done, pair) in pairs.enumerate() {
        // As long as the known id, and never sent before.
        let fresh = format!("{pair:0width$}", width = demo.client_id.len());
        let unknown_first = pair.count_ones() % 2 == 0;
        let mut failure = |id: &str| match connection.token_request(id, wrong)? {
            answer if answer.status == 401 => Ok(answer.took),
            answer => Err(format!("a wrong secret gets {}", answer.status)),
        };
        let (unknown, known) = if unknown_first {
            let first = failure(&fresh)?;
            (first, failure(&demo.client_id)?)
        } else {
            let first = failure(&demo.client_id)?;
            (failure(&fresh)?, first)
        };
        if done >= WARM_UP {
            times.unknown.push(unknown);
            times.known.push(known);
        }
    }
    Ok(times)
}

fn report(unknown: &Sample, known: &Sample) {
    let t = welch(unknown, known);
    println!("unknown client: mean {:.0} ns, median {:.0} ns", unknown.mean, unknown.median);
    println!("wrong secret:   mean {:.0} ns, median {:.0} ns", known.mean, known.median);
    println!("|t| = {:.2} (bound {BOUND}), effect {:.0} ns", t.abs(), unknown.mean - known.mean);
    println!("{}", if t.abs() < BOUND { "cannot be told apart" } else { "CAN BE TOLD APART" });
}
