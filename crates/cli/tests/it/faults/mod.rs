//! Faults that must be survived: what is broken here is real, and what must hold is in a ledger.
//!
//! Each run is a test with a few rounds; `cargo xtask faults NAME` is the same one on a release build with the rounds
//! that `docs/reliability.md` reports. A run has a [`World`], on either database, and keeps a [`Ledger`] of all that was
//! acknowledged. It breaks something, lets it be well again, and asks the ledger. To add one: a file here, its rounds by
//! [`rounds`], its figures by [`say`], a row in `xtask/src/faults.rs` and one in `docs/reliability.md`.

mod clock;
mod disk;
mod exhausted;
mod failover;
mod fsync;
mod kills;
mod ledger;
mod network;
mod outage;
mod overlap;
mod partition;
mod power;
mod revocation;
mod rotation;
mod rows;
mod staleness;
mod world;

use std::time::Duration;

use crate::support::PATIENCE;

pub(crate) use ledger::{Ledger, Writer};
pub(crate) use world::World;

/// How often a run does what it does: so many times in the tests, as often as `JETON_FAULT_ROUNDS` says by hand.
pub(crate) fn rounds(short: u64) -> u64 {
    std::env::var("JETON_FAULT_ROUNDS").map_or(short, |rounds| rounds.parse().expect("a number of rounds"))
}

/// Whether somebody measures, on a machine that does nothing else.
pub(crate) fn by_hand() -> bool {
    std::env::var_os("JETON_FAULT_ROUNDS").is_some()
}

/// How long something may take: by hand what is asked for; in the tests, beside others on whatever machine, so long that
/// only what hangs takes longer.
pub(crate) fn limit(asked_for: Duration) -> Duration {
    if by_hand() { asked_for } else { asked_for + PATIENCE }
}

/// Says a figure, for who runs it by hand.
#[expect(clippy::print_stdout, reason = "the figures are what a run by hand is for")]
pub(crate) fn say(name: &str, figure: impl std::fmt::Display) {
    println!("{name}: {figure}");
}

/// How long what was measured took: the least, the middle, the 99th of a hundred, the most.
pub(crate) fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let Some(last) = times.len().checked_sub(1) else { return "nothing was measured".to_owned() };
    let at = |hundredth: usize| times[last * hundredth / 100].as_millis();
    format!("min {}, median {}, p99 {}, max {} ms, of {}", at(0), at(50), at(99), at(100), times.len())
}

/// Lets a fault last. It waits for nothing: how long it takes is what is tried.
pub(crate) fn last(duration: Duration) {
    std::thread::sleep(duration);
}
