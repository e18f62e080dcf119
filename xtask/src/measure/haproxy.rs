//! HAProxy in front of servers, and what it sees of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::now;
use super::scratch::Scratch;
use super::server::Server;
use crate::packages::Program;
use crate::process::{self, Outcome, output_of, program};

/// What it comes from.
pub(crate) const PROGRAM: Program = Program { name: "haproxy", asked: "-v", package: "haproxy" };

/// What it calls them, in their order.
pub(crate) const NAMES: [&str; 2] = ["one", "two"];

/// Which server has the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Balance {
    /// Each in its turn.
    RoundRobin,
    /// The one that this credential always has.
    ByCredential,
}

/// What matters of its configuration, for people.
pub(crate) const SAID: &str = "GET /readyz every 200 ms, fall 2, rise 1, retries 0, no redispatch";

const CONFIGURATION: &str = "
global
    log stdout format raw local0
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    retries 0
frontend front
    bind {front}
    default_backend jeton
backend jeton
    log global
    {balance}
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server inter 200ms fall 2 rise 1
{servers}";

/// How long it may take to see a change.
const PATIENCE: Duration = Duration::from_secs(30);

/// It runs until it is dropped.
pub(crate) struct Haproxy {
    child: Child,
    log: Receiver<String>,
    /// Where it listens.
    pub(crate) address: String,
}

impl Haproxy {
    /// In front of up to two servers, on one core or on all.
    pub(crate) fn start(
        scratch: &Scratch,
        servers: &[&Server],
        balance: Balance,
        core: Option<&str>,
    ) -> Outcome<Self> {
        // An address of its own, where nobody takes the port meanwhile.
        let free = TcpListener::bind("127.0.99.9:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|why| format!("no port for HAProxy: {why}"))?.to_string();
        let servers = NAMES.iter().zip(servers).map(|(name, server)| {
            let port = server.management.rsplit(':').next().unwrap_or_default();
            format!("    server {name} {} check port {port}\n", server.address)
        });
        let text = CONFIGURATION
            .replace("{front}", &address)
            .replace("{balance}", balance.lines())
            .replace("{servers}", &servers.collect::<Vec<_>>().concat());
        let file = scratch.path(&format!("haproxy-{address}.cfg"));
        fs::write(&file, text).map_err(|why| format!("{file}: {why}"))?;
        // It says what is wrong with the file.
        process::output_of(program("haproxy", &["-c", "-f", &file]))?;
        let mut command =
            core.map_or_else(|| program("haproxy", &[]), |core| program("taskset", &["-c", core, "haproxy"]));
        command.args(["-db", "-f", &file]);
        // All that it says at work is in its log too.
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.map_err(|why| format!("HAProxy cannot be started: {why}"))?;
        let output = BufReader::new(child.stdout.take().expect("it was asked for above"));
        let (sender, log) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut this = Self { child, log, address };
        this.wait_until_it_listens()?;
        Ok(this)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_it_listens(&mut self) -> Outcome {
        let deadline = now() + PATIENCE;
        while std::net::TcpStream::connect(&self.address).is_err() {
            if now() > deadline || !matches!(self.child.try_wait(), Ok(None)) {
                return Err("HAProxy does not listen".to_owned());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Waits until it says that a server is `DOWN` or `UP`.
    pub(crate) fn wait_for(&self, name: &str, state: &str) -> Outcome {
        let wanted = format!("Server jeton/{name} is {state}");
        let deadline = now() + PATIENCE;
        loop {
            let line = self.log.recv_timeout(deadline.saturating_duration_since(now()));
            let line = line.map_err(|_| format!("HAProxy does not say in time: {wanted}"))?;
            if line.contains(&wanted) {
                return Ok(());
            }
        }
    }
}

impl Balance {
    fn lines(self) -> &'static str {
        match self {
            Self::RoundRobin => "balance roundrobin",
            Self::ByCredential => "balance hdr(authorization)\n    hash-type consistent",
        }
    }
}

/// Which one it is.
pub(crate) fn version() -> Outcome<String> {
    let said = output_of(program("haproxy", &["-v"]))?;
    let version = said.split_whitespace().nth(2).ok_or("HAProxy does not say which it is")?;
    Ok(format!("HAProxy {version}"))
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
