//! The key source that fetches.

use super::builder::RemoteKeysBuilder;
use super::error::{FetchError, StartError};
use super::refresh::{Bounds, Shared};
use super::source::Source;
use super::timer::Timer;
use crate::keys::{KeySource, Refetch};
use jeton_jose::VerifyingKey;
use std::fmt;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The keys of an issuer, fetched from it, kept in memory, and fetched again in the background.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use jeton_verify::fetch::RemoteKeys;
/// use jeton_verify::{Algorithm, Verifier};
///
/// let issuer = "https://auth.example.com";
/// let keys = RemoteKeys::of_issuer(issuer).start()?;
/// keys.ready().await?; // Or go on without: requests are answered with 503 until there are keys.
/// let verifier = Verifier::new(issuer, "https://api.example.com", [Algorithm::Es256], keys)?;
/// # Ok(())
/// # }
/// ```
///
/// **When it fetches**: at the start; then as often as the issuer says (`max-age` of the key set, between
/// [`MIN_REFRESH`] and [`MAX_REFRESH`]; [`DEFAULT_REFRESH`] where it says nothing); after a failure again in 1, 2, 4,
/// .. up to 30 seconds; and for a token whose key is not known, at most every [`COOLDOWN`], whatever tokens come.
/// Requests that wait for such a fetch share it, and wait [`FETCH_TIMEOUT`] at the most.
///
/// **How long keys serve**: until a fetch succeeds, whose keys replace all others, so that a removed key is refused
/// from then on; or for [`DEFAULT_KEEP`] after the last one that did.
///
/// **How it fetches**: GET over https, or over http from this machine; no redirects; 2 seconds and 256 KiB a document;
/// TLS with the system's roots and those of [`RemoteKeysBuilder::additional_roots`]. A proxy of the environment
/// (`HTTPS_PROXY`) is used for https.
///
/// **What is not checked**: the media types of the answers, and whether the key set's address belongs to the issuer,
/// where the metadata says that it does.
///
/// Failures are logged as warnings (`tracing`), and the last one is kept in [`last_error`](Self::last_error).
///
/// [`MIN_REFRESH`]: super::MIN_REFRESH
/// [`MAX_REFRESH`]: super::MAX_REFRESH
/// [`DEFAULT_REFRESH`]: super::DEFAULT_REFRESH
/// [`DEFAULT_KEEP`]: super::DEFAULT_KEEP
/// [`COOLDOWN`]: super::COOLDOWN
/// [`FETCH_TIMEOUT`]: super::FETCH_TIMEOUT
pub struct RemoteKeys {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl RemoteKeys {
    /// The keys of this set, `https://auth.example.com/.well-known/jwks.json`, say. That it is the issuer's is the
    /// caller's word.
    pub fn of_key_set(url: impl Into<String>) -> RemoteKeysBuilder {
        RemoteKeysBuilder::key_set(url.into())
    }

    /// The keys that this issuer's metadata leads to: RFC 8414's `/.well-known/oauth-authorization-server`, or, where
    /// that path is answered with a 4xx, `/.well-known/openid-configuration`. The `issuer` in it must be this one byte
    /// for byte. `jwks_uri` must be https if the issuer is.
    pub fn of_issuer(issuer: impl Into<String>) -> RemoteKeysBuilder {
        RemoteKeysBuilder::issuer(issuer.into())
    }

    pub(super) fn spawn(source: Source, bounds: Bounds, timer: Arc<dyn Timer>) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let shared = Arc::new(Shared::new(bounds, timer));
        let task = runtime.spawn(Arc::clone(&shared).run(source)).abort_handle();
        Ok(Self { shared, task })
    }

    /// Waits until the first fetch has ended, and says how if there are no keys. For whoever would rather not start at
    /// all than start without keys; the fetches go on in either case.
    pub async fn ready(&self) -> Result<(), FetchError> {
        self.shared.first().await;
        match self.last_error() {
            Some(error) if !self.is_available() => Err(FetchError::clone(&error)),
            _ => Ok(()),
        }
    }

    /// Why the last fetch failed; nothing where it did not. The keys of the one before still serve, for their time.
    pub fn last_error(&self) -> Option<Arc<FetchError>> {
        self.shared.last_error()
    }
}

impl KeySource for RemoteKeys {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.shared.key(kid)
    }

    fn is_available(&self) -> bool {
        self.shared.is_available()
    }

    fn refetch(&self) -> Option<Refetch> {
        self.shared.demand()
    }
}

impl Drop for RemoteKeys {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys")
            .field("is_available", &self.is_available())
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}
