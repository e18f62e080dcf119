//! The ledger: every write that was acknowledged and every answer that was given, and what must hold of them.
//!
//! 1. What was acknowledged is there, and what was not is there whole or not at all ([`Ledger::settle`]).
//! 2. No secret is accepted that was revoked, or whose credential was suspended or deleted, once its time is up; and none
//!    is refused that is good ([`Ledger::ask`] while things break, [`Ledger::check`] afterwards).
//! 3. Every token verifies with the published keys, and these stay the same.
//!
//! A [`Writer`] has credentials that nobody else changes, so what must be stored is known at any time but for the one
//! change that was begun and not acknowledged. Whatever does not hold panics.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jeton_jose::JwkSet;
use serde_json::Value;

use super::World;
use crate::support::{Credential, Http, Run, Seeded, Server, claims, key_set, now};

/// What everybody knows of the writes and tokens of a run.
pub(crate) struct Ledger {
    /// How soon an acknowledged write must be served.
    within: Duration,
    entries: Mutex<BTreeMap<String, Entry>>,
    /// Since when the database can be reached, again if it could not be meanwhile; none while it cannot.
    back: Mutex<Option<Instant>>,
    keys: Mutex<Option<JwkSet>>,
    acknowledged: AtomicU64,
    cut_short: AtomicU64,
    found_done: AtomicU64,
    tokens: AtomicU64,
}

/// What is known of a credential.
#[derive(Default)]
struct Entry {
    stored: Option<Stored>,
    /// Begun, and not acknowledged: done as a whole or not at all.
    pending: Option<Change>,
    /// Every secret that was shown, by its id.
    shown: BTreeMap<String, String>,
    /// When what is stored became certain.
    since: Option<Instant>,
    /// Whether it changed since it was last checked.
    unchecked: bool,
}

/// A credential as it is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    suspended: bool,
    live: BTreeSet<String>,
}

/// What a writer does to a credential.
#[derive(Debug, Clone)]
enum Change {
    Create,
    Rotate,
    Revoke(String),
    Suspend,
    Resume,
    Delete,
}

impl Change {
    /// The command that makes it, which ends with a client id.
    fn line(&self) -> String {
        match self {
            Self::Create => "credential create --company acme --grant voice --client-id".to_owned(),
            Self::Rotate => "secret rotate".to_owned(),
            Self::Revoke(secret_id) => format!("secret revoke --secret {secret_id}"),
            Self::Suspend => "credential suspend".to_owned(),
            Self::Resume => "credential resume".to_owned(),
            Self::Delete => "credential delete".to_owned(),
        }
    }
}

/// What an answer to a secret must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Must {
    Accept,
    Refuse,
}

impl Ledger {
    pub(crate) fn new(within: Duration) -> Self {
        Self {
            within,
            entries: Mutex::default(),
            back: Mutex::new(Some(now())),
            keys: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            cut_short: AtomicU64::new(0),
            found_done: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
        }
    }

    /// Makes a credential, on which nobody works then.
    #[track_caller]
    pub(crate) fn make(&self, world: &World, id: &str) -> Credential {
        self.begin(id, Change::Create);
        let run = world.run(&format!("-o json {} {id} --environment production", Change::Create.line()));
        assert!(self.end(id, &run), "{run:?}");
        Credential::of(&serde_json::from_str(&run.stdout).unwrap())
    }

    /// From now on nodes cannot follow what is acknowledged.
    pub(crate) fn database_is_away(&self) {
        *self.back.lock().unwrap() = None;
    }

    /// From now on they can again.
    pub(crate) fn database_is_back(&self) {
        *self.back.lock().unwrap() = Some(now());
    }

    /// When a node must have followed what became certain then.
    fn deadline(&self, since: Option<Instant>) -> Option<Instant> {
        let back = (*self.back.lock().unwrap())?;
        Some(since.map_or(back, |since| since.max(back)) + self.within)
    }

    /// Compares what the store holds with what it must, and takes up what became of writes that were cut short. No
    /// writer may be at work.
    #[track_caller]
    pub(crate) fn settle(&self, world: &World) {
        self.settle_with(&world.json("credential list"));
    }

    /// The same with a list that somebody else took.
    #[track_caller]
    pub(crate) fn settle_with(&self, list: &Value) {
        let mut there: BTreeMap<String, Stored> = list.as_array().unwrap().iter().map(stored).collect();
        for (id, entry) in self.entries().iter_mut() {
            let found = there.remove(id);
            if found != entry.stored {
                let change = entry.pending.as_ref();
                let change =
                    change.unwrap_or_else(|| panic!("LOST: {id} is {found:?}, not {:?}", entry.stored));
                let whole = reached(entry.stored.as_ref(), change, found.as_ref());
                assert!(whole, "TORN: {id} is {found:?}; was {:?}, and then {change:?}", entry.stored);
                entry.stored = found;
                self.found_done.fetch_add(1, Ordering::Relaxed);
            }
            if entry.pending.take().is_some() {
                entry.since = Some(now());
            }
        }
        assert!(there.is_empty(), "nobody made them: {there:?}");
    }

