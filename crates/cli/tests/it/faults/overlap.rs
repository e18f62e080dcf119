//! A rotation whose old secret is to end while nodes are killed, the database fails over, or a clock jumps: C10 and F41 of
//! the checklists. The end is exact all the same: nobody who asks after it gets a token, and nobody before it a refusal.

use std::time::{Duration, UNIX_EPOCH};

use rustix::process::Signal;
use tempfile::TempDir;

use super::failover::Failover;
use super::network::until;
use super::{World, clock, rounds, say};
use crate::support::{Credential, Http, PATIENCE, Server, now};

/// How long both secrets live: long enough for a failover.
const OVERLAP: Duration = Duration::from_secs(4);

/// Microseconds since 1970, by the clock that the nodes have.
fn wall_clock() -> i64 {
    UNIX_EPOCH.elapsed().unwrap().as_micros().try_into().unwrap()
}

/// Rotates the secret, and says what the new one is and when the old one ends.
fn rotate(world: &World, old: &Credential) -> (Credential, i64) {
    let line = format!("secret rotate {} --environment production --overlap {}s", old.id, OVERLAP.as_secs());
    let new = Credential::of(&world.json(&line));
    let ends = format!("SELECT expires FROM secrets WHERE client_id = '{}' AND expires IS NOT NULL", old.id);
    (new, world.sql(&ends)[0].parse().unwrap())
}

fn kill(node: Server) {
    node.signal(Signal::KILL);
    assert_eq!(node.end().code, None, "it was killed");
}

/// Asks with the old secret until it has ended, and how many tokens came before.
fn outlast(node: &Server, old: &Credential, ends: i64) -> u32 {
    let mut http = Http::to(node).unwrap();
    let (mut tokens, begun) = (0, now());
    loop {
        let before = wall_clock();
        let status = http.token(old).unwrap().status;
        match status {
            200 => assert!(before < ends, "a token {} us after the end", before - ends),
            401 => assert!(ends <= wall_clock(), "refused {} us before the end", ends - before),
            // Nobody can say while the database is away.
            503 => {}
            other => panic!("{other}"),
        }
        if status == 401 {
            return tokens;
        }
        tokens += u32::from(status == 200);
        assert!(now() - begun < PATIENCE, "it never ends");
    }
}

#[test]
fn nodes_that_are_killed_meanwhile() {
    for world in [World::embedded(), World::shared()] {
        for round in 0..rounds(1).min(20) {
            let old = world.credential(&format!("rolling-{round}"));
            let node = world.start();
            until(200, 401, &node, &old, now());
            let (new, ends) = rotate(&world, &old);
            until(200, 401, &node, &new, now());
            kill(node);
            let node = world.start();
            for credential in [&old, &new] {
                until(200, 503, &node, credential, now());
            }
            say("tokens in the overlap", outlast(&node, &old, ends));
            until(200, 503, &node, &new, now());
            kill(node);
            let node = world.start();
            assert_eq!(Http::to(&node).unwrap().token(&old).unwrap().status, 401);
        }
    }
}

#[test]
fn a_standby_that_takes_over_meanwhile() {
    for round in 0..rounds(1).min(20) {
        let failover = Failover::with_everything();
        let (world, node) = (&failover.world, failover.node());
        let old = world.credential(&format!("rolling-{round}"));
        until(200, 401, &node, &old, now());
        let (new, ends) = rotate(world, &old);
        until(200, 401, &node, &new, now());
        failover.primary.stop_at_once();
        failover.take_over();
        say("tokens in the overlap", outlast(&node, &old, ends));
        until(200, 503, &node, &new, now());
    }
}

/// By a clock that is an hour ahead the end is over, and by the same clock, set right, it is still to come.
#[test]
fn a_clock_that_jumps_meanwhile() {
    let (world, folder) = (World::shared(), TempDir::new().unwrap());
    let wrong = folder.path().join("clock");
    clock::set(&wrong, "+0");
    let node = clock::start(&world, &wrong, None);
    for round in 0..rounds(1).min(20) {
        let old = world.credential(&format!("rolling-{round}"));
        until(200, 401, &node, &old, now());
        let (new, ends) = rotate(&world, &old);
        until(200, 401, &node, &new, now());
        let mut http = Http::to(&node).unwrap();
        for (offset, status) in [("+1h", 401), ("-1h", 200), ("+0", 200)] {
            clock::set(&wrong, offset);
            let answered = http.token(&old).unwrap().status;
            assert!(answered == status || ends <= wall_clock(), "{offset}: {answered}");
            assert_eq!(http.token(&new).unwrap().status, 200, "{offset}");
        }
        say("tokens in the overlap", outlast(&node, &old, ends));
        clock::set(&wrong, "+1h");
        assert_eq!(http.token(&old).unwrap().status, 401);
        assert_eq!(http.token(&new).unwrap().status, 200);
        clock::set(&wrong, "+0");
    }
}
