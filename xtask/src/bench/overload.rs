//! What more load than a core can serve does: to those who are served, to memory and probes, and to those who come after it.
//!
//! `bench/load` sends at a rate that the answers do not slow down. Three kinds of clients in turn: few and many that wait for
//! as long as it takes, and those that hang up and come again, which is what makes servers do work for nobody.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use super::filled::Filled;
use super::report::{Aim, Section};
use super::side::Algorithm;
use super::wrk::{self, LOADS_CORE, Script};
use super::{Binaries, Options, warm};
use crate::measure::http::Connection;
use crate::measure::now;
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::quantile;
use crate::measure::usage::resident;
use crate::process::{Outcome, output_of, program};

/// Open files of the load generator with the most connections, and some more.
pub(super) const DESCRIPTORS: usize = 7000;

/// How many times the capacity is asked for.
const TIMES: [u32; 4] = [1, 2, 5, 10];

/// The load before and after, in shares of the capacity, and how long it lasts.
const LIGHT: f64 = 0.1;
const LIGHT_SECONDS: u32 = 3;

/// From one probe to the next.
const BETWEEN_PROBES: Duration = Duration::from_millis(100);

/// A slice of time in which the waiting of light load is looked at.
const SLICE_MS: u32 = 100;

/// Who asks.
struct Clients {
    name: &'static str,
    connections: u32,
    /// After how long they hang up, and connect again.
    hang_up_ms: u32,
}

const CLIENTS: [Clients; 3] = [
    Clients { name: "1,000 that wait", connections: 1000, hang_up_ms: 10_000 },
    Clients { name: "6,000 that wait", connections: 6000, hang_up_ms: 10_000 },
    Clients { name: "3,000 that hang up after 0.12 s", connections: 3000, hang_up_ms: 120 },
];

/// Tokens at five times the capacity, in shares of the most at any load.
const GOODPUT: Aim = Aim::AtLeast(0.9);

/// Resident memory beyond the capacity beside that at it.
const MEMORY: Aim = Aim::AtMost(1.5);

pub(super) fn measure(binaries: &Binaries, options: &Options) -> Outcome<Section> {
    let filled = Filled::of(Algorithm::Es256, binaries, options.credentials)?;
    let mut text = "| connections, load | asked for, /s | tokens/s | of the capacity | tokens, p50 / p99, ms | refused | of those, p50 / p99, ms | \
                    hung up | `/livez`, p99 / most, ms | memory, MB |\n|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let (mut ends, mut verdicts) = (String::new(), vec![]);
    for clients in &CLIENTS {
        let scratch = Scratch::new()?;
        let server = binaries.serve(&filled.data, &scratch)?;
        warm::up(&server.address, &filled.secrets)?;
        let random = Script { name: "token", arguments: &["oauth2", &filled.secrets] };
        let capacity = wrk::load(&server.address, options.seconds, &random)?.per_second();
        let load = Load { binaries, filled: &filled, server: &server, clients, capacity };
        let before = slices(&load.run(LIGHT, LIGHT_SECONDS)?.said);
        let mut all = vec![];
        for times in TIMES {
            let ran = load.run(f64::from(times), options.seconds)?;
            let row = load.row(times, &ran)?;
            print!("{row}");
            text.push_str(&row);
            all.push((times, ran));
        }
        verdicts.extend(load.verdicts(&all)?);
        let after = slices(&load.run(LIGHT, LIGHT_SECONDS)?.said);
        let usual = quantile(&before.iter().map(|(_, p99)| *p99).collect::<Vec<_>>(), 0.5);
        let recovered = after.iter().find(|(_, p99)| *p99 <= usual * 2.0);
        let recovered = recovered.map_or("not".to_owned(), |(number, _)| {
            format!("within {:.1} s", f64::from((number + 1) * SLICE_MS) / 1e3)
        });
        // Writing to a String does not fail.
        let _ = writeln!(
            ends,
            "{}: capacity {capacity:.0} tokens/s, by `wrk`; after ten times that, the p99 of a tenth of it was less than twice what \
             it was before ({usual:.2} ms) {recovered}.\n",
            clients.name,
        );
    }
    let text = format!(
        "{text}\n{ends}One run of {} s of each, {} credentials at random.",
        options.seconds, options.credentials,
    );
    Ok(Section { text, picture: None, versions: vec![], verdicts })
}

/// A load, and what it is put on.
struct Load<'a> {
    binaries: &'a Binaries,
    filled: &'a Filled,
    server: &'a Server,
    clients: &'a Clients,
    capacity: f64,
}

