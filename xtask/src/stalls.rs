//! `cargo xtask stalls`: what 10,000 connections that stall do to the waiting time of honest clients.
//!
//! Honest clients send token requests at a steady, modest rate on connections that they keep. Runs with and without the
//! stalled connections alternate, so that whatever else the machine does is in both. Of the stalled, a third sends
//! nothing, a third half a head, and a third a head with half a body; the server closes each when its time is up, and it
//! is opened again. Handshakes that stall are not here, since this speaks no TLS; the server's tests have them.
//!
//! The clients share the machine with the server, and so does whoever opens the stalled connections, a thousand anew each
//! second: what is measured is more than the server's part.

mod stalled;

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::measure::descriptors;
use crate::measure::http::Connection;
use crate::measure::load::paced;
use crate::measure::server::Demo;
use crate::measure::statistics::{quantile, spread};
use crate::measure::{Measured, now};
use crate::process::Outcome;
use stalled::Stalled;

/// How often the p99 with stalled connections may be that without.
const AIM: f64 = 1.5;

/// Honest requests a second, and on how many connections.
const RATE: f64 = 200.0;
const CLIENTS: u32 = 4;

/// How long to wait until the server has seen the stalled connections go.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many stalled connections
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// How many runs of each kind
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How long each lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
}

pub(crate) fn run(options: &Options, measured: Measured) -> Outcome {
    if let Some(outcome) = descriptors::raised(options.connections + 1000) {
        return outcome;
    }
    let binary = measured.binary()?;
    println!("honest: {RATE} token requests a second on {CLIENTS} connections, {} s a run", options.seconds);
    let ratios: Outcome<Vec<f64>> = (1..=options.runs).map(|number| pair(&binary, options, number)).collect();
    let ratios = ratios?;
    let median = quantile(&ratios, 0.5);
    let verdict = if median <= AIM { "reached" } else { "NOT REACHED" };
    println!(
        "p99 with stalled connections over p99 without: {}; aim {AIM} for the median: {verdict}",
        spread(&ratios)
    );
    Ok(())
}

/// A run without and a run with; gives the ratio of their p99.
fn pair(binary: &Path, options: &Options, number: usize) -> Outcome<f64> {
    let demo = Demo::start(binary, &[])?;
    let open = || demo.server.metric("jeton_connections_open{listener=\"public\"}");
    let without = honest(&demo, options)?;
    println!("run {number} without: {}", said(&without));
    let stalled = Stalled::open(&demo.server.address, options.connections)?;
    let before = open()?;
    let closed_before = stalled.closed();
    let with = honest(&demo, options)?;
    let (after, closed) = (open()?, stalled.closed() - closed_before);
    println!(
        "run {number} with:    {}; {before} connections open before and {after} after, {closed} closed by the server \
         meanwhile and opened again",
        said(&with)
    );
    stalled.close()?;
    let deadline = now() + PATIENCE;
    while open()? > 0 {
        if now() > deadline {
            return Err("the server still has connections that are closed".to_owned());
        }
        thread::sleep(Duration::from_millis(50));
    }
    let held = u64::try_from(options.connections).unwrap_or(u64::MAX) / 100 * 95;
    if before.min(after) < held {
        return Err(format!("fewer than {held} stalled connections were open: nothing is shown"));
    }
    Ok(quantile(&with, 0.99) / quantile(&without, 0.99))
}

/// The waiting times of honest clients, in milliseconds. All are served.
fn honest(demo: &Demo, options: &Options) -> Outcome<Vec<f64>> {
    let ask = |connection: &mut Connection, _| connection.token_request(&demo.client_id, &demo.secret);
    let answers =
        paced(&demo.server.address, RATE, Duration::from_secs(options.seconds), CLIENTS, ask, |answer| {
            (answer.status, answer.took / 1e6)
        })?;
    match answers.iter().find(|(status, _)| *status != 200) {
        Some((status, _)) => Err(format!("an honest client got {status}")),
        None => Ok(answers.into_iter().map(|(_, took)| took).collect()),
    }
}

fn said(times: &[f64]) -> String {
    let [p50, p99] = [0.5, 0.99].map(|share| quantile(times, share));
    format!("p50 {p50:.2} ms, p99 {p99:.2} ms of {} requests", times.len())
}
