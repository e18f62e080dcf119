//! `kill -9` of whoever is at work, while writers write: C1 of the fault checklist.
//!
//! In each round three writers work on, somebody asks for tokens, and after 5 to 500 ms one process dies: a node, a
//! command that writes, or all of `PostgreSQL` at once. It is started again, and everything that was acknowledged must
//! be there. The database syncs as in life, and no power is lost: what the kernel had been given stays.

use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jeton_testkit::PostgresServer;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{Ledger, World, Writer, last, limit, rounds, say, spread};
use crate::support::{Credential, Http, PATIENCE, Run, Seeded, Server, now};

/// S: how soon what was acknowledged is served.
const WITHIN: Duration = Duration::from_secs(5);

/// How soon a killed process serves again.
const READY: Duration = Duration::from_secs(2);

const WRITERS: usize = 3;

#[test]
fn the_embedded_store() {
    let world = World::embedded();
    kill_again_and_again(&world, None, 1, 1);
}

#[test]
fn two_nodes_on_postgresql() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    kill_again_and_again(&world, Some(&postgres), 2, 2);
}

fn kill_again_and_again(world: &World, postgres: Option<&PostgresServer>, nodes: usize, seed: u64) {
    let ledger = Ledger::new(limit(WITHIN));
    let steady = ledger.make(world, "steady");
    let mut writers: Vec<Writer<'_>> = (0..WRITERS)
        .map(|at| Writer::new(world, &ledger, &format!("w{at}"), seed * 100 + at as u64))
        .collect();
    let mut nodes: Vec<Server> = (0..nodes).map(|_| world.start()).collect();
    ledger.follow_keys(&nodes[0]);
    let mut seeded = Seeded(seed);
    let (mut killed, mut ready) = ([0; 3], [vec![], vec![]]);
    for round in 0..rounds(12) {
        let kind = usize::try_from(seeded.below(if postgres.is_some() { 3 } else { 2 })).unwrap();
        let after = Duration::from_millis(5 + seeded.below(496));
        let chosen = usize::try_from(seeded.below(nodes.len() as u64)).unwrap();
        killed[kind] += 1;
        let begun = at_work(&ledger, &mut writers, &nodes, round, |running| {
            last(after);
            let begun = now();
            match kind {
                0 => nodes[chosen].signal(Signal::KILL),
                1 => kill_one(running),
                _ => {
                    ledger.database_is_away();
                    postgres.unwrap().kill();
                    // Commands that it left wait for it.
                    postgres.unwrap().start_again();
                    ledger.database_is_back();
                }
            }
            begun
        });
        match kind {
            0 => {
                let begun = now();
                let node = std::mem::replace(&mut nodes[chosen], world.start());
                assert_eq!(node.end().code, None, "it was killed");
                ready[0].push(until(200, &nodes[chosen], begun, || steady.clone()));
            }
            1 => {}
            _ => {
                // What a node does not know by heart needs the database, and who is nobody is known by heart afterwards.
                let mut asked = 0;
                let mut nobody = || {
                    asked += 1;
                    Credential { id: format!("nobody-{round}-{asked}"), secret: steady.secret.clone() }
                };
                let judged = nodes.iter().map(|node| until(401, node, begun, &mut nobody));
                ready[1].extend(judged.max());
            }
        }
        ledger.settle(world);
        for node in &nodes {
            ledger.check(node);
        }
        if round % 100 == 99 {
            world.assert_sound();
            say(&format!("round {}", round + 1), ledger.said());
        }
    }
    for node in &nodes {
        ledger.check_all(node);
    }
    world.assert_sound();
    say("seed", seed);
    say("killed", format!("{} nodes, {} commands, {} databases", killed[0], killed[1], killed[2]));
    say("ledger", ledger.said());
    say("node killed, until its first token", spread(ready[0].clone()));
    say("database killed, until every node serves again", spread(ready[1].clone()));
    for node in nodes {
        node.stop();
    }
    let [of_nodes, _] = ready;
    let late = of_nodes.iter().filter(|time| **time > READY).count();
    // Of a few, one may fall on a busy moment.
    assert!(
        of_nodes.len() < 50 || late * 100 <= of_nodes.len(),
        "99 of 100 restarts take less than {READY:?}"
    );
}

/// Lets everybody work while `meanwhile` runs, and to the end of what they have begun.
fn at_work<T>(
    ledger: &Ledger,
    writers: &mut [Writer<'_>],
    nodes: &[Server],
    round: u64,
    meanwhile: impl FnOnce(&[Mutex<Option<OwnedFd>>]) -> T,
) -> T {
    let done = AtomicBool::new(false);
    let running: Vec<Mutex<Option<OwnedFd>>> = writers.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for (writer, running) in writers.iter_mut().zip(&running) {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    writer.write(|command| run(command, running));
                }
            });
        }
        for node in nodes {
            let (done, http) = (&done, Http::to(node));
            scope.spawn(move || {
                let (mut seeded, mut http) = (Seeded(round), http.unwrap());
                // The first error is this node's end.
                while !done.load(Ordering::SeqCst) && ledger.ask(&mut http, &mut seeded).is_ok() {}
            });
        }
        let came_of = meanwhile(&running);
        done.store(true, Ordering::SeqCst);
        came_of
    })
}

/// Runs a command that the other side can kill.
fn run(command: &mut Command, running: &Mutex<Option<OwnedFd>>) -> Run {
    let child = Run::begin(command);
    // A descriptor, since a number is soon somebody else's.
    let process = pidfd_open(Pid::from_child(&child.0), PidfdFlags::empty()).unwrap();
    *running.lock().unwrap() = Some(process);
    Run::end_of(child)
}

/// Kills the first writer's command that is found running.
fn kill_one(running: &[Mutex<Option<OwnedFd>>]) {
    let deadline = now() + PATIENCE;
    let killed = || {
        running.iter().any(|running| {
            let running = running.lock().unwrap();
            running.as_ref().is_some_and(|process| pidfd_send_signal(process, Signal::KILL).is_ok())
        })
    };
    while !killed() {
        assert!(now() < deadline, "nobody writes");
    }
}

/// How long it was from `begun` until a node answers with this status, and not that it cannot.
fn until(status: u16, node: &Server, begun: Instant, mut credential: impl FnMut() -> Credential) -> Duration {
    let mut http = Http::to(node).unwrap();
    loop {
        let answer = http.token(&credential()).unwrap();
        let took = now() - begun;
        if answer.status == status {
            return took;
        }
        assert!(took < PATIENCE && answer.status == 503, "{answer:?}");
    }
}
