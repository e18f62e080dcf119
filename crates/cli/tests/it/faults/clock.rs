//! A wall clock that is wrong, or jumps: C10 of the fault checklist.
//!
//! libfaketime lies to the node about the time of day, and about nothing else: how long something took still shows on the
//! clocks that nobody sets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jeton_testkit::{Database, Mode};

use super::network::{assert_cannot_say, bound, network, until};
use super::{World, by_hand, rounds, say};
use crate::support::{Credential, Http, Server, claims, form_token, key_set, now};

/// The library behind Debian's `faketime`, for programs with threads.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|library| library.exists()).expect("`cargo xtask test --only set-up` installs faketime")
}

/// A node whose time of day is what this file says, at any moment.
#[track_caller]
pub(super) fn start(world: &World, clock: &Path, url: Option<String>) -> Server {
    let mut command = lie(world.serve(), clock);
    command.env("JETON_LIMITS__MAX_STALENESS", format!("{}s", bound().as_secs()));
    if let Some(url) = url {
        command.env("JETON_STORE__URL", url);
    }
    Server::start(&mut command, 2)
}

/// Lets a program take the time of day from this file.
pub(super) fn lie(mut command: Command, clock: &Path) -> Command {
    command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", clock);
    command.env("FAKETIME_NO_CACHE", "1").env("DONT_FAKE_MONOTONIC", "1");
    command
}

/// Sets the clock: `+1h`, `-1h` of the true time.
pub(super) fn set(clock: &Path, to: &str) {
    let new = clock.with_extension("new");
    fs::write(&new, format!("{to}\n")).unwrap();
    fs::rename(new, clock).unwrap();
}

/// When a node says that it is, in seconds since 1970: it gives a token that verifies and lives for an hour from then.
#[track_caller]
fn says(node: &Server, known: &Credential) -> i64 {
    let token = form_token(&node.production(), known).token();
    let claims = claims(&key_set(&node.production()), &token);
    assert_eq!(claims.exp - claims.iat, 3600);
    claims.iat
}

fn ends_well(node: Server) {
    let ended = node.stop();
    assert!(!format!("{ended:?}").contains("panicked"), "{ended:?}");
}

/// Years of 365 days: after 2038, after 2106, and soon after 1970, before which no clock of Linux goes.
const OFFSETS: [(&str, i64); 5] = [
    ("+1h", 3600),
    ("-1h", -3600),
    ("+12y", 12 * 365 * 86_400),
    ("+80y", 80 * 365 * 86_400),
    ("-56y", -56 * 365 * 86_400),
];

#[test]
fn a_node_that_starts_with_a_wrong_clock() {
    let world = World::shared();
    let folder = tempfile::TempDir::new().unwrap();
    let clock = folder.path().join("clock");
    let honest = world.start();
    let known = world.credential("known");
    for (at, (offset, seconds)) in OFFSETS.into_iter().enumerate() {
        set(&clock, offset);
        let node = start(&world, &clock, None);
        let difference = says(&node, &known) - says(&honest, &known) - seconds;
        assert!(difference.abs() <= 60, "{offset}: {difference} s");
        let gone = world.credential(&format!("gone-{at}"));
        until(200, 401, &node, &gone, now());
        world.ok(&format!("secret revoke {} --environment production", gone.id));
        until(401, 200, &node, &gone, now());
        ends_well(node);
    }
}

#[test]
fn a_clock_that_jumps() {
    let database = Database::create();
    let world = World::on(database.clone());
    let network = network(&database);
    let folder = tempfile::TempDir::new().unwrap();
    let clock = folder.path().join("clock");
    set(&clock, "+0");
    let node = start(&world, &clock, Some(database.url_through(network.address())));
    let known = world.credential("known");
    until(200, 401, &node, &known, now());
    let mut jumps = 0;
    for round in 0..rounds(1) {
        let gone = world.credential(&format!("gone-{round}"));
        for (offset, _) in OFFSETS {
            set(&clock, offset);
            jumps += 1;
            says(&node, &known);
            until(200, 401, &node, &gone, now());
        }
        world.ok(&format!("credential suspend {} --environment production", gone.id));
        until(401, 200, &node, &gone, now());
        for (offset, _) in OFFSETS {
            set(&clock, offset);
            jumps += 1;
            assert_eq!(Http::to(&node).unwrap().token(&gone).unwrap().status, 401, "{offset}");
        }
    }
    // Cut off, no jump makes what is in memory older or younger.
    network.set(Mode::Silent);
    let cut = now();
    let mut http = Http::to(&node).unwrap();
    let mut served = 0;
    while now() - cut <= bound() {
        for (offset, _) in OFFSETS {
            set(&clock, offset);
            jumps += 1;
            let asked = now() - cut;
            match http.token(&known).unwrap().status {
                200 => served += 1,
                503 => assert!(!by_hand() || asked * 4 > bound(), "{offset}: {asked:?} after the cut"),
                other => panic!("{other}"),
            }
        }
    }
    assert!(!by_hand() || served > 0);
    for (offset, _) in OFFSETS {
        set(&clock, offset);
        assert_cannot_say(&node, &known);
    }
    network.set(Mode::Pass);
    until(200, 503, &node, &known, now());
    say("jumps", jumps);
    ends_well(node);
}
