//! What a second node and a balancer cost: one node alone, and nodes behind HAProxy, on one PostgreSQL.
//!
//! Nodes, HAProxy and PostgreSQL share one core, so this is no measurement of how nodes scale: it says what a request costs in
//! each of them. All run for as long as it takes, every node with all credentials in memory. What a run counted is written
//! in the pause that follows it, and belongs to its time.

use std::thread;
use std::time::Duration;

use super::filled::{Database, Filled, Opened};
use super::report::{Section, spread};
use super::side::Algorithm;
use super::wrk::{self, Run, SERVERS_CORE, Script};
use super::{Binaries, Options, warm};
use crate::measure::haproxy::{self, Balance, Haproxy};
use crate::measure::postgres::{self, Postgres};
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::usage::{processor_time, processor_time_of_all};
use crate::packages;
use crate::process::Outcome;

/// What is asked.
struct Side {
    name: &'static str,
    /// Nothing where the first node is asked itself.
    front: Option<Haproxy>,
    runs: Vec<Run>,
    /// Of each run, microseconds of the processor for each request, of each [`Taker`].
    taken: Vec<[f64; TAKERS.len()]>,
}

/// Who takes processor time, and the one that stands for all of them.
const TAKERS: [&str; 5] = ["node one", "node two", "HAProxy", "PostgreSQL", "together"];

pub(crate) fn measure(binaries: &Binaries, options: &Options) -> Outcome<Section> {
    packages::install(&[postgres::PROGRAM, haproxy::PROGRAM])?;
    let known = options.credentials;
    let filled = Filled::in_database(Database::Postgresql, Algorithm::Es256, binaries, known, known)?;
    let opened = filled.open(Some(SERVERS_CORE))?;
    let scratch = Scratch::new()?;
    // Room for all of them, in a cache whose parts do not fill evenly.
    let settings = [format!("JETON_LIMITS__CACHED_CREDENTIALS={}", known.saturating_add(known / 4))];
    let start = |name| -> Outcome<Server> {
        let server = binaries.serve_with(&opened.options(), &settings, scratch.path(name))?;
        warm::up(&server.address, &filled.secrets)?;
        Ok(server)
    };
    let nodes = [start("log of one")?, start("log of two")?];
    let [one, two] = &nodes;
    let behind = |name, servers: &[&Server], balance| -> Outcome<Side> {
        let front = Haproxy::start(&scratch, servers, balance, Some(SERVERS_CORE))?;
        Ok(Side { name, front: Some(front), runs: vec![], taken: vec![] })
    };
    let mut sides = [
        Side { name: "one node", front: None, runs: vec![], taken: vec![] },
        behind("one node behind HAProxy", &[one], Balance::RoundRobin)?,
        behind("two nodes behind HAProxy, in turn", &[one, two], Balance::RoundRobin)?,
        behind("two nodes behind HAProxy, each credential at one", &[one, two], Balance::ByCredential)?,
    ];
    // What the first requests counted is written before anything is measured.
    thread::sleep(Duration::from_secs(options.pause));
    for round in 0..options.rounds {
        for side in &mut sides {
            side.run(&nodes, postgres_of(&opened)?, &filled, options)?;
            if let Some(run) = side.runs.last() {
                println!("round {}: {}: {run}", round + 1, side.name);
            }
        }
    }
    let text = format!(
        "{}\n\nMinimum / **median** / maximum of {} runs of {} s and the {} s after each, in turn, {} connections, {known} \
         credentials at random; all of it but the load on one core.",
        table(&sides),
        options.rounds,
        options.seconds,
        options.pause,
        wrk::CONNECTIONS,
    );
    let versions = vec![postgres::version()?, haproxy::version()?];
    Ok(Section { text, picture: None, versions, verdicts: vec![] })
}

fn postgres_of(opened: &Opened) -> Outcome<&Postgres> {
    opened.postgres.as_ref().ok_or_else(|| "there is no PostgreSQL".to_owned())
}

impl Side {
    /// One run, and the pause after it.
    fn run(
        &mut self,
        nodes: &[Server; 2],
        postgres: &Postgres,
        filled: &Filled,
        options: &Options,
    ) -> Outcome {
        let taken = || -> Outcome<[Duration; 4]> {
            let front =
                self.front.as_ref().map_or(Ok(Duration::ZERO), |front| processor_time(front.process()))?;
            Ok([
                processor_time(nodes[0].process())?,
                processor_time(nodes[1].process())?,
                front,
                processor_time_of_all(postgres.process())?,
            ])
        };
        let address = self.front.as_ref().map_or(&nodes[0].address, |front| &front.address);
        let before = taken()?;
        let script = Script { name: "token", arguments: &["oauth2", &filled.secrets] };
        let mut run = wrk::load(address, options.seconds, &script)?;
        thread::sleep(Duration::from_secs(options.pause));
        let after = taken()?;
        let mut each = [0.0; TAKERS.len()];
        for (each, (after, before)) in each.iter_mut().zip(after.into_iter().zip(before)) {
            *each = after.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(run.requests);
        }
        run.processor = each.iter().sum();
        each[TAKERS.len() - 1] = run.processor;
        self.runs.push(run);
        self.taken.push(each);
        Ok(())
    }
}

/// In Markdown.
fn table(sides: &[Side]) -> String {
    let takers = TAKERS.map(|taker| format!(" {taker} |")).concat();
    let mut lines = vec![
        format!("| processor time a request, µs |{takers} requests/s | p50, ms | p99, ms |"),
        "|---|".to_owned() + &"---|".repeat(TAKERS.len() + 3),
    ];
    for side in sides {
        let of_runs = |of: &dyn Fn(&Run) -> f64, digits| {
            let values: Vec<f64> = side.runs.iter().map(of).collect();
            spread(&values, digits)
        };
        let mut cells = vec![side.name.to_owned()];
        for taker in 0..TAKERS.len() {
            let values: Vec<f64> = side.taken.iter().map(|each| each[taker]).collect();
            cells.push(spread(&values, 1));
        }
        cells.extend([
            of_runs(&Run::per_second, 0),
            of_runs(&|run| run.median, 2),
            of_runs(&|run| run.p99, 2),
        ]);
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.join("\n")
}
