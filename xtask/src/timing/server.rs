//! The release binary with its demo, limits on guessing raised.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::http::Connection;
use crate::process::{self, Outcome, cargo, program};
use crate::workspace;

/// Loud, because they take away what protects a real server.
const RAISED: [(&str, &str); 3] = [
    ("JETON_LIMITS__FAILURES_PER_MINUTE", "1000000"),
    ("JETON_LIMITS__FAILURES_AT_ONCE", "1000000"),
    ("JETON_LIMITS__REMEMBERED_FAILURES", "0"),
];

/// A server that runs until it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    management: String,
    pub(super) client_id: String,
    pub(super) secret: String,
}

/// What the server has counted.
pub(super) struct Counts {
    /// Reads of credentials from the store.
    pub(super) reads: u64,
    /// Failures that were spared one.
    pub(super) spared: u64,
}

impl Server {
    /// Starts this binary, or the one that it builds.
    pub(super) fn start(binary: Option<PathBuf>) -> Outcome<Self> {
        let binary = binary.map_or_else(build, Ok)?;
        let mut command = program(&binary, &["serve", "--dev", "--listen", "127.0.0.1:0"]);
        command.envs(RAISED).env("RUST_LOG", "error").stdout(Stdio::piped()).stderr(Stdio::inherit());
        println!("limits on guessing are raised: {RAISED:?}");
        let mut child =
            command.spawn().map_err(|why| format!("{} cannot be started: {why}", binary.display()))?;
        let output = child.stdout.take().expect("it was asked for above");
        let mut server = Self {
            child,
            address: String::new(),
            management: String::new(),
            client_id: String::new(),
            secret: String::new(),
        };
        for line in BufReader::new(output).lines() {
            server.learn(&line.map_err(|why| format!("the server's output cannot be read: {why}"))?)?;
            if [&server.address, &server.management, &server.secret].iter().all(|text| !text.is_empty()) {
                return Ok(server);
            }
        }
        Err("the server ended before it listened".to_owned())
    }

    /// Takes what a line of its output says.
    fn learn(&mut self, line: &str) -> Outcome {
        if let Some((address, what)) =
            line.strip_prefix("listening on http://").and_then(|rest| rest.split_once(" for "))
        {
            let own = if what == "management" { &mut self.management } else { &mut self.address };
            address.clone_into(own);
        } else if let Some(path) = line.strip_prefix("demo credentials: ") {
            let text = std::fs::read_to_string(path).map_err(|why| format!("{path}: {why}"))?;
            "demo-production".clone_into(&mut self.client_id);
            let strings = text.split('"').find(|text| text.starts_with("jtn_production_"));
            strings.ok_or("the demo has no credential of production")?.clone_into(&mut self.secret);
        }
        Ok(())
    }

    /// Reads its metrics.
    pub(super) fn counts(&self) -> Outcome<Counts> {
        let metrics = Connection::open(&self.management)?.get("/metrics")?;
        let of = |name: &str| {
            let line = metrics.body.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            line.ok_or_else(|| format!("there is no metric {name}"))
        };
        Ok(Counts {
            reads: of("jeton_store_reads_total{read=\"credentials\"}")?,
            spared: of("jeton_failure_cache_hits_total")?,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM lets it clear its throw-away folder away; std can only kill.
        let told = program("kill", &["-TERM", &self.child.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) {
            // It has ended by itself.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn build() -> Outcome<PathBuf> {
    process::run(cargo(&["build", "--release", "--package", "jeton-cli"]))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace::root().join("target"), PathBuf::from);
    Ok(target.join("release/jeton"))
}
