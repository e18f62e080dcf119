//! What following a feed must be told, and what it may be told. A further option is a field here with a safe default.

use super::RemoteRevocations;
use super::feed::{Expected, Feed, Place};
use super::follow::{Shared, WhenStale};
use crate::builder::DEFAULT_LEEWAY_SECONDS;
use crate::clock::{Clock, SystemClock};
use crate::fetch::error::StartError;
use crate::fetch::metadata::Metadata;
use crate::fetch::timer::{Timer, TokioTimer};
use crate::fetch::transport::{PlainHttp, Transport};
use crate::keys::KeySource;
use std::sync::Arc;
use std::time::Duration;

/// How long what is known to be revoked serves while the issuer is not heard.
pub const DEFAULT_BOUND: Duration = Duration::from_secs(30);

/// What has a default, before the first look at the feed. See [`RemoteRevocations`].
#[must_use = "a builder does nothing until it is started"]
pub struct RemoteRevocationsBuilder {
    /// Nothing where the issuer's metadata says it.
    url: Option<String>,
    expected: Expected,
    bound: Duration,
    when_stale: WhenStale,
    plain: PlainHttp,
    roots: Vec<u8>,
    timer: Arc<dyn Timer>,
}

impl RemoteRevocationsBuilder {
    pub(super) fn issuer(issuer: String, keys: Arc<dyn KeySource>) -> Self {
        Self::new(None, issuer, keys)
    }

    pub(super) fn feed(url: String, issuer: String, keys: Arc<dyn KeySource>) -> Self {
        Self::new(Some(url), issuer, keys)
    }

    fn new(url: Option<String>, issuer: String, keys: Arc<dyn KeySource>) -> Self {
        let leeway = i64::from(DEFAULT_LEEWAY_SECONDS);
        Self {
            url,
            expected: Expected { issuer, keys, clock: Arc::new(SystemClock), leeway },
            bound: DEFAULT_BOUND,
            when_stale: WhenStale::Refuse,
            plain: PlainHttp::LoopbackOnly,
            roots: Vec::new(),
            timer: Arc::new(TokioTimer::default()),
        }
    }

    /// What [`RemoteIssuer`](crate::fetch::RemoteIssuer) was told.
    pub(in crate::fetch) fn all_of(
        self,
        bound: Duration,
        when_stale: WhenStale,
        plain: PlainHttp,
        roots: Vec<u8>,
    ) -> Self {
        Self { bound, when_stale, plain, roots, ..self }
    }

    /// How long what is known serves while the issuer is not heard, in place of [`DEFAULT_BOUND`].
    pub fn bound(mut self, time: Duration) -> Self {
        self.bound = time;
        self
    }

    /// Goes on by what was known last, however old it is, where the issuer is not heard for longer than the bound.
    /// Whoever can keep this service from reaching the issuer can then use what was revoked since, until it expires.
    /// Nothing is accepted where nothing was ever known.
    pub fn danger_accept_when_stale(mut self) -> Self {
        self.when_stale = WhenStale::DangerAccept;
        self
    }

    /// Trusts the servers that these certificates (PEM, one or more) vouch for, beside those that the system trusts.
    pub fn additional_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = pem.into();
        self
    }

    /// Fetches over plain HTTP from other machines too. Whoever is on the way can then hold the feed back; what it
    /// says is signed in any case.
    pub fn danger_plain_http(mut self) -> Self {
        self.plain = PlainHttp::DangerAnywhere;
        self
    }

    /// Another clock than the system's: heads expire by it.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.expected.clock = Arc::new(clock);
        self
    }

    /// Another timer than tokio's.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Begins to follow the feed, in a task of the tokio runtime that this is called in, until the last clone of the
    /// result is dropped. It does not wait: see [`RemoteRevocations::ready`].
    pub fn start(self) -> Result<Arc<RemoteRevocations>, StartError> {
        let Self { url, expected, bound, when_stale, plain, roots, timer } = self;
        let transport = Transport::kept_open(url.as_deref().unwrap_or(&expected.issuer), plain, &roots)?;
        let place = match url {
            Some(_) => Place::Known(transport.url().clone()),
            None => Place::Named(Metadata::of(expected.issuer.clone(), &transport)?),
        };
        let feed = Feed::new(transport, place, expected, Arc::clone(&timer));
        RemoteRevocations::spawn(feed, Shared::new(bound, when_stale, timer)).map(Arc::new)
    }
}
