//! Open-loop load: token requests of the `oauth2` dialect at a rate that does not depend on how fast they are answered.
//!
//! Arrivals are due at even distances. Each takes a connection that is free, or waits for one, and goes away unsent once its
//! patience is over: a server that answers slowly does not slow the arrivals, as it does those of `wrk`. Connections stay
//! open, ask one request at a time, and are opened again where the server closes them or an answer takes too long.
//!
//! It has one thread, and says at its end what came of all: see [`tally::Tally`].

mod arrivals;
mod client;
mod tally;

use std::cell::RefCell;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use tokio::task::{JoinSet, LocalSet};

use arrivals::{Arrivals, now};
use client::{Client, Shared};
use tally::Tally;

/// Fewer than the queue of those who want to be accepted holds.
const OPENED_AT_ONCE: usize = 128;

#[derive(Parser)]
struct Arguments {
    /// Where the server listens
    address: SocketAddr,
    /// A line for each credential: its id, a space, its secret
    #[arg(long, value_name = "FILE")]
    credentials: PathBuf,
    /// Arrivals a second
    #[arg(long)]
    rate: f64,
    /// For how long they arrive
    #[arg(long)]
    seconds: f64,
    /// How many connections
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// For how long an arrival waits for a free connection, in milliseconds
    #[arg(long, default_value_t = 1000)]
    patience: u64,
    /// For how long an answer is waited for, in milliseconds; then the connection is thrown away, as clients do
    #[arg(long, default_value_t = 10_000)]
    timeout: u64,
    /// A line for every so many milliseconds too
    #[arg(long)]
    slice: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let requests = requests(&std::fs::read_to_string(&arguments.credentials)?);
    if requests.is_empty() || arguments.rate <= 0.0 {
        return Err("there is nothing to send".into());
    }
    let lasts = Duration::from_secs_f64(arguments.seconds);
    let shared = Rc::new(Shared {
        address: arguments.address,
        requests,
        timeout: Duration::from_millis(arguments.timeout),
        slice: arguments.slice.map(Duration::from_millis),
        tally: RefCell::new(Tally::default()),
        // Set once all connections are open.
        arrivals: RefCell::new(Arrivals::new(now(), arguments.rate, lasts, Duration::ZERO)),
    });
    LocalSet::new().run_until(run(Rc::clone(&shared), &arguments, lasts)).await?;
    shared.tally.borrow_mut().print(shared.arrivals.borrow().given_up(), arguments.seconds);
    Ok(())
}

async fn run(shared: Rc<Shared>, arguments: &Arguments, lasts: Duration) -> Result<(), Box<dyn Error>> {
    let mut clients = Vec::with_capacity(arguments.connections);
    while clients.len() < arguments.connections {
        let mut opening = JoinSet::new();
        for _ in clients.len()..arguments.connections.min(clients.len() + OPENED_AT_ONCE) {
            opening.spawn_local(Client::open(Rc::clone(&shared)));
        }
        let opened: Result<Vec<Client>, _> = opening.join_all().await.into_iter().collect();
        clients.extend(opened?);
    }
    let patience = Duration::from_millis(arguments.patience);
    *shared.arrivals.borrow_mut() = Arrivals::new(now(), arguments.rate, lasts, patience);
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn_local(client.run());
    }
    running.join_all().await;
    Ok(())
}

/// A request for each line of client id and secret.
fn requests(credentials: &str) -> Vec<Vec<u8>> {
    let request = |line: &str| {
        let (id, secret) = line.split_once(' ')?;
        let body = "grant_type=client_credentials";
        let basic = STANDARD.encode(format!("{id}:{secret}"));
        let head = "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        Some(
            format!("{head}Authorization: Basic {basic}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                .into(),
        )
    };
    credentials.lines().filter_map(request).collect()
}
