//! Keys that are fetched: a real server of the test's own, and a timer that only the test moves.
//!
//! A way in which a server can misbehave is an [`Answer`]; a rule of time gets a test in `schedule.rs` or `demand.rs`.
//! `feed.rs` is an issuer's revocation feed, and `revocations.rs` what becomes of those who follow it.

mod answers;
mod demand;
mod feed;
mod issuer;
mod remote_issuer;
mod revocations;
mod schedule;
mod server;
mod timer;
mod tls;
mod urls;

use std::sync::Arc;
use std::time::Duration;

use jeton_jose::{Algorithm, JwkSet, SigningKey};
use jeton_verify::fetch::{RemoteKeys, RemoteKeysBuilder};
use jeton_verify::{Verifier, VerifierBuilder};

use crate::support::{AUDIENCE, ISSUER, NOW, claims};

pub(crate) use server::{Answer, Server};
pub(crate) use timer::ManualTimer;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the tests' key sets are.
const KEYS: &str = "/keys";

/// A server with this at [`KEYS`], a source that fetches there, and the source's timer.
struct Scene {
    server: Server,
    keys: Arc<RemoteKeys>,
    timer: ManualTimer,
}

impl Scene {
    /// After the first fetch.
    async fn new(answer: Answer) -> Self {
        Self::with(answer, |builder| builder).await
    }

    async fn with(answer: Answer, options: impl FnOnce(RemoteKeysBuilder) -> RemoteKeysBuilder) -> Self {
        let server = Server::start().await;
        server.set(KEYS, answer);
        let timer = ManualTimer::default();
        let builder = RemoteKeys::of_key_set(server.url(KEYS)).timer(timer.clone());
        let keys = options(builder).start().unwrap();
        let _outcome = patiently(keys.ready()).await;
        Self { server, keys, timer }
    }

    fn verifier(&self) -> Verifier {
        self.verifier_builder().build().unwrap()
    }

    fn verifier_builder(&self) -> VerifierBuilder {
        Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], Arc::clone(&self.keys) as _).clock(|| NOW)
    }

    /// Waits until nothing is being fetched: then the schedule alone waits for its time.
    async fn idle(&self) {
        settle().await;
        until(|| self.timer.sleepers() == 1).await;
    }

    /// How many fetches there were.
    fn fetches(&self) -> usize {
        self.server.requests().len()
    }
}

/// A new key of an issuer.
fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().0
}

/// A token that a key signed.
fn token_of(key: &SigningKey) -> String {
    key.sign(&claims()).unwrap()
}

/// The key set of these keys.
fn set(keys: &[&SigningKey]) -> Answer {
    Answer::json(JwkSet::new(keys.iter().map(|key| key.public_jwk().clone()).collect()).unwrap().to_json())
}

/// Lets everybody else run as far as they get without time or the network.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Waits, but not for ever.
async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it ends")
}

/// Lets everybody else run until something holds.
async fn until(holds: impl Fn() -> bool) {
    patiently(async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
