//! How soon three nodes refuse what was taken away, at rest and under load. Part of C9 of the fault checklist.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::network::until;
use super::{World, last, limit, rounds, say, spread};
use crate::support::{Http, Server, now};

/// What the README promises.
const AT_REST: Duration = Duration::from_secs(1);

/// What holds of 99 of 100 under load.
const UNDER_LOAD: Duration = Duration::from_secs(5);

const NODES: usize = 3;

/// What each client of the load waits after an answer: load, and not overload.
const PACE: Duration = Duration::from_millis(4);

/// Ends the load when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn at_rest() {
    let world = World::shared();
    let nodes: Vec<Server> = (0..NODES).map(|_| world.start()).collect();
    let times = suspend_again_and_again(&world, &nodes);
    say("at rest: acknowledged, until each node refuses", spread(times.clone()));
    assert!(times.iter().all(|time| *time < limit(AT_REST)), "{times:?}");
}

#[test]
fn under_load() {
    let world = World::shared();
    let nodes: Vec<Server> = (0..NODES).map(|_| world.start()).collect();
    let steady = world.credential("steady");
    let (done, asked, written) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let begun = now();
    let mut times = thread::scope(|scope| {
        for node in &nodes {
            let (done, asked, steady) = (&done, &asked, &steady);
            scope.spawn(move || {
                let mut http = Http::to(node).unwrap();
                while !done.load(Ordering::SeqCst) {
                    assert_eq!(http.token(steady).unwrap().status, 200);
                    asked.fetch_add(1, Ordering::SeqCst);
                    last(PACE);
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                world.credential(&format!("other-{}", written.fetch_add(1, Ordering::SeqCst)));
            }
        });
        // Also where it panics, since all this is waited for.
        let _over = Over(&done);
        suspend_again_and_again(&world, &nodes)
    });
    let took = (now() - begun).as_millis();
    let a_second = |count: AtomicU64| u128::from(count.into_inner()) * 1000 / took;
    say("meanwhile", format!("{} tokens and {} other commits a second", a_second(asked), a_second(written)));
    say("under load: acknowledged, until each node refuses", spread(times.clone()));
    times.sort();
    assert!(times[(times.len() - 1) * 99 / 100] < limit(UNDER_LOAD), "{times:?}");
}

/// How long each node took, each time.
fn suspend_again_and_again(world: &World, nodes: &[Server]) -> Vec<Duration> {
    let mut times = vec![];
    for round in 0..rounds(5) {
        let credential = world.credential(&format!("x{round}"));
        for node in nodes {
            until(200, 401, node, &credential, now());
        }
        world.ok(&format!("credential suspend {} --environment production", credential.id));
        let acknowledged = now();
        thread::scope(|scope| {
            let credential = &credential;
            let wait = |node| scope.spawn(move || until(401, 200, node, credential, acknowledged));
            let waiting: Vec<_> = nodes.iter().map(wait).collect();
            times.extend(waiting.into_iter().map(|waits| waits.join().unwrap()));
        });
    }
    times
}
