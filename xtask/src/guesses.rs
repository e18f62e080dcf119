//! `cargo xtask guesses`: what 10,000 wrong secrets a minute cost, from one address and under the limits as they are.
//!
//! The kernel counts the processor time of the server, program and kernel, also what it takes to accept, to answer and to
//! log. Two figures come of it. What the failures add to a server that answers others meanwhile, in runs that take turns
//! without and with them, is their cost, and the requirement is on its median. What they take of a server that does
//! nothing else stands beside it, with what requests to no path take at the same pace: there, most is the price of
//! waking a processor for a single request. Answers that are neither 401 nor 429 are a failure: then something else was
//! measured.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::measure::http::Connection;
use crate::measure::load::paced;
use crate::measure::server::Demo;
use crate::measure::statistics::{quantile, spread};
use crate::measure::{Measured, now, secret, usage};
use crate::process::Outcome;

/// Failures in a second: 10,000 in a minute.
const RATE: f64 = 10_000.0 / 60.0;

/// Failures are answered with a delay, so one connection would not carry them.
const CONNECTIONS: u32 = 4;

/// Token requests in a second that the server answers meanwhile.
const HONEST: f64 = 1_000.0;

/// Runs without failures, and as many with them.
const ROUNDS: usize = 3;

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
    let lasts = Duration::from_secs(seconds);
    println!(
        "{:.0} failures a minute on {CONNECTIONS} connections from one address, alone and beside {HONEST:.0} token \
         requests a second; {seconds} s a run",
        RATE * 60.0
    );
    let mut worst: f64 = 0.0;
    for mix in Mix::ALL {
        worst = worst.max(cost(&binary, mix, lasts)?);
    }
    if worst < BOUND {
        println!("met: they add at most {worst:.2} % of one core, less than {BOUND} %");
        Ok(())
    } else {
        Err(format!("NOT MET: they add {worst:.2} % of one core, not less than {BOUND} %"))
    }
}

/// Measures a mix, and gives what it adds, in percent of one core.
fn cost(binary: &Path, mix: Mix, lasts: Duration) -> Outcome<f64> {
    let demo = Demo::start(binary, &[])?;
    let attack = Attack::of(&demo, mix)?;
    println!("{}:", mix.name());
    let nothing = |connection: &mut Connection, _| connection.get("/nothing");
    let path =
        share(&demo, || paced(&demo.server.address, RATE, lasts, CONNECTIONS, nothing, drop).map(drop))?;
    let alone = share(&demo, || attack.run(lasts))?;
    println!("  alone: {alone:.2} % of one core; as many requests to no path: {path:.2} %");
    let honest = || {
        let ask = |connection: &mut Connection, _| connection.token_request(&demo.client_id, &demo.secret);
        let statuses = paced(&demo.server.address, HONEST, lasts, 1, ask, |answer| answer.status)?;
        if statuses.iter().all(|status| *status == 200) {
            Ok(())
        } else {
            Err("the right secret failed".to_owned())
        }
    };
    let mut added = Vec::new();
    for _ in 0..ROUNDS {
        let without = share(&demo, honest)?;
        let with = share(&demo, || {
            thread::scope(|scope| {
                let attacking = scope.spawn(|| attack.run(lasts));
                honest()?;
                attacking.join().map_err(|_| "the attacker's thread ended early")?
            })
        })?;
        added.push(with - without);
    }
    println!("  added beside others, % of one core: {}", spread(&added));
    attack.report()?;
    Ok(quantile(&added, 0.5))
}

/// What the server takes of one core while this runs, in percent.
fn share(demo: &Demo, load: impl FnOnce() -> Outcome) -> Outcome<f64> {
    let (start, before) = (now(), usage::processor_time(demo.server.process())?);
    load()?;
    let taken = usage::processor_time(demo.server.process())?.saturating_sub(before);
    Ok(100.0 * taken.as_secs_f64() / start.elapsed().as_secs_f64())
}

/// Failures of one mix, each new to the server where it is to be.
struct Attack<'a> {
    demo: &'a Demo,
    mix: Mix,
    wrong: String,
    next: AtomicUsize,
    statuses: Mutex<BTreeMap<u16, usize>>,
}

impl<'a> Attack<'a> {
    fn of(demo: &'a Demo, mix: Mix) -> Outcome<Self> {
        let right = Connection::open(&demo.server.address)?.token_request(&demo.client_id, &demo.secret)?;
        if right.status != 200 {
            return Err(format!("the right secret gets {}", right.status));
        }
        let wrong = secret::another(&demo.secret).ok_or("the secret of the demo is no generated one")?;
        Ok(Self { demo, mix, wrong, next: AtomicUsize::new(0), statuses: Mutex::default() })
    }

    fn run(&self, lasts: Duration) -> Outcome {
        let fail = |connection: &mut Connection, _| {
            let fresh = || format!("nobody-{}", self.next.fetch_add(1, Ordering::Relaxed));
            match self.mix {
                Mix::KnownId => connection.token_request(&self.demo.client_id, &self.wrong),
                Mix::FreshIds => connection.token_request(&fresh(), "guessed"),
                Mix::FreshIdsWellFormed => connection.token_request(&fresh(), &self.wrong),
            }
        };
        let address = &self.demo.server.address;
        for status in paced(address, RATE, lasts, CONNECTIONS, fail, |answer| answer.status)? {
            *self.statuses().entry(status).or_default() += 1;
        }
        Ok(())
    }

    fn report(&self) -> Outcome {
        let statuses = self.statuses();
        println!(
            "  failures by status {statuses:?}; {} reads of the store, {} refused by the limits",
            self.demo.server.metric("jeton_store_reads_total{read=\"credentials\"}")?,
            self.demo.server.metric("jeton_guesses_refused_total")?,
        );
        if statuses.keys().any(|status| ![401, 429].contains(status)) {
            return Err("some answers were neither 401 nor 429".to_owned());
        }
        Ok(())
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<u16, usize>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
