//! How soon a revoked token is refused: by an API that follows the feed of another node, and by that node itself.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jeton_jose::Algorithm;
use jeton_verify::fetch::{RemoteKeys, RemoteRevocations};
use jeton_verify::{Verifier, VerifyError};
use tokio::runtime::{Builder, Runtime};

use super::{World, limit, rounds, say, spread};
use crate::support::{Credential, Http, PATIENCE, Server, claims, key_set, now};

/// What is promised of a token that an API is sent, counted from the acknowledgement.
const PROMISED: Duration = Duration::from_secs(5);

/// How many tokens are revoked at a time.
const LANES: u64 = 8;

/// An API as services write it, on the feed of one node.
struct Api {
    verifier: Verifier,
    _following: Runtime,
}

impl Api {
    fn on(node: &Server, issuer: &str) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let origin = node.production();
        let verifier = runtime.block_on(async {
            let keys = RemoteKeys::of_key_set(format!("{origin}/.well-known/jwks.json")).start().unwrap();
            keys.ready().await.unwrap();
            let feed = format!("{origin}/oauth/v2/revocations");
            let revocations =
                RemoteRevocations::of_feed(feed, issuer, Arc::clone(&keys) as _).start().unwrap();
            revocations.ready().await.unwrap();
            let verifier = Verifier::builder(issuer, "https://api.example/voice", [Algorithm::Es256], keys);
            verifier.revocations(revocations).build().unwrap()
        });
        Self { verifier, _following: runtime }
    }

    fn until_refused(&self, token: &str, acknowledged: Instant) -> Duration {
        loop {
            let verified = self.verifier.verify(token).map(drop);
            let took = now() - acknowledged;
            if verified == Err(VerifyError::Revoked) {
                return took;
            }
            assert!(verified == Ok(()) && took < PATIENCE, "{verified:?} after {took:?}");
            thread::yield_now();
        }
    }
}

#[test]
fn on_another_node() {
    let world = World::shared();
    let (first, second) = (world.start(), world.start());
    let watcher = world.credential("watcher");
    let issuer = {
        let token = token(&first, &watcher);
        claims(&key_set(&first.production()), &token).iss.into_owned()
    };
    let api = Api::on(&second, &issuer);
    let revoke = |lane: u64| {
        let mut times = vec![];
        let of_lane = (lane..rounds(8)).step_by(usize::try_from(LANES).unwrap());
        for round in of_lane {
            let credential = world.credential(&format!("x{round}"));
            let token = token(&first, &credential);
            let held = api.verifier.verify(&token).map(drop);
            assert_eq!(held, Ok(()), "{round}");
            let answer = Http::to(&first).unwrap().revoke(&credential, &token).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let acknowledged = now();
            times.push(thread::scope(|scope| {
                let node = scope.spawn(|| until_inactive(&second, &watcher, &token, acknowledged));
                (api.until_refused(&token, acknowledged), node.join().unwrap())
            }));
        }
        times
    };
    let times: Vec<(Duration, Duration)> = thread::scope(|scope| {
        let revoke = &revoke;
        let lanes: Vec<_> = (0..LANES).map(|lane| scope.spawn(move || revoke(lane))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let (by_api, by_node): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    say("acknowledged, until an API refuses", spread(by_api.clone()));
    say("acknowledged, until another node says inactive", spread(by_node.clone()));
    for took in by_api.iter().chain(&by_node) {
        assert!(*took < limit(PROMISED), "{took:?}");
    }
}

/// A token, once the node knows the credential.
#[track_caller]
fn token(node: &Server, credential: &Credential) -> String {
    let (mut http, begun) = (Http::to(node).unwrap(), now());
    loop {
        let answer = http.token(credential).unwrap();
        if answer.status == 200 {
            return answer.token();
        }
        assert!(answer.status == 401 && now() - begun < PATIENCE, "{answer:?}");
    }
}

fn until_inactive(node: &Server, asking: &Credential, token: &str, acknowledged: Instant) -> Duration {
    let mut http = Http::to(node).unwrap();
    loop {
        let answer = http.introspect(asking, token).unwrap();
        let took = now() - acknowledged;
        assert!(answer.status == 200 && took < PATIENCE, "{answer:?} after {took:?}");
        if answer.json()["active"] == false {
            return took;
        }
    }
}
