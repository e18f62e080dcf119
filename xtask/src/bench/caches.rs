//! What a request costs by how many credentials are in memory and ask at random, and what one costs that is not in memory.
//!
//! All servers run for as long as it takes, since a million misses take minutes; what does not have its turn polls and does
//! nothing else. What a run counted is written in the pause that follows it, and belongs to its time.

use std::fs;
use std::thread;
use std::time::Duration;

use super::filled::{Database, Filled, Opened};
use super::report::{Aim, Row, Section, spread};
use super::side::Algorithm;
use super::wrk::{self, Script};
use super::{Binaries, Options, warm};
use crate::measure::postgres;
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::quantile;
use crate::measure::usage::{processor_time, processor_time_of_threads, resident};
use crate::packages;
use crate::process::Outcome;

/// How many credentials are in memory; and as many as the store has.
const HELD: [u32; 3] = [1, 1_000, 100_000];

/// Below this number of credentials their memory is lost in that of everything else.
const WEIGHED: u32 = 100_000;

/// Processor time beside that with one credential.
const TIME: Aim = Aim::AtMost(1.2);

/// Bytes of resident memory of a credential.
const MEMORY: Aim = Aim::AtMost(400.0);

/// As the threads that read and write the embedded store are called.
const STORES_THREADS: &str = "sqlx-sqlite";

/// A server, and who asks it.
struct Subject {
    /// How many credentials are in memory, if any.
    held: Option<u32>,
    /// Who asks.
    secrets: String,
    server: Server,
    row: Row,
    /// Of each run: microseconds of the store's threads for each request, and how many of a hundred were misses.
    of_store: Vec<f64>,
    misses: Vec<f64>,
    /// Bytes, in the end.
    memory: u64,
}

pub(crate) fn measure(binaries: &Binaries, options: &Options) -> Outcome<Section> {
    let scratch = Scratch::new()?;
    let mut stores: Vec<(Filled, Opened)> = vec![];
    for database in &options.stores {
        if *database == Database::Postgresql {
            packages::install(&[postgres::PROGRAM])?;
        }
        let cached = options.cached;
        let filled = Filled::in_database(*database, Algorithm::Es256, binaries, cached, cached)?;
        let opened = filled.open(None)?;
        stores.push((filled, opened));
    }
    let mut subjects = vec![];
    if let Some((filled, opened)) = stores.first() {
        for held in HELD.into_iter().filter(|held| *held < options.cached).chain([options.cached]) {
            subjects.push(Subject::hits(held, filled, opened, binaries, &scratch)?);
        }
    }
    for (filled, opened) in &stores {
        subjects.push(Subject::misses(filled, opened, binaries, &scratch)?);
    }
    for round in 0..options.rounds {
        for subject in &mut subjects {
            subject.run(options)?;
            if let Some(run) = subject.row.runs.last() {
                println!("round {}: {}: {run}", round + 1, subject.row.name);
            }
        }
    }
    for subject in &mut subjects {
        subject.memory = resident(subject.server.process())?;
    }
    let text = format!(
        "{}\n\nMinimum / **median** / maximum of {} runs of {} s and the {} s after each, in turn, {} connections, and one for \
         misses; {} credentials on each store.",
        table(&subjects),
        options.rounds,
        options.seconds,
        options.pause,
        wrk::CONNECTIONS,
        options.cached,
    );
    let is_there = options.stores.contains(&Database::Postgresql);
    let versions = if is_there { vec![postgres::version()?] } else { vec![] };
    Ok(Section { text, picture: None, versions, verdicts: verdicts(&subjects) })
}

impl Subject {
    /// Credentials that are all in memory.
    fn hits(
        held: u32,
        filled: &Filled,
        opened: &Opened,
        binaries: &Binaries,
        scratch: &Scratch,
    ) -> Outcome<Self> {
        let all = fs::read_to_string(&filled.secrets).map_err(|why| format!("{}: {why}", filled.secrets))?;
        let every = usize::try_from(filled.credentials / held).unwrap_or(1).max(1);
        let chosen = all.lines().step_by(every).take(usize::try_from(held).unwrap_or(usize::MAX));
        let secrets = scratch.path(&format!("secrets-{held}"));
        fs::write(&secrets, chosen.collect::<Vec<_>>().join("\n") + "\n")
            .map_err(|why| format!("{secrets}: {why}"))?;
        // A cache is cut into parts, which do not fill evenly.
        let room = held.saturating_add(held / 4).max(Self::ROOM);
        let this =
            Self::start(Some(held), secrets, room, opened, binaries, scratch, format!("{held} in memory"))?;
        println!("{held} credentials ask once");
        warm::up(&this.server.address, &this.secrets)?;
        Ok(this)
    }

