//! Kills a command at a moment that the test chooses.
//!
//! Each test does so 20 times; `JETON_KILL_ROUNDS=300 cargo test -p jeton-cli --test it that_is_killed` does it 300
//! times.

use std::process::{Command, Stdio};

use crate::support::Lines;

/// How often a test kills.
pub(crate) fn rounds() -> u64 {
    std::env::var("JETON_KILL_ROUNDS").map_or(20, |rounds| rounds.parse().expect("a number of rounds"))
}

/// A command that was killed, or had ended by itself.
pub(crate) struct Killed {
    /// How often it was looked at before.
    pub(crate) looks: u64,
    /// Whether it had done what it was asked.
    pub(crate) succeeded: bool,
    /// What it had printed.
    pub(crate) printed: String,
}

/// Kills it after so many looks at it.
pub(crate) fn kill_after(looks: u64, command: &mut Command) -> Killed {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut printed = Lines::of(child.stdout.take().unwrap());
    let mut looked = 0;
    while looked < looks && child.try_wait().unwrap().is_none() {
        looked += 1;
        std::thread::yield_now();
    }
    // It may have ended before.
    let _ended = child.kill();
    let succeeded = child.wait().unwrap().success();
    Killed { looks: looked, succeeded, printed: printed.all() }
}
