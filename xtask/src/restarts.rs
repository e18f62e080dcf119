//! `cargo xtask restarts`: servers behind a real HAProxy are restarted again and again, and no request may fail.
//!
//! Two servers on one data folder, as on one machine. HAProxy asks each for its readiness, and each goes on serving for
//! longer than that takes after it was told to stop (`limits.stop_delay`). One is told, ends, starts again where it was,
//! and is seen to be ready before it is the other's turn. HAProxy has `retries 0` and no redispatch: it hides no failure.
//! Meanwhile one client keeps its connection and another opens one for each request, both reading the keys and asking
//! for tokens in turn. Whatever is not 200 is a failure, and so is a kept connection that ends.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::measure::haproxy::{self, Balance, Haproxy};
use crate::measure::http::{Answer, Connection};
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::spread;
use crate::measure::{Measured, now};
use crate::process::{self, Outcome, program};

/// Two failed checks, 200 ms apart, and then some.
const SETTINGS: [(&str, &str); 1] = [("JETON_LIMITS__STOP_DELAY", "1s")];

/// Addresses of the loopback network that nobody else uses, so that nobody takes a port while a server is away.
const ADDRESSES: [&str; 2] = ["127.0.99.1:0", "127.0.99.2:0"];

/// What a client waits after each answer.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) fn run(rounds: usize, measured: Measured) -> Outcome {
    let binary = measured.binary()?;
    let scratch = Scratch::new()?;
    let data = scratch.path("data");
    let start = |public: &str, management: &str| {
        let arguments = ["--data", &data, "--listen", public, "--management-listen", management];
        Server::start(&binary, &arguments, &SETTINGS)
    };
    let [one, two] = ADDRESSES.map(|address| start(address, address));
    let (one, two) = (one?, two?);
    let credential = make_credential(&binary, &data)?;
    let haproxy = Haproxy::start(&scratch, &[&one, &two], Balance::RoundRobin, None)?;
    let mut servers = VecDeque::from(haproxy::NAMES.into_iter().zip([one, two]).collect::<Vec<_>>());
    println!("{rounds} restarts, {SETTINGS:?}, HAProxy: {}", haproxy::SAID);

    let done = AtomicBool::new(false);
    let (times, loads) = thread::scope(|scope| {
        let kinds = [Load::Kept, Load::New];
        let loads = kinds.map(|kind| {
            let (address, credential, done) = (&haproxy.address, &credential, &done);
            scope.spawn(move || kind.run(address, credential, done))
        });
        let times: Outcome<Vec<f64>> = (0..rounds)
            .map(|_| {
                let begun = now();
                let (name, server) = servers.pop_front().ok_or("a server is away")?;
                servers.push_back((name, restart(server, name, &haproxy, start)?));
                Ok(begun.elapsed().as_secs_f64())
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        (times, loads.map(thread::ScopedJoinHandle::join))
    });
    println!("a restart, until it is seen to be ready, s: {}", spread(&times?));
    let mut failed = 0;
    for load in loads {
        let Tally { kind, answered, failures } = load.map_err(|_| "a client's thread ended early")?;
        println!("{}: {answered} answered, {} failed", kind.name(), failures.len());
        failures.iter().take(10).for_each(|failure| println!("  {failure}"));
        failed += failures.len();
    }
    if failed == 0 { Ok(()) } else { Err(format!("NOT MET: {failed} requests failed, none may")) }
}

/// Ends a server, and starts it again at the same addresses.
fn restart(
    server: Server,
    name: &str,
    haproxy: &Haproxy,
    start: impl Fn(&str, &str) -> Outcome<Server>,
) -> Outcome<Server> {
    let (public, management) = (server.address.clone(), server.management.clone());
    server.tell_to_stop();
    haproxy.wait_for(name, "DOWN")?;
    server.wait()?;
    let server = start(&public, &management)?;
    haproxy.wait_for(name, "UP")?;
    Ok(server)
}

/// A client id with its secret.
fn make_credential(binary: &Path, data: &str) -> Outcome<(String, String)> {
    let ask = |line: &str| {
        let arguments: Vec<&str> =
            ["-o", "json", "--data", data].into_iter().chain(line.split(' ')).collect();
        process::output_of(program(binary, &arguments))
    };
    ask("api create voice --audience https://api.example/voice --scope voice.billing")?;
    ask("company create acme --name Acme")?;
    let made =
        ask("credential create --company acme --environment production --client-id acme --grant voice")?;
    let secret = made.split('"').find(|text| text.starts_with("jtn_production_"));
    Ok(("acme".to_owned(), secret.ok_or("the new credential has no secret")?.to_owned()))
}

/// How a client uses connections.
#[derive(Clone, Copy)]
enum Load {
    Kept,
    New,
}

/// What came of a client's requests.
struct Tally {
    kind: Load,
    answered: usize,
    failures: Vec<String>,
}

impl Load {
    fn name(self) -> &'static str {
        match self {
            Self::Kept => "one connection for all requests",
            Self::New => "a connection for each request",
        }
    }

    fn run(self, address: &str, credential: &(String, String), done: &AtomicBool) -> Tally {
        let mut tally = Tally { kind: self, answered: 0, failures: vec![] };
        let mut kept = None;
        while !done.load(Ordering::Relaxed) {
            let connection = kept.take().map_or_else(|| Connection::open(address), Ok);
            let asked = connection.and_then(|mut connection| {
                Ok((ask(&mut connection, tally.answered, credential)?, connection))
            });
            match asked {
                Ok((Answer { status: 200, .. }, connection)) => {
                    tally.answered += 1;
                    kept = matches!(self, Self::Kept).then_some(connection);
                }
                Ok((answer, _)) => tally.failures.push(format!("answered with {}", answer.status)),
                Err(why) => tally.failures.push(why),
            }
            thread::sleep(PAUSE);
        }
        tally
    }
}

fn ask(connection: &mut Connection, number: usize, (id, secret): &(String, String)) -> Outcome<Answer> {
    if number.is_multiple_of(2) {
        connection.get("/.well-known/jwks.json")
    } else {
        connection.token_request(id, secret)
    }
}
