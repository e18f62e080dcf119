//! What the kernel says of a process: `proc_pid_stat(5)`, `proc_pid_status(5)`.

use std::fs;
use std::time::Duration;

use crate::process::{self, Outcome, program};

/// The processor time that it has taken, in the program and in the kernel.
pub(crate) fn processor_time(process: u32) -> Outcome<Duration> {
    ticks(process, "stat", 2)
}

/// The same of a process and of all that it has started, those that have ended too.
pub(crate) fn processor_time_of_all(process: u32) -> Outcome<Duration> {
    let mut sum = ticks(process, "stat", 4)?;
    for child in read(process, &format!("task/{process}/children"))?.split_whitespace() {
        let child = child.parse().map_err(|_| "/proc names a child that is no number")?;
        sum += processor_time_of_all(child)?;
    }
    Ok(sum)
}

/// The processor time of those of its threads whose names begin so.
pub(crate) fn processor_time_of_threads(process: u32, name: &str) -> Outcome<Duration> {
    let folder = format!("/proc/{process}/task");
    let threads = fs::read_dir(&folder).map_err(|why| format!("{folder}: {why}"))?;
    let mut sum = Duration::ZERO;
    for thread in threads.flatten() {
        let thread = format!("task/{}", thread.file_name().display());
        if read(process, &format!("{thread}/comm"))?.starts_with(name) {
            sum += ticks(process, &format!("{thread}/stat"), 2)?;
        }
    }
    Ok(sum)
}

/// The sum of so many of these: utime, stime, and both of the children that have ended.
fn ticks(process: u32, stat: &str, fields: usize) -> Outcome<Duration> {
    let text = read(process, stat)?;
    // The name, which may hold anything, ends with the last parenthesis; utime is the 14th field.
    let times = text.rsplit_once(") ").map_or("", |(_, times)| times).split(' ').skip(11).take(fields);
    let ticks: Option<Vec<u64>> = times.map(|ticks| ticks.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == fields).ok_or("/proc says nothing of processor time")?;
    let per_second = process::output_of(program("getconf", &["CLK_TCK"]))?;
    let per_second: u64 = per_second.trim().parse().map_err(|why| format!("getconf CLK_TCK: {why}"))?;
    Ok(Duration::from_micros(ticks.iter().sum::<u64>() * 1_000_000 / per_second))
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
