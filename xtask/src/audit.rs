//! `cargo xtask audit`: cargo-deny over the whole tree, by the rules in `deny.toml`. It stands apart from the tests
//! because its installation takes minutes, and because advisories need the network.
//!
//! A database out of reach is a failure, for what was asked has not been done; `--without-advisories` says that one
//! knows. Bans, licences and sources must pass in any case, and need no network once the crates are there.

use crate::process::{self, Outcome, cargo, succeeds};

pub(crate) fn run(without_advisories: bool) -> Outcome {
    if !succeeds(cargo(&["deny", "--version"])) {
        println!("cargo-deny is missing; `cargo install --locked cargo-deny` takes some minutes");
        process::run(cargo(&["install", "--locked", "cargo-deny"]))?;
    }
    process::run(cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"]))?;
    if process::run(cargo(&["deny", "fetch", "db"])).is_ok() {
        return process::run(cargo(&["deny", "--locked", "check", "advisories"]));
    }
    let unchecked = "ADVISORIES WERE NOT CHECKED: the advisory database is out of reach";
    if without_advisories {
        println!("{unchecked}");
        return Ok(());
    }
    Err(format!("{unchecked}; --without-advisories accepts that"))
}
