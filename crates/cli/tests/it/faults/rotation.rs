//! Keys that rotate under load: two nodes on one `PostgreSQL`, and verifiers that keep the key set. Every token is
//! verified when it is new and before it expires, and none may be refused. C11 of the fault checklist.
//!
//! Rounds are rotations. By hand they come each minute; in the tests each few seconds, with everything else as much
//! shorter: what verifiers keep must be shorter than a key is published, and that is not longer than one signs. What
//! breaks meanwhile is in `broken`.

mod broken;
mod load;
mod verifiers;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{World, by_hand, limit, rounds, say, spread};
use crate::support::{Server, claims, form_token, key_set};
use load::{Load, Site, under_load};

const NODES: usize = 2;

/// The times of a run.
struct Times {
    rotate_every: Duration,
    publish_before: Duration,
    keep_after: Duration,
    lifetime: Duration,
    /// How far behind nodes may be.
    staleness: Duration,
    /// How long verifiers that know no other way keep the key set: with `staleness` shorter than a key is published before
    /// it signs.
    kept: Duration,
    /// How many times as fast as a minute's rotations.
    hastened: u32,
}

impl Times {
    /// A rotation in 5 to 6 s: what is due is looked for four times in the time that a key is published.
    const SHORT: Self = Self {
        rotate_every: Duration::from_secs(4),
        publish_before: Duration::from_secs(2),
        keep_after: Duration::from_secs(8),
        lifetime: Duration::from_secs(4),
        staleness: Duration::from_secs(1),
        kept: Duration::from_millis(500),
        hastened: 15,
    };

    /// A rotation in 55 to 65 s.
    const EACH_MINUTE: Self = Self {
        rotate_every: Duration::from_secs(50),
        publish_before: Duration::from_secs(20),
        keep_after: Duration::from_secs(70),
        lifetime: Duration::from_mins(1),
        staleness: Duration::from_secs(5),
        kept: Duration::from_secs(14),
        hastened: 1,
    };

    /// A configuration that says so.
    fn write(&self, world: &World) -> PathBuf {
        let World::Shared(shared) = world else { unreachable!("two nodes share a database") };
        let seconds = |time: Duration| format!("\"{}s\"", time.as_secs());
        let path = shared.around().join("rotation.toml");
        let text = format!(
            "[keys]\nrotate_every = {}\npublish_before = {}\nkeep_after = {}\n\
             danger_short_lives = true\n[limits]\nmax_staleness = {}\n\
             [[endpoint]]\npath = \"/oauth/v2/token\"\ndialect = \"oauth2\"\nlifetime = {}\n",
            seconds(self.rotate_every),
            seconds(self.publish_before),
            seconds(self.keep_after),
            seconds(self.staleness),
            seconds(self.lifetime),
        );
        std::fs::write(&path, text).unwrap();
        path
    }
}

#[test]
fn no_token_is_refused() {
    let (wanted, times) = (rounds(2), if by_hand() { Times::EACH_MINUTE } else { Times::SHORT });
    let world = World::shared();
    // The node that made the store may have taken it, and is gone: nobody waits a minute for that here.
    world.sql("DELETE FROM leases");
    let file = times.write(&world);
    let start = || Server::start(world.serve().arg("--config").arg(&file), 2);
    let nodes: Vec<Server> = (0..NODES).map(|_| start()).collect();
    let credential = world.credential("steady");
    let origins: Vec<String> = nodes.iter().map(Server::production).collect();
    let addresses: Vec<_> = nodes.iter().map(|node| Mutex::new(node.address("production"))).collect();
    let site = Site {
        times: &times,
        credential: &credential,
        issuer: &claims(&key_set(&origins[0]), &form_token(&origins[0], &credential).token()).iss,
        nodes: &addresses,
        origins: &origins,
        clients: if by_hand() { 4 } else { 1 },
        pace: Duration::from_millis(5),
        breaks: false,
    };
    let load = under_load(&site, |load| {
        let patience = limit(times.rotate_every * 8);
        // The first key of all is not one that took another's place.
        for rotation in 1..=wanted {
            load.wait(patience, "keys take each other's place", || load.kids().len() as u64 > rotation);
            if rotation % 5 == 0 {
                say(&format!("rotation {rotation}, tokens"), load.tokens());
            }
        }
    });
    report(&load);
    say("published at the end", key_set(&origins[0]).keys().len());
    for tally in &load.tallies {
        assert!(!by_hand() || tally.unreached.load(Ordering::Relaxed) == 0, "nothing was broken");
    }
}

/// Says what came of it, of which no verifier has refused anything.
fn report(load: &Load) {
    let kids = load.kids();
    say("tokens", load.tokens());
    say("answers 503", load.unsure.load(Ordering::Relaxed));
    for tally in &load.tallies {
        let of = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let (verified, to_the_end) = (of(&tally.verified), of(&tally.to_the_end));
        let text = format!("{verified} verifications, 0 refused; {to_the_end} tokens up to their end; ");
        say(tally.name, text + &format!("{} times it could not fetch", of(&tally.unreached)));
        assert!(to_the_end > 0, "{} has not verified any to its end", tally.name);
    }
    say("keys that signed", kids.len());
    say("from one key to the next", spread(kids.windows(2).map(|pair| pair[1].1 - pair[0].1).collect()));
}