    /// Credentials of which none is in memory.
    fn misses(filled: &Filled, opened: &Opened, binaries: &Binaries, scratch: &Scratch) -> Outcome<Self> {
        let name = format!("misses, {}", filled.database.name());
        Self::start(None, filled.secrets.clone(), 1, opened, binaries, scratch, name)
    }

    /// The room for credentials by default.
    const ROOM: u32 = 100_000;

    fn start(
        held: Option<u32>,
        secrets: String,
        room: u32,
        opened: &Opened,
        binaries: &Binaries,
        scratch: &Scratch,
        name: String,
    ) -> Outcome<Self> {
        let settings = [format!("JETON_LIMITS__CACHED_CREDENTIALS={room}")];
        let server =
            binaries.serve_with(&opened.options(), &settings, scratch.path(&format!("log of {name}")))?;
        let against = held.filter(|held| *held != HELD[0]).map(|_| format!("{} in memory", HELD[0]));
        let row = Row::new(name, against);
        Ok(Self { held, secrets, server, row, of_store: vec![], misses: vec![], memory: 0 })
    }

    /// One run, and the pause after it.
    fn run(&mut self, options: &Options) -> Outcome {
        let process = self.server.process();
        let now = || -> Outcome<(Duration, Duration, u64)> {
            Ok((
                processor_time(process)?,
                processor_time_of_threads(process, STORES_THREADS)?,
                self.server.metric("jeton_credential_cache_misses_total")?,
            ))
        };
        let before = now()?;
        let connections = if self.held.is_some() { wrk::CONNECTIONS } else { 1 };
        let script = Script { name: "token", arguments: &["oauth2", &self.secrets] };
        let mut run = wrk::load_on(connections, &self.server.address, options.seconds, &script)?;
        thread::sleep(Duration::from_secs(options.pause));
        let after = now()?;
        let each = |taken: Duration| taken.as_secs_f64() * 1e6 / f64::from(run.requests);
        run.processor = each(after.0.saturating_sub(before.0));
        self.of_store.push(each(after.1.saturating_sub(before.1)));
        let missed = u32::try_from(after.2.saturating_sub(before.2)).unwrap_or(u32::MAX);
        self.misses.push(f64::from(missed) * 100.0 / f64::from(run.requests));
        self.row.runs.push(run);
        Ok(())
    }

    /// Bytes of a credential: what this server has more than the one that holds one.
    fn weight(&self, of_one: &Self) -> Option<f64> {
        let held = self.held.filter(|held| *held >= WEIGHED)?;
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 bytes of memory")]
        let more = self.memory.saturating_sub(of_one.memory) as f64;
        Some(more / f64::from(held))
    }
}

/// In Markdown.
fn table(subjects: &[Subject]) -> String {
    let mut lines = vec![
        "| credentials | requests/s | processor time a request, µs | beside one | of it the embedded store's threads, µs \
         | p50, ms | p99, ms | misses, % | resident, MB | bytes a credential |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for subject in subjects {
        let row = &subject.row;
        let beside = subjects.first().filter(|one| row.is_against(&one.row));
        let beside = beside.map_or_else(String::new, |one| {
            format!("{:.2} × the time", row.ratio(&one.row, |run| run.processor))
        });
        let weight = subjects.first().and_then(|one| subject.weight(one));
        lines.push(format!(
            "| {} | {} | {} | {beside} | {} | {} | {} | {:.1} | {} | {} |",
            row.name,
            row.spread_said(wrk::Run::per_second, 0),
            row.spread_said(|run| run.processor, 1),
            spread(&subject.of_store, 1),
            row.spread_said(|run| run.median, 2),
            row.spread_said(|run| run.p99, 2),
            quantile(&subject.misses, 0.5),
            subject.memory / 1_000_000,
            weight.map_or_else(String::new, |bytes| format!("{bytes:.0}")),
        ));
    }
    lines.join("\n")
}

fn verdicts(subjects: &[Subject]) -> Vec<String> {
    let Some(one) = subjects.first() else { return vec![] };
    let mut verdicts = vec![];
    for subject in subjects {
        let row = &subject.row;
        if row.is_against(&one.row) {
            let ratio = row.ratio(&one.row, |run| run.processor);
            verdicts.push(TIME.verdict(&format!("{}: time beside {}", row.name, one.row.name), ratio));
        }
        if let Some(bytes) = subject.weight(one) {
            verdicts.push(MEMORY.verdict(&format!("{}: bytes of each", row.name), bytes));
        }
    }
    verdicts
}
