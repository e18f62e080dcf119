//! What the other steps and the tests need and Cargo does not bring. Only what installs within minutes stands here.
//!
//! To add a tool: a row in [`PROGRAMS`] if a Debian package has it, in [`COMPONENTS`] if rustup has it. Libraries of
//! other languages are in [`libraries`].

use crate::libraries;
use crate::packages::{self, Program};
use crate::process::{self, Outcome, cargo, program, succeeds};

const PROGRAMS: &[Program] = &[
    // The end-to-end tests call the binary as its users do.
    Program { name: "curl", asked: "--version", package: "curl" },
    // The client program for shells reads JSON by it.
    Program { name: "jq", asked: "--version", package: "jq" },
    // It edits databases as no Jeton would, by its sqlite3 module.
    Program { name: "python3", asked: "--version", package: "python3" },
    // Real proxies, to stand before real servers.
    Program { name: "haproxy", asked: "-v", package: "haproxy" },
    Program { name: "nginx", asked: "-v", package: "nginx" },
    // Gateways that ask Jeton, with what the last one's script needs.
    Program { name: "caddy", asked: "version", package: "caddy" },
    Program { name: "apache2", asked: "-v", package: "apache2" },
    Program { name: "ls", asked: "/usr/share/lua/5.3/socket/http.lua", package: "lua-socket" },
    // The client libraries that are tested are installed by the first and the last, and run on python3 and node.
    Program { name: "python3", asked: "-cimport ensurepip, venv", package: "python3-venv" },
    Program { name: "node", asked: "--version", package: "nodejs" },
    Program { name: "npm", asked: "--version", package: "npm" },
    // It shows the page of the management API as its readers see it.
    Program { name: "chromium", asked: "--version", package: "chromium" },
    // It judges the unit that we give away.
    Program { name: "systemd-analyze", asked: "--version", package: "systemd" },
    // A real PostgreSQL, with one of the poolers that people put in front of it.
    Program { name: "/usr/lib/postgresql/*/bin/postgres", asked: "--version", package: "postgresql" },
    Program { name: "/usr/sbin/pgbouncer", asked: "--version", package: "pgbouncer" },
    // It makes single system calls fail, and records others.
    Program { name: "strace", asked: "--version", package: "strace" },
    // It lies to a node about the time of day.
    Program { name: "faketime", asked: "--version", package: "faketime" },
    // It judges what the management listener says to Prometheus.
    Program { name: "promtool", asked: "--version", package: "prometheus" },
];

/// Cargo's sub-command, and the component of rustup that brings it.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// Installs what is missing, or says what to install and fails.
pub(super) fn run() -> Outcome {
    components()?;
    packages::install(PROGRAMS)?;
    libraries::install(libraries::TESTED)
}

fn components() -> Outcome {
    let missing: Vec<_> = COMPONENTS
        .iter()
        .filter(|(command, _)| !succeeds(cargo(&[command, "--version"])))
        .map(|(_, component)| *component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(" ");
    println!("missing, so `rustup component add {missing}`");
    let arguments: Vec<_> = ["component", "add"].into_iter().chain(missing.split(' ')).collect();
    process::run(program("rustup", &arguments))
        .map_err(|why| format!("{why}: install {missing} of this toolchain (Debian: rustfmt, rust-clippy)"))
}