    /// Asks a node about each secret whose credential changed since the last check.
    #[track_caller]
    pub(crate) fn check(&self, server: &Server) {
        self.check_those(server, |entry| std::mem::take(&mut entry.unchecked));
    }

    /// Asks a node about every secret that was ever shown.
    #[track_caller]
    pub(crate) fn check_all(&self, server: &Server) {
        self.check_those(server, |_| true);
    }

    #[track_caller]
    fn check_those(&self, server: &Server, those: impl Fn(&mut Entry) -> bool) {
        self.follow_keys(server);
        let mut http = Http::to(server).unwrap();
        for (id, entry) in self.entries().iter_mut() {
            if !those(entry) {
                continue;
            }
            for (secret_id, secret) in &entry.shown {
                let must = entry.must(secret_id).expect("what was cut short is settled before");
                let credential = Credential { id: id.clone(), secret: secret.clone() };
                let deadline = self.deadline(entry.since).expect("the database is back");
                // A node follows the store, and has some time for it.
                loop {
                    let answer = http.token(&credential).unwrap();
                    if answer.status == 200 {
                        self.verify(id, &answer.token());
                    }
                    if answer.status == if must == Must::Accept { 200 } else { 401 } {
                        break;
                    }
                    assert!(now() < deadline, "{id}, secret {secret_id}: must {must:?}: {answer:?}");
                }
            }
        }
    }

    /// Asks for a token for anybody, and judges the answer if it is certain what it must be. Gives its status.
    pub(crate) fn ask(&self, http: &mut Http, seeded: &mut Seeded) -> io::Result<u16> {
        let Some((credential, secret_id)) = self.anybody(seeded) else { return Ok(0) };
        let must = || {
            let entries = self.entries();
            let entry = &entries[&credential.id];
            let certain = self.deadline(entry.since).is_some_and(|deadline| now() > deadline);
            entry.must(&secret_id).filter(|_| certain)
        };
        let before = must();
        let answer = http.token(&credential)?;
        if answer.status == 200 {
            self.verify(&credential.id, &answer.token());
        }
        let wrong = match before {
            Some(Must::Refuse) => answer.status == 200,
            Some(Must::Accept) => answer.status == 401,
            None => false,
        };
        // What changed meanwhile may have been seen.
        assert!(!wrong || must() != before, "{} was certain to be {before:?}: {answer:?}", credential.id);
        Ok(answer.status)
    }

    /// Takes up the published keys, which must be what they were before.
    #[track_caller]
    pub(crate) fn follow_keys(&self, server: &Server) {
        let published = key_set(&server.production());
        let mut keys = self.keys.lock().unwrap();
        if let Some(keys) = keys.as_ref() {
            assert_eq!(keys.to_json(), published.to_json(), "the keys stay the same");
        }
        *keys = Some(published);
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// The figures, once everything was checked.
    pub(crate) fn said(&self) -> String {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "{} writes acknowledged, 0 lost; {} cut short, 0 torn ({} of them had been done); {} tokens, all verified",
            self.acknowledged(),
            of(&self.cut_short),
            of(&self.found_done),
            of(&self.tokens)
        )
    }

    #[track_caller]
    fn verify(&self, id: &str, token: &str) {
        let keys = self.keys.lock().unwrap();
        assert_eq!(claims(keys.as_ref().expect("keys are followed first"), token).client_id, id);
        self.tokens.fetch_add(1, Ordering::Relaxed);
    }

