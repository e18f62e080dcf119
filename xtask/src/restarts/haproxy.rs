//! HAProxy in front of two servers, and what it sees of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::measure::now;
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::process::{self, Outcome, program};

/// What it calls them.
pub(super) const NAMES: [&str; 2] = ["one", "two"];

/// What matters of its configuration, for people.
pub(super) const SAID: &str = "GET /readyz every 200 ms, fall 2, rise 1, retries 0, no redispatch";

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
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server inter 200ms fall 2 rise 1
    server one {one}
    server two {two}
";

/// How long it may take to see a change.
const PATIENCE: Duration = Duration::from_secs(30);

/// It runs until it is dropped.
pub(super) struct Haproxy {
    child: Child,
    log: Receiver<String>,
    /// Where it listens.
    pub(super) address: String,
}

impl Haproxy {
    pub(super) fn start(scratch: &Scratch, servers: [&Server; 2]) -> Outcome<Self> {
        // An address of its own, where nobody takes the port meanwhile.
        let free = TcpListener::bind("127.0.99.9:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|why| format!("no port for HAProxy: {why}"))?.to_string();
        let [one, two] = servers.map(|server| {
            let port = server.management.rsplit(':').next().unwrap_or_default();
            format!("{} check port {port}", server.address)
        });
        let text = CONFIGURATION.replace("{front}", &address).replace("{one}", &one).replace("{two}", &two);
        let file = scratch.path("haproxy.cfg");
        fs::write(&file, text).map_err(|why| format!("{file}: {why}"))?;
        // It says what is wrong with the file.
        process::output_of(program("haproxy", &["-c", "-f", &file]))?;
        let mut command = program("haproxy", &["-db", "-f", &file]);
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
    pub(super) fn wait_for(&self, name: &str, state: &str) -> Outcome {
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

impl Drop for Haproxy {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
