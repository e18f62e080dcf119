//! What the kernel says of a process: `proc_pid_stat(5)`, `proc_pid_status(5)`.

use std::fs;
use std::time::Duration;

use crate::process::{self, Outcome, program};

/// The processor time that it has taken, in the program and in the kernel.
pub(crate) fn processor_time(process: u32) -> Outcome<Duration> {
    let text = read(process, "stat")?;
    // The name, which may hold anything, ends with the last parenthesis; utime and stime are the 14th and 15th field.
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').skip(11).take(2);
    let ticks: Option<Vec<u64>> = fields.map(|ticks| ticks.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 2).ok_or("/proc says nothing of processor time")?;
    let per_second = process::output_of(program("getconf", &["CLK_TCK"]))?;
    let per_second: u64 = per_second.trim().parse().map_err(|why| format!("getconf CLK_TCK: {why}"))?;
    Ok(Duration::from_micros(ticks.iter().sum::<u64>() * 1_000_000 / per_second))
}

/// The same of a process and of all that it has started.
pub(crate) fn processor_time_of_all(process: u32) -> Outcome<Duration> {
    let mut sum = processor_time(process)?;
    for child in read(process, &format!("task/{process}/children"))?.split_whitespace() {
        let child = child.parse().map_err(|_| "/proc names a child that is no number")?;
        sum += processor_time_of_all(child)?;
    }
    Ok(sum)
}

/// Its resident memory, in bytes.
pub(crate) fn resident(process: u32) -> Outcome<u64> {
    let text = read(process, "status")?;
    let line =
        text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix(" kB")?.trim().parse().ok());
    line.map(|kilobytes: u64| kilobytes * 1024).ok_or_else(|| "/proc says nothing of memory".to_owned())
}

fn read(process: u32, what: &str) -> Outcome<String> {
    let path = format!("/proc/{process}/{what}");
    fs::read_to_string(&path).map_err(|why| format!("{path}: {why}"))
}
