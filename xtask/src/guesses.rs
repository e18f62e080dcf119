//! `cargo xtask guesses`: what 10,000 wrong secrets a minute cost, from one address and under the limits as they are.
//!
//! Each mix has a server of its own, whose processor time the kernel counts: program and kernel, also what it takes to
//! accept, to answer and to log. The requirement is on its share of one core. Answers that are neither 401 nor 429 are a
//! failure: then something else was measured.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::measure::http::Connection;
use crate::measure::load::paced;
use crate::measure::server::Demo;
use crate::measure::{Measured, now, secret, usage};
use crate::process::Outcome;

/// Failures in a second: 10,000 in a minute.
const RATE: f64 = 10_000.0 / 60.0;

/// Failures are answered with a delay, so one connection would not carry them.
const CONNECTIONS: u32 = 4;

/// What the share of one core must stay under, in percent.
const BOUND: f64 = 5.0;

/// Whose secret is guessed, and how.
#[derive(Clone, Copy)]
enum Mix {
    KnownId,
    FreshIds,
    /// They are judged even beyond the limit, and read the store: decision 0010.
    FreshIdsWellFormed,
}

impl Mix {
    const ALL: [Self; 3] = [Self::KnownId, Self::FreshIds, Self::FreshIdsWellFormed];

    fn name(self) -> &'static str {
        match self {
            Self::KnownId => "one id that exists, well-formed secrets",
            Self::FreshIds => "ever new ids, secrets of no form",
            Self::FreshIdsWellFormed => "ever new ids, well-formed secrets",
        }
    }
}

pub(crate) fn run(seconds: u64, measured: Measured) -> Outcome {
    let binary = measured.binary()?;
    println!(
        "{:.0} failures a minute for {seconds} s each, on {CONNECTIONS} connections from one address",
        RATE * 60.0
    );
    let mut worst: f64 = 0.0;
    for mix in Mix::ALL {
        worst = worst.max(share(&binary, mix, Duration::from_secs(seconds))?);
    }
    if worst < BOUND {
        println!("met: at most {worst:.2} % of one core, less than {BOUND} %");
        Ok(())
    } else {
        Err(format!("NOT MET: {worst:.2} % of one core, not less than {BOUND} %"))
    }
}

/// Measures a mix, and gives the share of one core in percent.
fn share(binary: &Path, mix: Mix, lasts: Duration) -> Outcome<f64> {
    let demo = Demo::start(binary, &[])?;
    let right = Connection::open(&demo.server.address)?.token_request(&demo.client_id, &demo.secret)?;
    if right.status != 200 {
        return Err(format!("the right secret gets {}", right.status));
    }
    let wrong = secret::another(&demo.secret).ok_or("the secret of the demo is no generated one")?;
    let reads = || demo.server.metric("jeton_store_reads_total{read=\"credentials\"}");
    let (reads_before, taken_before) = (reads()?, usage::processor_time(demo.server.process())?);
    let start = now();
    let fail = |connection: &mut Connection, number: usize| match mix {
        Mix::KnownId => connection.token_request(&demo.client_id, &wrong),
        Mix::FreshIds => connection.token_request(&format!("nobody-{number}"), "guessed"),
        Mix::FreshIdsWellFormed => connection.token_request(&format!("nobody-{number}"), &wrong),
    };
    let statuses = paced(&demo.server.address, RATE, lasts, CONNECTIONS, fail, |answer| answer.status)?;
    let (passed, taken) = (start.elapsed(), usage::processor_time(demo.server.process())?);
    let taken = taken.saturating_sub(taken_before);
    let share = 100.0 * taken.as_secs_f64() / passed.as_secs_f64();
    let mut counts = BTreeMap::new();
    for status in &statuses {
        *counts.entry(*status).or_insert(0_usize) += 1;
    }
    println!(
        "{}: {share:.2} % of one core; {} failures in {:.1} s, by status {counts:?}; {} reads of the store, \
         {} refused by the limits",
        mix.name(),
        statuses.len(),
        passed.as_secs_f64(),
        reads()? - reads_before,
        demo.server.metric("jeton_guesses_refused_total")?,
    );
    if counts.keys().any(|status| ![401, 429].contains(status)) {
        return Err("some answers were neither 401 nor 429".to_owned());
    }
    Ok(share)
}
