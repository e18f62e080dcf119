//! The life of keys, model-checked: two nodes that follow the store late, clocks that differ, verifiers that keep what
//! they fetched, and operators who agree to no danger. In every order of these, every token verifies everywhere until
//! it expires.
//!
//! Each case is a random walk; what is stored is changed by core's own rules alone, as the store would.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jeton_core::id::KeyId;
use jeton_core::key_life::{Due, KEY_SET_MAX_AGE, KeyMove, RotationPolicy, due};
use jeton_core::model::{KeyState, StoredSigningKey};
use jeton_core::{Algorithm, Timestamp};
use proptest::prelude::*;

use crate::support::{NOW, parse, production};

/// How long tokens live; how far a node may be behind; how much clocks differ.
const LIFETIME: Duration = Duration::from_hours(1);
const STALENESS: Duration = Duration::from_secs(30);
const SKEW: i64 = 120;

const POLICY: RotationPolicy = RotationPolicy {
    rotate_every: Duration::from_hours(3),
    publish_before: Duration::from_mins(11),
    keep_after: Duration::from_secs(3600 + 30 + 300),
};

#[derive(Debug, Clone)]
enum Step {
    /// Time passes, in seconds.
    Pass(u64),
    /// A node takes up the store's keys.
    Follow(usize),
    /// A node does what is due. The second time it acts on what it read before another did.
    Tend(usize),
    /// Both read what is due, and then both do it.
    TendBoth,
    /// A node starts anew: it has seen nothing.
    Restart(usize),
    /// Somebody sets the wall clock of a node, by seconds beside the right time.
    SetClock(usize, i64),
    /// A node signs a token.
    Sign(usize),
    /// A verifier fetches a node's key set.
    Fetch(usize, usize),
    /// An operator at a right clock: `key rotate`.
    Rotate,
    /// `key remove` of the key at that place.
    Remove(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let node = 0..2_usize;
    prop_oneof![
        6 => (0..900_u64).prop_map(Step::Pass),
        2 => (0..12_000_u64).prop_map(Step::Pass),
        6 => node.clone().prop_map(Step::Follow),
        6 => node.clone().prop_map(Step::Tend),
        2 => Just(Step::TendBoth),
        1 => node.clone().prop_map(Step::Restart),
        1 => (node.clone(), -SKEW..SKEW).prop_map(|(node, by)| Step::SetClock(node, by)),
        8 => node.clone().prop_map(Step::Sign),
        4 => (node.clone(), node).prop_map(|(verifier, node)| Step::Fetch(verifier, node)),
        2 => Just(Step::Rotate),
        1 => (0..4_usize).prop_map(Step::Remove),
    ]
}

struct Node {
    /// The keys as it knows them, and since when it knows that they are so.
    keys: Vec<StoredSigningKey>,
    followed: u64,
    /// When it first saw each key in its state.
    seen: BTreeMap<(KeyId, KeyState), u64>,
    /// How wrong its wall clock is, in seconds.
    off: i64,
}

/// What a verifier fetched, and when.
struct Verifier {
    known: BTreeSet<KeyId>,
    fetched: u64,
}

struct World {
    /// Seconds since it began.
    time: u64,
    store: Vec<StoredSigningKey>,
    made: usize,
    nodes: [Node; 2],
    verifiers: [Verifier; 2],
    /// The key and the end of each token.
    tokens: Vec<(KeyId, u64)>,
}

impl World {
    fn new() -> Self {
        let first = key("k0", KeyState::Active, NOW, NOW);
        let node = || Node { keys: vec![first.clone()], followed: 0, seen: BTreeMap::new(), off: 0 };
        let verifier = || Verifier { known: [first.kid.clone()].into(), fetched: 0 };
        let (nodes, verifiers) = ([node(), node()], [verifier(), verifier()]);
        Self { time: 0, store: vec![first], made: 1, nodes, verifiers, tokens: Vec::new() }
    }

