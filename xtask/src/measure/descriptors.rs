//! The limit on open files, of this process and of those that it starts. std cannot raise it, a shell can.

use std::fs;

use crate::process::{self, Outcome, program};

/// Nothing, where so many files may be open. Otherwise the outcome of this same command where they may, or why they may
/// not.
pub(crate) fn raised(needed: usize) -> Option<Outcome> {
    let limits = match fs::read_to_string("/proc/self/limits") {
        Ok(limits) => limits,
        Err(why) => return Some(Err(format!("/proc/self/limits: {why}"))),
    };
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    // Soft and hard; one that is no number is "unlimited".
    let mut numbers = line.split_whitespace().map(|limit| limit.parse().unwrap_or(usize::MAX));
    let (soft, hard) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if soft >= needed {
        return None;
    }
    if hard < needed {
        return Some(Err(format!(
            "at most {hard} files may be open, and {needed} are needed: raise `ulimit -Hn`"
        )));
    }
    let this = match std::env::current_exe() {
        Ok(this) => this,
        Err(why) => return Some(Err(format!("this program cannot be found: {why}"))),
    };
    let mut again = program("sh", &["-c", "ulimit -Sn \"$0\" && exec \"$@\"", &needed.to_string()]);
    again.arg(this).args(std::env::args_os().skip(1));
    Some(process::run(again))
}
