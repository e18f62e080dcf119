//! A node that is cut off from the database, while credentials are changed through another: C9 of the fault checklist.
//!
//! What it knows by heart it may go on serving for `limits.max_staleness` after it last heard of the store, and not a
//! request longer: then it says 503, in every dialect, until it is back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jeton_testkit::Mode;

use super::cluster::{AT_ONCE, Way, ask, assert_unavailable, until};
use super::{World, last, rounds, say, spread};
use crate::support::{Credential, Http, PATIENCE, Seeded, Server, now};

/// How long memory may answer in most rounds, and in those that are done by hand alone: as long as it may by default.
const SHORT: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(30);

/// How soon a change is served where nothing is cut, and where everybody has much to do.
const NORMALLY: Duration = Duration::from_secs(1);
const UNDER_LOAD: Duration = Duration::from_secs(5);

/// What takes a credential its tokens.
const CHANGES: [&str; 5] = [
    "credential suspend {} --environment production",
    "secret revoke {} --environment production",
    "secret rotate {} --environment production --replace",
    "credential delete {} --environment production",
    "company suspend of-{}",
];

/// A credential of a company of its own.
#[track_caller]
fn credential(world: &World, id: &str) -> Credential {
    world.ok(&format!("company create of-{id} --name Other"));
    let line = format!(
        "credential create --company of-{id} --environment production --grant voice --client-id {id}"
    );
    Credential::of(&world.json(&line))
}

/// Makes the change, which may be two commands.
#[track_caller]
fn change(world: &World, line: &str, id: &str) {
    match line.strip_suffix(" --replace") {
        // As who replaces a secret without an overlap: the new one first.
        Some(rotate) => {
            let list = format!("secret list {id} --environment production");
            let old = world.json(&list)[0]["id"].as_str().unwrap().to_owned();
            world.ok(&rotate.replace("{}", id));
            world.ok(&format!("secret revoke {id} --environment production --secret {old}"));
        }
        None => drop(world.ok(&line.replace("{}", id))),
    }
}

#[test]
fn a_node_that_is_cut_off_serves_no_longer_than_it_may() {
    let world = World::shared();
    let World::Shared(shared) = &world else { unreachable!("it is shared") };
    let way = Way::to(&shared.database);
    let near_node = world.start();
    let near = near_node.address("production");
    let mut seeded = Seeded(9);
    let (mut refused, mut stale, mut unavailable, mut back) = (vec![], vec![], vec![], vec![]);
    let rounds = rounds(4);
    for round in 0..rounds {
        let bound = if rounds > 10 && round % 50 == 49 { WHOLE } else { SHORT };
        let id = format!("c{round}");
        let credential = credential(&world, &id);
        let far_node = way.start(&world, bound);
        let far = far_node.address("production");
        for node in [&near, &far] {
            until(200, &[401], node, &credential, now());
        }
        let line = CHANGES[usize::try_from(seeded.below(CHANGES.len() as u64)).unwrap()];
        let mode = [Mode::Silent, Mode::Cut][usize::try_from(round % 2).unwrap()];

        way.set(mode);
        let cut = now();
        change(&world, line, &id);
        let acknowledged = now();
        let took = until(401, &[200], &near, &credential, acknowledged);
        assert!(took < NORMALLY, "{line}: {took:?}");
        refused.push(took);
        let mut latest = None;
        loop {
            let asked = now();
            let (status, took) = ask(&far, &credential);
            if status != 200 {
                assert_eq!(status, 503, "{mode:?}, {line}");
                assert!(took < AT_ONCE, "{mode:?}, {line}: {took:?}");
                break;
            }
            // It may not even have judged it later.
            assert!(asked - cut < bound, "{mode:?}, {line}: served {:?} after the cut", asked - cut);
            latest = Some(asked.saturating_duration_since(acknowledged));
            last(Duration::from_millis(10));
        }
        stale.extend(latest);
        for credential in [&credential, &Credential { id: "nobody".to_owned(), ..credential.clone() }] {
            unavailable.push(assert_unavailable(&far_node, credential));
        }
        way.set(Mode::Pass);
        let took = until(401, &[503], &far, &credential, now());
        assert!(took < UNDER_LOAD, "{mode:?}: {took:?} until it was back");
        back.push(took);
        far_node.stop();
    }
    near_node.stop();
    say("acknowledged, until the other node refused", spread(refused));
    say("acknowledged, until the last token of the node that was cut off", spread(stale));
    say("then 503, the slowest of three dialects", spread(unavailable));
    say("the network was back, until it refused by itself", spread(back));
}

/// Suspends one credential after the other, and measures how long each node serves it.
fn suspend_again_and_again(world: &World, nodes: &[String], prefix: &str) -> Vec<Duration> {
    let mut took = vec![];
    for round in 0..rounds(3) {
        let credential = credential(world, &format!("{prefix}{round}"));
        for node in nodes {
            until(200, &[401], node, &credential, now());
        }
        world.ok(&format!("credential suspend {} --environment production", credential.id));
        let acknowledged = now();
        std::thread::scope(|scope| {
            let asked = nodes.iter().map(|node| {
                let credential = &credential;
                scope.spawn(move || until(401, &[200], node, credential, acknowledged))
            });
            let asked: Vec<_> = asked.collect();
            took.extend(asked.into_iter().map(|asked| asked.join().unwrap()));
        });
    }
    took
}

#[test]
fn a_change_reaches_three_nodes() {
    let world = World::shared();
    let running: Vec<Server> = (0..3).map(|_| world.start()).collect();
    let nodes: Vec<String> = running.iter().map(|node| node.address("production")).collect();
    let steady = credential(&world, "steady");
    let idle = suspend_again_and_again(&world, &nodes, "idle");
    say("idle: acknowledged, until refused", spread(idle.clone()));
    assert!(idle.iter().all(|took| *took < NORMALLY), "{idle:?}");

    let done = AtomicBool::new(false);
    let loaded = std::thread::scope(|scope| {
        for node in &nodes {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut http = Http::open(node, PATIENCE).unwrap();
                    while !done.load(Ordering::Relaxed) {
                        assert_eq!(http.token(&steady).unwrap().status, 200);
                    }
                });
            }
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                world.ok("company update acme --name Again");
            }
        });
        let loaded = suspend_again_and_again(&world, &nodes, "loaded");
        done.store(true, Ordering::Relaxed);
        loaded
    });
    say("under load: acknowledged, until refused", spread(loaded.clone()));
    let late = loaded.iter().filter(|took| **took > UNDER_LOAD).count();
    assert!(late * 100 <= loaded.len(), "99 of 100 within {UNDER_LOAD:?}: {loaded:?}");
}
