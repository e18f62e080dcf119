//! Programs that Debian packages bring.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::process::{self, Outcome, program, succeeds};

/// A program that is needed.
pub(crate) struct Program {
    /// Its name; or a path below the root in which `*` stands for a version, for one that is not on the search path.
    pub(crate) name: &'static str,
    /// What shows that it is there: an argument that prints a version.
    pub(crate) asked: &'static str,
    /// The Debian package that brings it, or several.
    pub(crate) package: &'static str,
}

/// Installs what is missing, or says what to install and fails.
pub(crate) fn install(needed: &[Program]) -> Outcome {
    let missing = needed.iter().filter(|needed| !is_there(needed));
    let missing: Vec<_> = missing.flat_map(|needed| needed.package.split(' ')).collect();
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
pub(crate) fn versions(name: &str) -> Vec<String> {
    let Some((folder, rest)) = name.split_once('*') else { return vec![name.to_owned()] };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| format!("{}{rest}", entry.path().display())).collect()
}

/// Whether we may install, and must not run what refuses to be root.
pub(crate) fn is_root() -> bool {
    process::output_of(program("id", &["-u"])).is_ok_and(|uid| uid.trim() == "0")
}

fn apt_get(arguments: &[&str]) -> std::process::Command {
    let mut command = program("apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