    fn now(&self, off: i64) -> Timestamp {
        Timestamp(NOW.0 + (i64::try_from(self.time).unwrap() + off) * 1_000_000)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(seconds) => {
                // A verifier fetches when what it has is too old, and a node follows or is taken out.
                for _ in 0..seconds {
                    self.time += 1;
                    for at in 0..2 {
                        if self.time - self.nodes[at].followed > STALENESS.as_secs() {
                            self.follow(at);
                        }
                        if self.time - self.verifiers[at].fetched > KEY_SET_MAX_AGE.as_secs() {
                            self.fetch(at, at);
                        }
                    }
                    self.check();
                }
            }
            Step::Follow(at) => self.follow(at),
            Step::Tend(at) => {
                for due in self.due(at) {
                    self.do_due(at, due);
                }
            }
            Step::TendBoth => {
                let both = [self.due(0), self.due(1)];
                for (at, all) in both.into_iter().enumerate() {
                    for due in all {
                        self.do_due(at, due);
                    }
                }
            }
            Step::Restart(at) => {
                self.nodes[at].seen.clear();
                self.follow(at);
            }
            Step::SetClock(at, off) => self.nodes[at].off = off,
            Step::Sign(at) => self.sign(at),
            Step::Fetch(verifier, node) => self.fetch(verifier, node),
            Step::Rotate => self.rotate(),
            Step::Remove(at) => self.remove(at),
        }
        self.check();
    }

    fn follow(&mut self, at: usize) {
        self.nodes[at].keys.clone_from(&self.store);
        self.nodes[at].followed = self.time;
    }

    /// A token that a node signs lives by the node's clock; verifiers go by the right one.
    fn sign(&mut self, at: usize) {
        let node = &self.nodes[at];
        let signer = node.keys.iter().find(|key| key.state == KeyState::Active).unwrap();
        let end = i64::try_from(self.time + LIFETIME.as_secs()).unwrap() + node.off;
        self.tokens.push((signer.kid.clone(), u64::try_from(end).unwrap()));
    }

    fn fetch(&mut self, verifier: usize, node: usize) {
        let known = self.nodes[node].keys.iter().map(|key| key.kid.clone()).collect();
        self.verifiers[verifier] = Verifier { known, fetched: self.time };
    }

    fn due(&mut self, at: usize) -> Vec<Due> {
        let (time, now) = (self.time, self.now(self.nodes[at].off));
        let node = &mut self.nodes[at];
        let before = std::mem::take(&mut node.seen);
        let states = self.store.iter().map(|key| (key.kid.clone(), key.state));
        node.seen = states.map(|seen| (seen.clone(), before.get(&seen).copied().unwrap_or(time))).collect();
        let seen =
            |key: &StoredSigningKey| Duration::from_secs(time - node.seen[&(key.kid.clone(), key.state)]);
        due(&self.store, now, seen, &POLICY)
    }

    fn do_due(&mut self, at: usize, due: Due) {
        let now = self.now(self.nodes[at].off);
        match due {
            Due::Publish { active_from } => self.publish(now, active_from),
            Due::Promote { next, active } => {
                let mut moves: Vec<KeyMove> =
                    active.iter().map(|active| KeyMove::retire(active, now, &POLICY)).collect();
                moves.push(KeyMove::promote(&next, now));
                self.commit(&moves);
            }
            Due::Remove(kid) => self.commit(&[KeyMove::remove(&kid, KeyState::Retiring)]),
        }
    }

    fn publish(&mut self, now: Timestamp, active_from: Timestamp) {
        if self.store.iter().all(|key| key.state != KeyState::Next) {
            self.store.push(key(&format!("k{}", self.made), KeyState::Next, now, active_from));
            self.made += 1;
        }
    }

