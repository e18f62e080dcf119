//! Load from `wrk`, and what it says of it.

use std::fmt;

use crate::process::{Outcome, output_of, program};

/// Which core the server runs on, and which the load comes from.
pub(crate) const SERVERS_CORE: &str = "0";
pub(crate) const LOADS_CORE: &str = "1";

/// Connections that stay open.
pub(crate) const CONNECTIONS: u32 = 64;

/// A script of the tree, and what it is told.
pub(crate) struct Script<'a> {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'a [&'a str],
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) requests: u32,
    pub(crate) seconds: f64,
    /// Microseconds of the server's processor time for each request.
    pub(crate) processor: f64,
    /// Milliseconds of waiting.
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Run {
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.seconds
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} requests/s, {:.1} µs of processor each, p50 {:.2} ms, p99 {:.2} ms",
            self.per_second(),
            self.processor,
            self.median,
            self.p99
        )
    }
}

/// Sends as much as the server takes. One request that fails fails the run.
pub(crate) fn load(address: &str, seconds: u32, script: &Script<'_>) -> Outcome<Run> {
    load_on(CONNECTIONS, address, seconds, script)
}

/// The same on so many connections.
pub(crate) fn load_on(connections: u32, address: &str, seconds: u32, script: &Script<'_>) -> Outcome<Run> {
    let (connections, seconds) = (format!("-c{connections}"), format!("-d{seconds}s"));
    let mut command =
        program("taskset", &["-c", LOADS_CORE, "wrk", "-t1", &connections, &seconds, "--latency"]);
    command.args(["-s", &format!("bench/wrk/{}.lua", script.name), &format!("http://{address}"), "--"]);
    command.args(script.arguments);
    read(&output_of(command)?)
}

/// Which one it is.
pub(crate) fn version() -> Outcome<String> {
    // It shows its usage with it, and fails.
    let output = program("wrk", &["--version"]).output().map_err(|why| format!("wrk: {why}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = said.split_whitespace().skip_while(|word| *word != "wrk");
    words
        .nth(1)
        .map(|version| format!("wrk {version}"))
        .ok_or_else(|| "wrk does not say which it is".to_owned())
}

fn read(output: &str) -> Outcome<Run> {
    let line =
        output.lines().find_map(|line| line.strip_prefix("result ")).ok_or("wrk said nothing of its end")?;
    let numbers: Vec<f64> = line.split(' ').map_while(|number| number.parse().ok()).collect();
    let [_, failed, seconds, median, p99, _] = numbers[..] else {
        return Err(format!("wrk ended with another line than expected: {line}"));
    };
    let requests = line.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    if failed > 0.0 || requests == 0 {
        return Err(format!("{failed} of {requests} requests failed"));
    }
    Ok(Run { requests, seconds, processor: f64::NAN, median: median / 1e3, p99: p99 / 1e3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_is_read() {
        let run = read("Running 2s test\nresult 44000 0 2.000000 2510 4840 9000\n").unwrap();
        assert_eq!(run.requests, 44_000);
        assert_eq!(run.to_string(), "22000 requests/s, NaN µs of processor each, p50 2.51 ms, p99 4.84 ms");
    }

    #[test]
    fn a_request_that_failed_fails_the_run() {
        assert_eq!(read("result 44000 3 2.0 1 2 3").unwrap_err(), "3 of 44000 requests failed");
        assert!(read("result 0 0 2.0 1 2 3").is_err());
        assert!(read("unable to connect").is_err());
        assert!(read("result 1 2").is_err());
    }
}
