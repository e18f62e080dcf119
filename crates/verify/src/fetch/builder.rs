//! What fetching must be told, and what it may be told. A further option is a field here with a safe default.

use super::error::StartError;
use super::refresh::Bounds;
use super::remote_keys::RemoteKeys;
use super::source::Source;
use super::timer::{Timer, TokioTimer};
use super::transport::{PlainHttp, Transport};
use std::sync::Arc;
use std::time::Duration;

/// How often keys are fetched where their issuer says nothing of it (`Cache-Control: max-age`).
pub const DEFAULT_REFRESH: Duration = Duration::from_mins(5);

/// How long keys serve that cannot be fetched anew: long enough for an operator to sleep, and short enough that a key
/// which its issuer removed does not serve for ever behind a broken network.
pub const DEFAULT_KEEP: Duration = Duration::from_hours(24);

/// What has a default, before the first fetch. See [`RemoteKeys`].
#[must_use = "a builder does nothing until it is started"]
pub struct RemoteKeysBuilder {
    place: Place,
    bounds: Bounds,
    plain: PlainHttp,
    roots: Vec<u8>,
    timer: Arc<dyn Timer>,
}

enum Place {
    KeySet(String),
    Issuer(String),
}

impl RemoteKeysBuilder {
    pub(super) fn key_set(url: String) -> Self {
        Self::new(Place::KeySet(url))
    }

    pub(super) fn issuer(issuer: String) -> Self {
        Self::new(Place::Issuer(issuer))
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            bounds: Bounds { refresh: DEFAULT_REFRESH, keep: DEFAULT_KEEP },
            plain: PlainHttp::LoopbackOnly,
            roots: Vec::new(),
            timer: Arc::new(TokioTimer::default()),
        }
    }

    /// How often to fetch where the issuer does not say, in place of [`DEFAULT_REFRESH`]; at least
    /// [`MIN_REFRESH`](super::MIN_REFRESH) and at most [`MAX_REFRESH`](super::MAX_REFRESH) are kept to in any case.
    pub fn refresh_every(mut self, time: Duration) -> Self {
        self.bounds.refresh = time;
        self
    }

    /// How long keys serve that cannot be fetched anew, in place of [`DEFAULT_KEEP`]. After that every token is
    /// [`KeysUnavailable`](crate::VerifyError::KeysUnavailable) until a fetch succeeds.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.bounds.keep = time;
        self
    }

    /// Trusts the servers that these certificates (PEM, one or more) vouch for, beside those that the system trusts.
    pub fn additional_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = pem.into();
        self
    }

    /// Fetches over plain HTTP from other machines too. Whoever is on the way can then put keys of their own in place
    /// of the issuer's, and sign any token.
    pub fn danger_plain_http(mut self) -> Self {
        self.plain = PlainHttp::DangerAnywhere;
        self
    }

    /// Another timer than tokio's.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Begins to fetch, in a task of the tokio runtime that this is called in, until the last clone of the result is
    /// dropped. It does not wait: see [`RemoteKeys::ready`].
    pub fn start(self) -> Result<Arc<RemoteKeys>, StartError> {
        let Self { place, bounds, plain, roots, timer } = self;
        let source = match place {
            Place::KeySet(url) => Source::key_set(Transport::new(&url, plain, &roots)?),
            Place::Issuer(issuer) => {
                let transport = Transport::new(&issuer, plain, &roots)?;
                Source::issuer(issuer, transport)?
            }
        };
        RemoteKeys::spawn(source, bounds, timer).map(Arc::new)
    }
}