    /// All or nothing, each from the state that it must have.
    fn commit(&mut self, moves: &[KeyMove]) {
        let mut keys = self.store.clone();
        for step in moves {
            let Some(key) = keys.iter_mut().find(|key| key.kid == step.kid && key.state == step.from) else {
                return;
            };
            key.state = step.to;
            key.active_from = step.active_from.unwrap_or(key.active_from);
            key.sign_until = step.sign_until.or(key.sign_until);
            key.remove_after = step.remove_after.or(key.remove_after);
        }
        keys.retain(|key| key.state != KeyState::Removed);
        for state in [KeyState::Active, KeyState::Next] {
            assert!(keys.iter().filter(|key| key.state == state).count() <= 1, "two are {state}");
        }
        self.store = keys;
    }

    fn rotate(&mut self) {
        let now = self.now(0);
        let active = self.store.iter().find(|key| key.state == KeyState::Active).unwrap().kid.clone();
        match self.store.iter().find(|key| key.state == KeyState::Next) {
            None => self.publish(now, now.plus(POLICY.publish_before)),
            Some(next) if POLICY.is_known(next, now) => {
                let moves = [KeyMove::retire(&active, now, &POLICY), KeyMove::promote(&next.kid, now)];
                self.commit(&moves);
            }
            Some(_) => {}
        }
    }

    fn remove(&mut self, at: usize) {
        let Some(key) = self.store.get(at) else { return };
        let over = key.remove_after.is_some_and(|after| self.now(0) >= after);
        if key.state == KeyState::Next || key.state == KeyState::Retiring && over {
            let step = KeyMove::remove(&key.kid.clone(), key.state);
            self.commit(&[step]);
        }
    }

    /// Every token that lives is good everywhere: for whoever has the set in memory, and whoever fetches it now.
    fn check(&mut self) {
        self.tokens.retain(|(_, end)| self.time < *end);
        let needed: BTreeSet<&KeyId> = self.tokens.iter().map(|(kid, _)| kid).collect();
        for kid in needed {
            for verifier in &self.verifiers {
                assert!(verifier.known.contains(kid), "{kid} is unknown to a verifier at {}", self.time);
            }
            for node in &self.nodes {
                assert!(
                    node.keys.iter().any(|key| key.kid == *kid),
                    "{kid} is not published at {}",
                    self.time
                );
            }
        }
        assert!(self.store.iter().any(|key| key.state == KeyState::Active), "somebody signs");
    }
}

fn key(kid: &str, state: KeyState, published: Timestamp, active_from: Timestamp) -> StoredSigningKey {
    StoredSigningKey {
        kid: parse(kid),
        environment: production(),
        algorithm: Algorithm::Es256,
        state,
        published,
        active_from,
        sign_until: None,
        remove_after: None,
        private: jeton_core::master_key::Sealed { master_key: "mk".to_owned(), bytes: Vec::new() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_token_verifies_everywhere_until_it_expires(steps in prop::collection::vec(any_step(), 1..120)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
    }
}

/// The walk of one who does all of it, so that what the model checks is known to happen.
#[test]
fn keys_move_on_in_the_model() {
    let mut world = World::new();
    for _ in 0..4 * 24 {
        world.step(&Step::Pass(900));
        for step in
            [Step::Tend(0), Step::Follow(0), Step::Follow(1), Step::Sign(1), Step::Tend(1), Step::Sign(0)]
        {
            world.step(&step);
        }
    }
    assert!((7..=9).contains(&world.made), "{} keys in a day", world.made);
    assert!(world.store.len() <= 3, "{:?}", world.store);
}

/// Tokens without a pause, signed and kept to the last moment that the rules allow: one clock is ahead and the other is
/// behind, the one node follows as late as it may, and what is due is done in the minute in which it is due.
#[test]
fn steady_tokens_outlive_every_key() {
    for [one, other] in [[0, 0], [SKEW, -SKEW], [-SKEW, SKEW]] {
        let mut world = World::new();
        world.step(&Step::SetClock(0, one));
        world.step(&Step::SetClock(1, other));
        for _ in 0..9 * 60 {
            for step in [Step::Pass(60), Step::Sign(1), Step::Tend(0), Step::Sign(0), Step::Sign(1)] {
                world.step(&step);
            }
        }
        assert!(world.made >= 3, "{} keys", world.made);
    }
}