/// What a run came to.
struct Ran {
    /// All that the generator said.
    said: String,
    /// Milliseconds until `/livez` had answered.
    probes: Vec<f64>,
    /// The most resident memory, in bytes.
    memory: u64,
}

impl Ran {
    fn figure(&self, name: &str) -> Outcome<f64> {
        figure(&self.said, name).ok_or_else(|| format!("the load did not say its {name}"))
    }
}

impl Load<'_> {
    fn run(&self, times: f64, seconds: u32) -> Outcome<Ran> {
        let [rate, seconds, connections, timeout, slice] = [
            format!("{:.0}", self.capacity * times),
            seconds.to_string(),
            self.clients.connections.to_string(),
            self.clients.hang_up_ms.to_string(),
            SLICE_MS.to_string(),
        ];
        let mut command = program("taskset", &["-c", LOADS_CORE]);
        command.arg(&self.binaries.load).args([&self.server.address, "--credentials", &self.filled.secrets]);
        command.args(["--rate", &rate, "--seconds", &seconds, "--connections", &connections]);
        command.args(["--timeout", &timeout, "--slice", &slice]);
        let (mut probes, mut memory) = (vec![], 0);
        let said = thread::scope(|scope| {
            let running = scope.spawn(|| output_of(command));
            while !running.is_finished() {
                let begun = now();
                let answer = Connection::open(&self.server.management)?.get("/livez")?;
                if answer.status != 200 {
                    return Err(format!("/livez: status {}", answer.status));
                }
                probes.push(begun.elapsed().as_secs_f64() * 1e3);
                memory = memory.max(resident(self.server.process())?);
                thread::sleep(BETWEEN_PROBES);
            }
            running.join().map_err(|_| "the thread of the load ended early".to_owned())?
        })?;
        Ok(Ran { said, probes, memory })
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^52")]
    fn verdicts(&self, all: &[(u32, Ran)]) -> Outcome<[String; 2]> {
        let goodputs = all.iter().map(|(times, ran)| Ok((*times, ran.figure("goodput")?)));
        let goodputs = goodputs.collect::<Outcome<Vec<_>>>()?;
        let peak = goodputs.iter().map(|(_, goodput)| *goodput).fold(self.capacity, f64::max);
        let at_five =
            goodputs.iter().find(|(times, _)| *times == 5).map_or(f64::NAN, |(_, goodput)| *goodput);
        let memory: Vec<f64> = all.iter().map(|(_, ran)| ran.memory as f64).collect();
        let most = memory.iter().copied().fold(f64::NAN, f64::max);
        Ok([
            GOODPUT.verdict(&format!("{}: tokens at 5 × beside the most", self.clients.name), at_five / peak),
            MEMORY.verdict(
                &format!("{}: the most memory beside that at 1 ×", self.clients.name),
                most / memory[0],
            ),
        ])
    }

    fn row(&self, times: u32, ran: &Ran) -> Outcome<String> {
        let figure = |name| ran.figure(name);
        let goodput = figure("goodput")?;
        Ok(format!(
            "| {}, {times} × | {:.0} | {goodput:.0} | {:.2} | {:.1} / {:.1} | {:.0} | {:.1} / {:.1} | {:.0} | {:.1} / {:.1} | {} |\n",
            self.clients.name,
            self.capacity * f64::from(times),
            goodput / self.capacity,
            figure("token_sent_p50")?,
            figure("token_sent_p99")?,
            figure("unavailable")? + figure("too_many")?,
            figure("refusal_sent_p50")?,
            figure("refusal_sent_p99")?,
            figure("timed_out")?,
            quantile(&ran.probes, 0.99),
            quantile(&ran.probes, 1.0),
            ran.memory / 1_000_000,
        ))
    }
}

/// A figure of the line `result`.
fn figure(said: &str, name: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("result "))?;
    line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// The number and the p99 of each slice.
fn slices(said: &str) -> Vec<(u32, f64)> {
    let slice = |line: &str| {
        let mut words = line.strip_prefix("slice ")?.split(' ');
        Some((words.next()?.parse().ok()?, words.next_back()?.parse().ok()?))
    };
    said.lines().filter_map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_load_says_is_read() {
        let said = "slice 0 12 0.300 0.900\nslice 3 10 0.200 0.400\nresult goodput=12.5 tokens=50 token_sent_p50=0.250\n";
        assert_eq!(slices(said), [(0, 0.9), (3, 0.4)]);
        assert_eq!(figure(said, "goodput"), Some(12.5));
        assert_eq!(figure(said, "token_sent_p50"), Some(0.25));
        assert_eq!(figure(said, "token"), None);
    }
}