    fn anybody(&self, seeded: &mut Seeded) -> Option<(Credential, String)> {
        let entries = self.entries();
        // The latest ones are those that change.
        let latest: Vec<_> =
            entries.iter().rev().filter(|(_, entry)| !entry.shown.is_empty()).take(50).collect();
        let at = usize::try_from(seeded.below(latest.len().max(1) as u64)).unwrap();
        let (id, entry) = *latest.get(at)?;
        let at = usize::try_from(seeded.below(entry.shown.len() as u64)).unwrap();
        let (secret_id, secret) = entry.shown.iter().nth(at)?;
        Some((Credential { id: id.clone(), secret: secret.clone() }, secret_id.clone()))
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // A check that panicked has said why.
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn begin(&self, id: &str, change: Change) {
        let mut entries = self.entries();
        let entry = entries.entry(id.to_owned()).or_default();
        entry.pending = Some(change);
        entry.unchecked = true;
    }

    fn end(&self, id: &str, run: &Run) -> bool {
        let mut entries = self.entries();
        let entry = entries.get_mut(id).expect("it was begun");
        entry.since = Some(now());
        // Killed after it had printed the secret, it was acknowledged as well.
        let told: Option<Value> = serde_json::from_str(&run.stdout).ok();
        let shows = matches!(entry.pending, Some(Change::Create | Change::Rotate));
        if run.code != Some(0) && !(shows && told.is_some()) {
            self.cut_short.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let told = told.unwrap_or_else(|| panic!("it tells what it did: {run:?}"));
        entry.acknowledge(&told);
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        true
    }
}

impl Entry {
    /// What a node must answer to a secret; nothing while that is uncertain.
    fn must(&self, secret_id: &str) -> Option<Must> {
        if self.pending.is_some() {
            return None;
        }
        let good = self.stored.as_ref().is_some_and(|it| !it.suspended && it.live.contains(secret_id));
        Some(if good { Must::Accept } else { Must::Refuse })
    }

    fn acknowledge(&mut self, told: &Value) {
        let change = self.pending.take().expect("it was begun");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let shown = match change {
            Change::Create => Some(text(&told["secrets"][0]["id"])),
            Change::Rotate => Some(text(&told["secret_id"])),
            _ => None,
        };
        if let Some(secret_id) = &shown {
            self.shown.insert(secret_id.clone(), text(&told["client_secret"]));
        }
        match (change, &mut self.stored) {
            (Change::Create, stored) => {
                *stored = Some(Stored { suspended: false, live: shown.into_iter().collect() });
            }
            (Change::Delete, stored) => *stored = None,
            (Change::Rotate, Some(stored)) => stored.live.extend(shown),
            (Change::Revoke(secret_id), Some(stored)) => drop(stored.live.remove(&secret_id)),
            (Change::Suspend, Some(stored)) => stored.suspended = true,
            (Change::Resume, Some(stored)) => stored.suspended = false,
            (change, None) => panic!("{change:?} of what is not there was acknowledged"),
        }
    }
}

/// Whether a change makes the one of the other, and nothing else.
fn reached(before: Option<&Stored>, change: &Change, after: Option<&Stored>) -> bool {
    match (before, change, after) {
        (None, Change::Create, Some(after)) => !after.suspended && after.live.len() == 1,
        (Some(_), Change::Delete, None) => true,
        (Some(before), change, Some(after)) => {
            let (added, gone) = (after.live.difference(&before.live), before.live.difference(&after.live));
            let (added, gone) = (added.count(), gone.cloned().collect::<Vec<_>>());
            match change {
                Change::Rotate => added == 1 && gone.is_empty() && before.suspended == after.suspended,
                Change::Revoke(id) => {
                    added == 0 && gone == [id.clone()] && before.suspended == after.suspended
                }
                Change::Suspend => after.suspended && before.live == after.live,
                Change::Resume => !after.suspended && before.live == after.live,
                Change::Create | Change::Delete => false,
            }
        }
        _ => false,
    }
}

/// What a list says of a credential, which is whole.
fn stored(listed: &Value) -> (String, Stored) {
    assert_eq!(listed["grants"], serde_json::json!(["voice:voice.billing"]), "TORN: {listed}");
    let live = listed["secrets"].as_array().unwrap().iter().filter(|secret| secret["state"] == "live");
    let live = live.map(|secret| secret["id"].as_str().unwrap().to_owned()).collect();
    let suspended = listed["state"] == "suspended";
    (listed["client_id"].as_str().unwrap().to_owned(), Stored { suspended, live })
}

/// Somebody who makes credentials and changes them, one thing after the other, each by a process of its own.
pub(crate) struct Writer<'a> {
    world: &'a World,
    ledger: &'a Ledger,
    name: String,
    made: u64,
    seeded: Seeded,
}

impl<'a> Writer<'a> {
    /// How many credentials a writer looks after.
    const AT_ONCE: usize = 4;

    pub(crate) fn new(world: &'a World, ledger: &'a Ledger, name: &str, seed: u64) -> Self {
        Self { world, ledger, name: name.to_owned(), made: 0, seeded: Seeded(seed) }
    }

    /// Does one thing by a command that `run` runs, and says whether it was acknowledged.
    pub(crate) fn write(&mut self, run: impl FnOnce(&mut Command) -> Run) -> bool {
        let (id, change) = self.choose();
        let line = change.line();
        self.ledger.begin(&id, change);
        let run = run(&mut self.world.command(&format!("-o json {line} {id} --environment production")));
        self.ledger.end(&id, &run)
    }

    fn choose(&mut self) -> (String, Change) {
        let mut below = |end: usize| usize::try_from(self.seeded.below(end as u64)).unwrap();
        let entries = self.ledger.entries();
        let first = format!("{}-", self.name);
        let mine = entries.range(first.clone()..).take_while(|(id, _)| id.starts_with(&first));
        let mine = mine.filter(|(_, entry)| entry.pending.is_none());
        let mine: Vec<_> = mine.filter_map(|(id, entry)| Some((id, entry.stored.as_ref()?))).collect();
        if mine.len() < Self::AT_ONCE {
            self.made += 1;
            // In the order of their making.
            return (format!("{first}{:08}", self.made), Change::Create);
        }
        let (id, stored) = mine[below(mine.len())];
        let change = match (below(10), stored.suspended) {
            (0, _) => Change::Delete,
            (1..=5, true) => Change::Resume,
            (1..=3, false) => Change::Suspend,
            _ if stored.live.len() < 2 => Change::Rotate,
            _ => Change::Revoke(stored.live.iter().nth(below(2)).unwrap().clone()),
        };
        (id.clone(), change)
    }
}
