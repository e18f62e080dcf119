//! Two kinds of verifiers, as services have them, and what each makes of every token.
//!
//! One keeps the whole key set for its time, and knows no other way. The other is `jeton-verify`'s own: it keeps the key
//! set for the five minutes that the issuer says, and fetches again when it meets a key that it does not know, at most
//! every 30 s. In a run with short times its clock runs as much faster, and its waits are the true ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jeton_jose::{Algorithm, JwkSet};
use jeton_verify::fetch::{FETCH_TIMEOUT, RemoteKeys, Sleep, Timer};
use jeton_verify::{KeySource, StaticKeys, Verifier, VerifyError};
use tokio::runtime::{Builder, Runtime};

use super::Times;
use super::load::{Issued, Site};
use crate::faults::last;
use crate::support::{Http, now};

/// What a verifier makes of a token.
enum Judgement {
    Good,
    Refused(VerifyError),
    /// It could not fetch, and says so.
    Unreached,
}

/// A verifier with all that it keeps.
pub(super) enum Kind {
    KeepsTheSet { address: String, issuer: String, kept: Duration, held: Option<(Verifier, Instant)> },
    FetchesUnknown { verifier: Verifier, keys: Arc<RemoteKeys>, runtime: Runtime },
}

impl Kind {
    /// One of each, which fetch there.
    pub(super) fn both(site: &Site<'_>, origin: &str) -> [Self; 2] {
        let port = origin.rsplit_once(':').expect("an origin on this machine has a port").1;
        let keeps = Self::KeepsTheSet {
            address: format!("127.0.0.1:{port}"),
            issuer: site.issuer.to_owned(),
            kept: site.times.kept,
            held: None,
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let timer = Hastened { since: now(), by: site.times.hastened };
        let keys = runtime.block_on(async {
            let keys = RemoteKeys::of_key_set(format!("{origin}/.well-known/jwks.json"));
            let keys = keys.timer(timer).start().unwrap();
            keys.ready().await.unwrap();
            keys
        });
        let verifier = verifier(site.issuer, Arc::clone(&keys) as _);
        [keeps, Self::FetchesUnknown { verifier, keys, runtime }]
    }

    fn name(&self) -> &'static str {
        match self {
            Self::KeepsTheSet { .. } => "keeps the set",
            Self::FetchesUnknown { .. } => "fetches unknown keys",
        }
    }

    fn judge(&mut self, token: &str) -> Judgement {
        let verified = match self {
            Self::KeepsTheSet { address, issuer, kept, held } => {
                let old = |(_, fetched): &(_, Instant)| now() - *fetched >= *kept;
                if held.as_ref().is_none_or(old) {
                    *held = fetch(address, issuer);
                }
                let Some((verifier, _)) = held else { return Judgement::Unreached };
                verifier.verify(token).map(drop)
            }
            Self::FetchesUnknown { verifier, keys, runtime } => {
                let (failed, begun) = (keys.last_error().is_some(), now());
                let verified = runtime.block_on(verifier.verify_async(token)).map(drop);
                let waited = now() - begun >= FETCH_TIMEOUT;
                let unreached = failed || waited || keys.last_error().is_some();
                if verified == Err(VerifyError::UnknownKey) && unreached {
                    return Judgement::Unreached;
                }
                verified
            }
        };
        verified.map_or_else(Judgement::Refused, |()| Judgement::Good)
    }
}

fn verifier(issuer: &str, keys: Arc<dyn KeySource>) -> Verifier {
    Verifier::new(issuer, "https://api.example/voice", [Algorithm::Es256], keys).unwrap()
}

/// The key set as it is now, and when somebody asked for it.
fn fetch(address: &str, issuer: &str) -> Option<(Verifier, Instant)> {
    let asked = now();
    let mut http = Http::open(address, FETCH_TIMEOUT).ok()?;
    let answer = http.get("/.well-known/jwks.json").ok().filter(|answer| answer.status == 200)?;
    let keys = StaticKeys::from_jwk_set(&JwkSet::parse(answer.body.as_bytes()).unwrap()).unwrap();
    Some((verifier(issuer, Arc::new(keys)), asked))
}

/// A clock that runs so many times as fast as the true one.
struct Hastened {
    since: Instant,
    by: u32,
}

impl Timer for Hastened {
    fn elapsed(&self) -> Duration {
        (now() - self.since) * self.by
    }

    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(time))
    }
}

/// What a verifier did.
pub(super) struct Tally {
    pub(super) name: &'static str,
    pub(super) verified: AtomicU64,
    /// Tokens that were verified shortly before their end, too.
    pub(super) to_the_end: AtomicU64,
    /// Tokens about which it could not say, since it could not fetch.
    pub(super) unreached: AtomicU64,
    /// The keys by which it verified.
    kids: Mutex<BTreeSet<String>>,
}

impl Tally {
    pub(super) fn of(kind: &Kind) -> Self {
        Self {
            name: kind.name(),
            verified: AtomicU64::new(0),
            to_the_end: AtomicU64::new(0),
            unreached: AtomicU64::new(0),
            kids: Mutex::default(),
        }
    }

    /// Whether it verified by a key that is none of these.
    pub(super) fn knows_more_than(&self, kids: &[(String, Instant)]) -> bool {
        self.kids.lock().unwrap().iter().any(|kid| kids.iter().all(|(known, _)| known != kid))
    }
}

/// Verifies each token when it is new and again before its end; and the newest of each key all along.
pub(super) fn watch(
    mut kind: Kind,
    issued: &Receiver<Arc<Issued>>,
    times: &Times,
    tally: &Tally,
    over: impl Fn() -> bool,
) {
    let (mut waiting, mut newest) = (VecDeque::new(), BTreeMap::new());
    let is_alive = |token: &Issued| now() - token.asked < times.lifetime;
    let mut look = |token: &Issued| {
        if !is_alive(token) {
            return false;
        }
        match kind.judge(&token.token) {
            Judgement::Good => {
                tally.verified.fetch_add(1, Ordering::Relaxed);
                let mut kids = tally.kids.lock().unwrap();
                if !kids.contains(&token.kid) {
                    kids.insert(token.kid.clone());
                }
                true
            }
            Judgement::Unreached => {
                tally.unreached.fetch_add(1, Ordering::Relaxed);
                false
            }
            Judgement::Refused(why) => {
                let age = now() - token.asked;
                panic!("REFUSED by who {}: a token of {} after {age:?}: {why}", tally.name, token.kid)
            }
        }
    };
    while !over() {
        for token in issued.try_iter() {
            look(&token);
            newest.insert(token.kid.clone(), Arc::clone(&token));
            waiting.push_back(token);
        }
        let ends = |token: &mut Arc<Issued>| now() - token.asked >= times.lifetime * 9 / 10;
        while let Some(token) = waiting.pop_front_if(ends) {
            tally.to_the_end.fetch_add(u64::from(look(&token)), Ordering::Relaxed);
        }
        newest.retain(|_, token| is_alive(token));
        for token in newest.values() {
            look(token);
        }
        last(Duration::from_millis(20));
    }
}
