//! Keys that rotate under load: two nodes on one `PostgreSQL`, and verifiers that keep the key set. Every token is
//! verified again and again until it expires, and none may be refused. C11 of the fault checklist.
//!
//! Rounds are rotations. By hand they come each minute; in the tests each few seconds, with everything else as much
//! shorter: what verifiers keep must be shorter than a key is published, and that is not longer than one signs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jeton_jose::UnverifiedToken;

use super::{World, by_hand, last, limit, rounds, say};
use crate::support::{Credential, Http, Server, claims, key_set, now};

const NODES: usize = 2;

/// What each client waits after an answer: load, and not overload.
const PACE: Duration = Duration::from_millis(5);

/// The times of a run, in seconds.
struct Times {
    rotate_every: u64,
    publish_before: u64,
    keep_after: u64,
    lifetime: u64,
    /// How long verifiers keep the key set: shorter than a key is published before it signs, and nodes may be behind.
    kept: u64,
}

impl Times {
    fn of_this_run() -> Self {
        if by_hand() {
            Self { rotate_every: 60, publish_before: 55, keep_after: 70, lifetime: 60, kept: 50 }
        } else {
            Self { rotate_every: 4, publish_before: 3, keep_after: 8, lifetime: 4, kept: 1 }
        }
    }

    /// A configuration that says so.
    fn write(&self, world: &World) -> PathBuf {
        let World::Shared(shared) = world else { unreachable!("two nodes share a database") };
        let Self { rotate_every, publish_before, keep_after, lifetime, .. } = self;
        let path = shared.around().join("rotation.toml");
        let text = format!(
            "[keys]\nrotate_every = {rotate_every}\npublish_before = {publish_before}\nkeep_after = {keep_after}\n\
             danger_short_lives = true\n[limits]\nmax_staleness = 1\n\
             [[endpoint]]\npath = \"/oauth/v2/token\"\ndialect = \"oauth2\"\nlifetime = {lifetime}\n"
        );
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// What clients and verifiers share.
#[derive(Default)]
struct Shared {
    /// Tokens that live, and since when.
    alive: Mutex<Vec<(String, Instant)>>,
    /// The keys that signed.
    kids: Mutex<BTreeSet<String>>,
    tokens: AtomicU64,
    verified: AtomicU64,
    done: AtomicBool,
}

/// Ends the load when it is dropped.
struct Over<'a>(&'a Shared);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::SeqCst);
    }
}

#[test]
fn no_token_is_refused() {
    let (wanted, times) = (rounds(2), Times::of_this_run());
    let world = World::shared();
    // The node that made the store may have taken it, and is gone: nobody waits a minute for that here.
    world.sql("DELETE FROM leases");
    let file = times.write(&world);
    let start = || Server::start(world.serve().arg("--config").arg(&file), 2);
    let nodes: Vec<Server> = (0..NODES).map(|_| start()).collect();
    let credential = world.credential("steady");
    let origins: Vec<String> = nodes.iter().map(Server::production).collect();
    let shared = Shared::default();
    let begun = now();
    thread::scope(|scope| {
        let over = Over(&shared);
        for node in &nodes {
            let (address, shared, credential) = (node.address("production"), &shared, &credential);
            scope.spawn(move || ask(&address, credential, shared));
        }
        for origin in &origins {
            let (shared, times) = (&shared, &times);
            scope.spawn(move || verify(origin, times, shared));
        }
        let patience = Duration::from_secs(times.rotate_every * (wanted + 3) * 2);
        // The first key of all is not one that took another's place.
        while (shared.kids.lock().unwrap().len() as u64) <= wanted {
            assert!(now() - begun < limit(patience), "{} keys so far", shared.kids.lock().unwrap().len());
            assert!(!shared.done.load(Ordering::SeqCst), "somebody panicked");
            last(Duration::from_millis(200));
        }
        // Until the last token has expired.
        last(Duration::from_secs(times.lifetime));
        drop(over);
    });
    say("tokens", shared.tokens.load(Ordering::SeqCst));
    say("verifications", shared.verified.load(Ordering::SeqCst));
    say("keys that signed", shared.kids.lock().unwrap().len());
    say("published at the end", key_set(&origins[0]).keys().len());
}

/// Asks one node for tokens. One that is late with its answer has refused nothing.
fn ask(address: &str, credential: &Credential, shared: &Shared) {
    let _over = PanicIsTheEnd(shared);
    let mut http = Http::open(address, Duration::from_secs(30)).unwrap();
    while !shared.done.load(Ordering::SeqCst) {
        let asked = now();
        let answer = http.token(credential).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.token();
        let kid = UnverifiedToken::parse(&token).unwrap().kid().to_owned();
        shared.kids.lock().unwrap().insert(kid);
        shared.alive.lock().unwrap().push((token, asked));
        shared.tokens.fetch_add(1, Ordering::SeqCst);
        last(PACE);
    }
}

/// Verifies every token that lives with the key set that it keeps; and knows no other way.
fn verify(origin: &str, times: &Times, shared: &Shared) {
    let _over = PanicIsTheEnd(shared);
    let (mut keys, mut fetched) = (key_set(origin), now());
    while !shared.done.load(Ordering::SeqCst) {
        if now() - fetched >= Duration::from_secs(times.kept) {
            fetched = now();
            keys = key_set(origin);
        }
        let alive: Vec<String> = {
            let mut alive = shared.alive.lock().unwrap();
            alive.retain(|(_, since)| now() - *since < Duration::from_secs(times.lifetime));
            alive.iter().map(|(token, _)| token.clone()).collect()
        };
        for token in &alive {
            claims(&keys, token);
        }
        shared.verified.fetch_add(alive.len() as u64, Ordering::SeqCst);
        last(Duration::from_millis(100));
    }
}

/// Where a thread panics, the others need not go on.
struct PanicIsTheEnd<'a>(&'a Shared);

impl Drop for PanicIsTheEnd<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.done.store(true, Ordering::SeqCst);
        }
    }
}
