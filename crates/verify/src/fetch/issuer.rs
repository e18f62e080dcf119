//! An issuer as most services want it: its keys and what it revoked, in one call.

use super::error::{FetchError, StartError};
use super::remote_keys::RemoteKeys;
use super::revocations::{DEFAULT_BOUND, RemoteRevocations, WhenStale};
use super::transport::PlainHttp;
use crate::builder::VerifierBuilder;
use crate::verifier::Verifier;
use jeton_jose::Algorithm;
use std::sync::Arc;
use std::time::Duration;

/// An issuer's keys and what it revoked, both found by its metadata, kept in memory and kept fresh.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use jeton_verify::Algorithm;
/// use jeton_verify::fetch::RemoteIssuer;
///
/// let issuer = RemoteIssuer::connect("https://auth.example.com").await?;
/// let verifier = issuer.verifier("https://api.example.com", [Algorithm::Es256]).build()?;
/// # Ok(())
/// # }
/// ```
///
/// An issuer that has no revocation feed is an error. Whoever wants to take its tokens for good until they expire says so
/// by [`RemoteKeys`] and a [`Verifier`] of their own.
#[derive(Clone, Debug)]
pub struct RemoteIssuer {
    issuer: String,
    keys: Arc<RemoteKeys>,
    revocations: Arc<RemoteRevocations>,
}

impl RemoteIssuer {
    /// Fetches both, and waits until they are there.
    pub async fn connect(issuer: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(issuer).connect().await
    }

    /// As [`connect`](Self::connect), with more to say before.
    pub fn builder(issuer: impl Into<String>) -> RemoteIssuerBuilder {
        RemoteIssuerBuilder {
            issuer: issuer.into(),
            bound: DEFAULT_BOUND,
            when_stale: WhenStale::Refuse,
            plain: PlainHttp::LoopbackOnly,
            roots: Vec::new(),
        }
    }

    /// A verifier of this issuer's tokens for one audience, which refuses those that are revoked. Of `algorithms` name
    /// only what the issuer uses for this API.
    pub fn verifier(
        &self,
        audience: impl Into<String>,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> VerifierBuilder {
        Verifier::builder(&self.issuer, audience, algorithms, Arc::clone(&self.keys) as _)
            .revocations(Arc::clone(&self.revocations) as _)
    }

    /// The issuer's keys.
    pub fn keys(&self) -> &Arc<RemoteKeys> {
        &self.keys
    }

    /// What it revoked.
    pub fn revocations(&self) -> &Arc<RemoteRevocations> {
        &self.revocations
    }

    /// Waits until both have been fetched once, and says what was wrong if they are not there.
    pub async fn ready(&self) -> Result<(), FetchError> {
        self.keys.ready().await?;
        self.revocations.ready().await
    }
}

/// What has a default, before the first fetch. See [`RemoteIssuer`]. What is not here is set with the builders of its two
/// parts.
#[must_use = "a builder does nothing until it is started"]
pub struct RemoteIssuerBuilder {
    issuer: String,
    bound: Duration,
    when_stale: WhenStale,
    plain: PlainHttp,
    roots: Vec<u8>,
}

impl RemoteIssuerBuilder {
    /// See [`RemoteRevocationsBuilder::bound`](super::RemoteRevocationsBuilder::bound).
    pub fn revocation_bound(mut self, time: Duration) -> Self {
        self.bound = time;
        self
    }

    /// See
    /// [`RemoteRevocationsBuilder::danger_accept_when_stale`](super::RemoteRevocationsBuilder::danger_accept_when_stale).
    pub fn danger_accept_when_stale(mut self) -> Self {
        self.when_stale = WhenStale::DangerAccept;
        self
    }

    /// See [`RemoteKeysBuilder::additional_roots`](super::RemoteKeysBuilder::additional_roots).
    pub fn additional_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = pem.into();
        self
    }

    /// See [`RemoteKeysBuilder::danger_plain_http`](super::RemoteKeysBuilder::danger_plain_http).
    pub fn danger_plain_http(mut self) -> Self {
        self.plain = PlainHttp::DangerAnywhere;
        self
    }

    /// Begins to fetch, in tasks of the tokio runtime that this is called in, and does not wait.
    pub fn start(self) -> Result<RemoteIssuer, StartError> {
        let Self { issuer, bound, when_stale, plain, roots } = self;
        let keys = RemoteKeys::of_issuer(&issuer).additional_roots(roots.clone());
        let keys = if plain == PlainHttp::DangerAnywhere { keys.danger_plain_http() } else { keys };
        let keys = keys.start()?;
        let revocations = RemoteRevocations::of_issuer(&issuer, Arc::clone(&keys) as _);
        let revocations = revocations.all_of(bound, when_stale, plain, roots).start()?;
        Ok(RemoteIssuer { issuer, keys, revocations })
    }

    /// [Starts](Self::start), and waits until keys and revocations are there.
    pub async fn connect(self) -> Result<RemoteIssuer, ConnectError> {
        let issuer = self.start()?;
        issuer.ready().await?;
        Ok(issuer)
    }
}

/// Why an issuer's tokens cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing may be fetched at all.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}
