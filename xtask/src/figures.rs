//! `cargo xtask figures`: the time from start to ready, the memory of a server at rest, and the size of the binary.
//!
//! The start is timed from the moment before the process is made until `/readyz` says 200, with a store that exists.
//! The line in which the server says where it listens is waited for without taking processor time; only then is
//! `/readyz` asked, at once and again at once. What this adds is one exchange on the loopback network.

use std::fs;
use std::path::Path;

use crate::measure::http::Connection;
use crate::measure::scratch::Scratch;
use crate::measure::server::{Demo, Server};
use crate::measure::statistics::{quantile, spread};
use crate::measure::{Measured, now, usage};
use crate::process::Outcome;

/// Milliseconds from start to ready.
const START_BOUND: f64 = 100.0;

/// Millions of bytes, of memory and of the binary.
const SIZE_BOUND: f64 = 30.0;

pub(crate) fn run(starts: usize, measured: Measured) -> Outcome {
    let binary = measured.binary()?;
    let results = [
        judged("start to ready, ms", &times(&binary, starts)?, START_BOUND),
        judged("memory when ready, MB", &[memory(&binary, false)?], SIZE_BOUND),
        judged("memory after a token, MB", &[memory(&binary, true)?], SIZE_BOUND),
        judged("size of the binary, MB", &[size(&binary)?], SIZE_BOUND),
    ];
    if results.into_iter().all(|met| met) { Ok(()) } else { Err("not all requirements are met".to_owned()) }
}

/// Prints what was measured, and judges the largest.
fn judged(what: &str, values: &[f64], bound: f64) -> bool {
    let met = quantile(values, 1.0) < bound;
    let verdict = if met { "met" } else { "NOT MET" };
    println!("{what}: {}, of {}; {verdict} (less than {bound})", spread(values), values.len());
    met
}

fn times(binary: &Path, starts: usize) -> Outcome<Vec<f64>> {
    let scratch = Scratch::new()?;
    let data = scratch.path("data");
    let arguments = ["--data", &data, "--listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
    let start = || {
        let begun = now();
        let server = Server::start(binary, &arguments, &[])?;
        while !server.is_ready() {}
        let took = begun.elapsed();
        drop(server);
        Ok(took.as_secs_f64() * 1000.0)
    };
    println!("the first start, which makes the store: {:.2} ms", start()?);
    (0..starts).map(|_| start()).collect()
}

fn memory(binary: &Path, with_a_token: bool) -> Outcome<f64> {
    let demo = Demo::start(binary, &[])?;
    while !demo.server.is_ready() {}
    if with_a_token {
        let answer = Connection::open(&demo.server.address)?.token_request(&demo.client_id, &demo.secret)?;
        if answer.status != 200 {
            return Err(format!("the right secret gets {}", answer.status));
        }
    }
    Ok(millions(usage::resident(demo.server.process())?))
}

fn size(binary: &Path) -> Outcome<f64> {
    let about = fs::metadata(binary).map_err(|why| format!("{}: {why}", binary.display()))?;
    Ok(millions(about.len()))
}

#[expect(clippy::cast_precision_loss, reason = "no process has 2^52 bytes")]
fn millions(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
