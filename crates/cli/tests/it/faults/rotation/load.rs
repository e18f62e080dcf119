//! Who asks for tokens while keys rotate, and hands each one to every verifier.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use jeton_jose::UnverifiedToken;

use super::Times;
use super::verifiers::{Kind, Tally, watch};
use crate::faults::last;
use crate::support::{Answer, Credential, Http, now};

/// A token, and when somebody asked for it.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) kid: String,
    pub(super) asked: Instant,
}

/// Where a run takes place.
pub(super) struct Site<'a> {
    pub(super) times: &'a Times,
    pub(super) credential: &'a Credential,
    pub(super) issuer: &'a str,
    /// The address of each node, which is another one when it starts anew.
    pub(super) nodes: &'a [Mutex<String>],
    /// Where verifiers fetch: two of each kind for each of these origins.
    pub(super) origins: &'a [String],
    /// How many ask each node, and what each waits after an answer: load, and not overload.
    pub(super) clients: usize,
    pub(super) pace: Duration,
    /// Nodes are killed: there may be no answer.
    pub(super) breaks: bool,
}

/// What those who ask, those who verify, and the test have in common.
pub(super) struct Load {
    /// One for each verifier.
    verifiers: Vec<Sender<Arc<Issued>>>,
    /// The keys that signed, and since when.
    kids: Mutex<BTreeMap<String, Instant>>,
    tokens: AtomicU64,
    /// How often a node could not say: it was further behind than it may be.
    pub(super) unsure: AtomicU64,
    nobody_asks: AtomicBool,
    over: AtomicBool,
    /// What each verifier did.
    pub(super) tallies: Vec<Tally>,
}

impl Load {
    /// The keys that signed, from the first on.
    pub(super) fn kids(&self) -> Vec<(String, Instant)> {
        let mut kids: Vec<_> = self.kids.lock().unwrap().clone().into_iter().collect();
        kids.sort_by_key(|(_, since)| *since);
        kids
    }

    pub(super) fn tokens(&self) -> u64 {
        self.tokens.load(Ordering::SeqCst)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Waits until something is so.
    #[track_caller]
    pub(super) fn wait(&self, patience: Duration, what: &str, mut so: impl FnMut() -> bool) {
        let (begun, caller) = (now(), Location::caller());
        while !so() {
            assert!(!self.is_over(), "somebody panicked");
            assert!(now() - begun < patience, "{caller}: {what}: {:?}", self.kids());
            last(Duration::from_millis(100));
        }
    }

    fn hand_out(&self, answer: &Answer, asked: Instant) {
        let token = answer.token();
        let kid = UnverifiedToken::parse(&token).unwrap().kid().to_owned();
        self.kids.lock().unwrap().entry(kid.clone()).or_insert(asked);
        self.tokens.fetch_add(1, Ordering::SeqCst);
        let issued = Arc::new(Issued { token, kid, asked });
        for verifier in &self.verifiers {
            // A verifier that is gone has said why.
            let _gone = verifier.send(Arc::clone(&issued));
        }
    }
}

/// Runs `meanwhile` while everybody asks and verifies, and lets the last token expire.
pub(super) fn under_load(site: &Site<'_>, meanwhile: impl FnOnce(&Load)) -> Load {
    let kinds: Vec<Kind> = site.origins.iter().flat_map(|origin| Kind::both(site, origin)).collect();
    let (verifiers, queues): (Vec<_>, Vec<Receiver<_>>) = kinds.iter().map(|_| channel()).unzip();
    let load = Load {
        verifiers,
        kids: Mutex::default(),
        tokens: AtomicU64::new(0),
        unsure: AtomicU64::new(0),
        nobody_asks: AtomicBool::new(false),
        over: AtomicBool::new(false),
        tallies: kinds.iter().map(Tally::of).collect(),
    };
    thread::scope(|scope| {
        let over = Over(&load);
        for address in site.nodes.iter().flat_map(|address| vec![address; site.clients]) {
            let load = &load;
            scope.spawn(move || ask(address, site, load));
        }
        for ((kind, queue), tally) in kinds.into_iter().zip(queues).zip(&load.tallies) {
            let load = &load;
            scope.spawn(move || {
                let _over = PanicIsTheEnd(load);
                watch(kind, &queue, site.times, tally, || load.is_over());
            });
        }
        meanwhile(&load);
        load.nobody_asks.store(true, Ordering::SeqCst);
        last(site.times.lifetime);
        drop(over);
    });
    load
}

/// Asks one node for tokens. One that is late with its answer has refused nothing.
fn ask(address: &Mutex<String>, site: &Site<'_>, load: &Load) {
    let _over = PanicIsTheEnd(load);
    let mut open = None;
    while !load.is_over() && !load.nobody_asks.load(Ordering::SeqCst) {
        let asked = now();
        let answer = exchange(&mut open, address, site.credential);
        match answer {
            Ok(answer) if answer.status == 200 => load.hand_out(&answer, asked),
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                load.unsure.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert!(site.breaks, "{error}");
                open = None;
            }
        }
        last(site.pace);
    }
}

fn exchange(
    open: &mut Option<Http>,
    address: &Mutex<String>,
    credential: &Credential,
) -> std::io::Result<Answer> {
    let http = match open {
        Some(http) => http,
        None => open.insert(Http::open(&address.lock().unwrap().clone(), Duration::from_secs(30))?),
    };
    http.token(credential)
}

/// Ends the load when it is dropped.
struct Over<'a>(&'a Load);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

/// Where a thread panics, the others need not go on.
struct PanicIsTheEnd<'a>(&'a Load);

impl Drop for PanicIsTheEnd<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.over.store(true, Ordering::SeqCst);
        }
    }
}
