//! `cargo xtask feed`: what the revocation feed costs with 100,000 live entries and 1,000 verifiers.
//!
//! Every reader keeps a connection, asks for the head once a second and for the chunks that it lacks, as `jeton-verify`
//! does. First all of them load everything; then nothing is revoked; then 1, 10 and 100 tokens a second are. What the
//! server takes of the processor, what it sends and how much memory it has is printed for each.
//!
//! The store is filled and added to by Python's `sqlite3`, as another process (no client may revoke that many): one commit
//! for each revocation, with its row in `changes`, as the store writes it. The readers share the machine with the server.

mod reader;
mod store;

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::measure::descriptors;
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::quantile;
use crate::measure::usage::{processor_time, resident};
use crate::measure::{Measured, now};
use crate::process::Outcome;
use reader::{Reader, Readers};

/// How much is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many entries are live
    #[arg(long, default_value_t = 100_000)]
    entries: usize,
    /// How many verifiers read
    #[arg(long, default_value_t = 1000)]
    readers: usize,
    /// How long each part lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
}

/// Revocations a second.
const RATES: [u32; 4] = [0, 1, 10, 100];

pub(crate) fn run(options: &Options, measured: Measured) -> Outcome {
    if let Some(outcome) = descriptors::raised(options.readers + 1000) {
        return outcome;
    }
    let binary = measured.binary()?;
    let scratch = Scratch::new()?;
    let data = scratch.path("data");
    let before = {
        let server = start(&binary, &data)?;
        resident(server.process())?
    };
    store::fill(&data, options.entries)?;
    let begun = now();
    let server = start(&binary, &data)?;
    while !server.is_ready() {}
    let (entries, bytes) =
        (server.metric("jeton_revocation_entries")?, server.metric("jeton_revocation_feed_bytes")?);
    println!(
        "{entries} entries, {} of feed: ready {:.0} ms after the start, {} of memory ({} without entries)",
        size(bytes),
        begun.elapsed().as_secs_f64() * 1000.0,
        size(resident(server.process())?),
        size(before),
    );
    let mut one = Reader::open(&server.address)?;
    let first = one.poll()?;
    println!(
        "one reader loads it all in {:.1} ms: {} requests, {}; the head has {} and names {} chunks",
        first.took,
        first.requests,
        size(first.bytes),
        size(first.head),
        first.chunks
    );
    let readers = Readers::open(&server.address, options.readers)?;
    let begun = now();
    let all = readers.poll_once()?;
    println!(
        "{} readers load it all at once in {:.1} s: {}",
        options.readers,
        begun.elapsed().as_secs_f64(),
        size(all.iter().map(|polled| polled.bytes).sum())
    );
    for rate in RATES {
        part(&server, &data, &readers, rate, Duration::from_secs(options.seconds))?;
    }
    Ok(())
}

fn start(binary: &Path, data: &str) -> Outcome<Server> {
    let listen = ["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
    Server::start(binary, &[["--data", data].as_slice(), &listen].concat(), &[])
}

/// All readers ask once a second, while so many tokens a second are revoked.
fn part(server: &Server, data: &str, readers: &Readers, rate: u32, lasts: Duration) -> Outcome {
    let (begun, before) = (now(), processor_time(server.process())?);
    let (polled, revoked) = thread::scope(|scope| {
        let revoking = scope.spawn(|| if rate == 0 { Ok(()) } else { store::revoke(data, rate, lasts) });
        let polled = readers.poll_every_second(lasts);
        (polled, revoking.join().unwrap_or_else(|_| Err("whoever revokes ended early".to_owned())))
    });
    let (polled, lasted) = (polled?, begun.elapsed().as_secs_f64());
    revoked?;
    let taken = processor_time(server.process())?.saturating_sub(before).as_secs_f64();
    let (requests, bytes) =
        polled.iter().fold((0, 0), |sum, polled| (sum.0 + polled.requests, sum.1 + polled.bytes));
    let took: Vec<f64> = polled.iter().map(|polled| polled.took).collect();
    #[expect(clippy::cast_precision_loss, reason = "nobody reads 2^52 bytes here")]
    let per_second = |number: u64| number as f64 / lasted;
    println!(
        "{rate:>3} revoked a second: {:.0} requests and {:.2} MB a second, {:.0}% of one core, {} of memory; a poll takes \
         p50 {:.1} ms, p99 {:.1} ms",
        per_second(requests),
        per_second(bytes) / 1e6,
        taken / lasted * 100.0,
        size(resident(server.process())?),
        quantile(&took, 0.5),
        quantile(&took, 0.99),
    );
    Ok(())
}

fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let bytes = bytes as f64;
    if bytes < 1e6 { format!("{:.1} kB", bytes / 1e3) } else { format!("{:.1} MB", bytes / 1e6) }
}
