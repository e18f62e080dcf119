//! What the other steps and the tests need and Cargo does not bring. Only what installs within minutes stands here.
//!
//! To add a tool: a row in [`PROGRAMS`] if a Debian package has it, in [`COMPONENTS`] if rustup has it. Libraries of
//! other languages are in [`clients`].

mod clients;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::process::{self, Outcome, cargo, program, succeeds};

/// A program that tests start.
struct Program {
    /// Its name; or a path below the root in which `*` stands for a version, for one that is not on the search path.
    name: &'static str,
    /// What shows that it is there: an argument that prints a version.
    asked: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
}

const PROGRAMS: &[Program] = &[
    // The end-to-end tests call the binary as its users do.
    Program { name: "curl", asked: "--version", package: "curl" },
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
    programs()?;
    clients::run()
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

fn programs() -> Outcome {
    let missing: Vec<_> =
        PROGRAMS.iter().filter(|needed| !is_there(needed)).map(|needed| needed.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !is_root() || !succeeds(program("apt-get", &["--version"])) {
        return Err(format!("install {packages}: as root on Debian, `apt-get install {packages}`"));
    }
    println!("missing, so `apt-get install {packages}`");
    process::run(apt_get(&["update", "--quiet"]))?;
    let _quiet = NoServices::begin()?;
    process::run(apt_get(
        &[&["install", "--quiet", "--yes", "--no-install-recommends"], missing.as_slice()].concat(),
    ))
}

/// While it is there, packages start no service: three of them would take port 80, and the second would fail. A machine that
/// has a policy of its own keeps it.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn begin() -> Result<Self, String> {
        let is_ours = !fs::exists(Self::POLICY).map_err(|why| format!("{}: {why}", Self::POLICY))?;
        let policy = Self { is_ours };
        if is_ours {
            // 101 is "forbidden by policy".
            fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n")
                .and_then(|()| fs::set_permissions(Self::POLICY, Permissions::from_mode(0o755)))
                .map_err(|why| format!("{}: {why}", Self::POLICY))?;
        }
        Ok(policy)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            // What is left behind forbids services, which shows.
            let _ = fs::remove_file(Self::POLICY);
        }
    }
}

fn is_there(needed: &Program) -> bool {
    versions(needed.name).iter().any(|name| succeeds(program(name, &[needed.asked])))
}

/// What a name can stand for.
fn versions(name: &str) -> Vec<String> {
    let Some((folder, rest)) = name.split_once('*') else { return vec![name.to_owned()] };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| format!("{}{rest}", entry.path().display())).collect()
}

fn is_root() -> bool {
    process::output_of(program("id", &["-u"])).is_ok_and(|uid| uid.trim() == "0")
}

fn apt_get(arguments: &[&str]) -> std::process::Command {
    let mut command = program("apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
