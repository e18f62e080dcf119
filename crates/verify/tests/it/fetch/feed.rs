//! An issuer's revocation feed as `docs/revocation.md` has it, and somebody who follows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use jeton_jose::{Algorithm, sha256};
use jeton_verify::fetch::{
    FETCH_TIMEOUT, FetchFault, POLL_INTERVAL, RemoteRevocations, RemoteRevocationsBuilder, Sleep, Timer,
};
use jeton_verify::{KeySource, Revision, RevocationSource as _, Verdict, Verifier};

use super::{Answer, ManualTimer, Server, patiently, until};
use crate::support::{AUDIENCE, ISSUER, KEY, NOW, keys};

/// Where the tests' feeds are.
pub(super) const FEED: &str = "/oauth/v2/revocations";

/// When the first head is as of, in milliseconds.
pub(super) const AS_OF: i64 = NOW * 1000;

/// A server with a feed, a source that follows it, and its times.
pub(super) struct FeedScene {
    pub(super) server: Server,
    pub(super) revocations: Arc<RemoteRevocations>,
    pub(super) timer: FeedTimer,
    /// By the clock on the wall, in seconds.
    pub(super) now: Arc<AtomicI64>,
}

impl FeedScene {
    /// After the first look, at a feed with these chunks.
    pub(super) async fn new(chunks: &[&str]) -> Self {
        Self::with(chunks, keys(), |builder| builder).await
    }

    pub(super) async fn with(
        chunks: &[&str],
        keys: Arc<dyn KeySource>,
        options: impl FnOnce(RemoteRevocationsBuilder) -> RemoteRevocationsBuilder,
    ) -> Self {
        let (server, timer) = (Server::start().await, FeedTimer::default());
        publish(&server, AS_OF, chunks);
        let now = Arc::new(AtomicI64::new(NOW));
        let read = Arc::clone(&now);
        let builder = RemoteRevocations::of_feed(server.url(FEED), ISSUER, keys)
            .timer(timer.clone())
            .clock(move || read.load(Ordering::Relaxed));
        let revocations = options(builder).start().unwrap();
        let _outcome = patiently(revocations.ready()).await;
        until(|| timer.pauses() == 1).await;
        Self { server, revocations, timer, now }
    }

    /// From now on.
    pub(super) fn publish(&self, as_of: i64, chunks: &[&str]) {
        publish(&self.server, as_of, chunks);
    }

    pub(super) fn head(&self, answer: Answer) {
        self.server.set(FEED, answer);
    }

    /// Lets time pass to the next look, and waits until that has ended.
    pub(super) async fn look(&self) {
        self.look_after(POLL_INTERVAL * 11 / 10).await;
    }

    pub(super) async fn look_after(&self, time: Duration) {
        let before = self.timer.pauses();
        self.timer.time.advance(time);
        until(|| self.timer.pauses() > before).await;
    }

    pub(super) fn judge(&self, jti: &str) -> Verdict {
        self.revocations.judge(jti, Some(Revision { handle: "handle", generation: 1 }))
    }

    pub(super) fn fault(&self) -> Option<FetchFault> {
        self.revocations.last_error().map(|error| error.fault.clone())
    }

    pub(super) fn verifier(&self) -> Verifier {
        Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], keys())
            .clock(|| NOW)
            .revocations(Arc::clone(&self.revocations) as _)
            .build()
            .unwrap()
    }

    /// How often a path was asked for.
    pub(super) fn fetches(&self, path: &str) -> usize {
        self.server.paths().iter().filter(|asked| *asked == path).count()
    }
}

/// A signed head and its chunks.
pub(super) fn publish(server: &Server, as_of: i64, chunks: &[&str]) {
    for chunk in chunks {
        server.set(&path(chunk), Answer::status("200 OK", "content-type: text/plain\r\n", chunk));
    }
    server.set(FEED, signed(&claims(as_of, chunks)));
}

/// What a head says.
pub(super) fn claims(as_of: i64, chunks: &[&str]) -> String {
    let exp = as_of.div_euclid(1000) + 30;
    let names: Vec<String> = chunks.iter().map(|chunk| format!("\"{}\"", name(chunk))).collect();
    format!(r#"{{"iss":"{ISSUER}","seq":7,"as_of":{as_of},"exp":{exp},"chunks":[{}]}}"#, names.join(","))
}

pub(super) fn signed(claims: &str) -> Answer {
    head(&KEY.0.sign_statement("revocations+jwt", claims.as_bytes()).unwrap())
}

pub(super) fn head(text: &str) -> Answer {
    let etag = format!("etag: \"{}\"\r\n", name(text));
    Answer::status("200 OK", &format!("content-type: application/revocations+jwt\r\n{etag}"), text)
}

/// Where a chunk is.
pub(super) fn path(chunk: &str) -> String {
    format!("{FEED}/{}", name(chunk))
}

pub(super) fn name(chunk: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha256(chunk.as_bytes()))
}

/// Moves when the test says so, and counts the looks that have ended: each ends with a wait that is no time-out's.
#[derive(Clone, Default)]
pub(super) struct FeedTimer {
    pub(super) time: ManualTimer,
    pauses: Arc<AtomicUsize>,
}

impl FeedTimer {
    pub(super) fn pauses(&self) -> usize {
        self.pauses.load(Ordering::SeqCst)
    }
}

impl Timer for FeedTimer {
    fn elapsed(&self) -> Duration {
        self.time.elapsed()
    }

    fn sleep(&self, time: Duration) -> Sleep {
        let sleep = self.time.sleep(time);
        if time < FETCH_TIMEOUT {
            self.pauses.fetch_add(1, Ordering::SeqCst);
        }
        sleep
    }
}
