//! What an issuer revoked, by its feed, followed in the background: `docs/revocation.md` is the feed's format.
//!
//! | module | what it holds |
//! |---|---|
//! | `builder` | what following must be told, and what it may be told |
//! | `feed` | one look at the feed: the head, the chunks that are new, and what may be believed |
//! | `head` | the head, from signed text to hashes |
//! | `follow` | when to look, and how long what was seen serves |

mod builder;
mod feed;
mod follow;
mod head;

pub use builder::{DEFAULT_BOUND, RemoteRevocationsBuilder};
pub use feed::{MAX_CHUNKS, MAX_ENTRIES, MAX_HEAD_BYTES};
pub use follow::POLL_INTERVAL;
pub(super) use follow::WhenStale;

use super::error::{FetchError, StartError};
use crate::keys::KeySource;
use crate::revocations::{Revision, RevocationSource, Verdict};
use feed::Feed;
use follow::Shared;
use std::fmt;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// What an issuer revoked: its feed, followed in the background, and kept in memory. No request waits for it.
///
/// Whoever has no wishes takes [`RemoteIssuer`](super::RemoteIssuer), which has the keys too.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use jeton_verify::fetch::{RemoteKeys, RemoteRevocations};
/// use jeton_verify::{Algorithm, Verifier};
///
/// let issuer = "https://auth.example.com";
/// let keys = RemoteKeys::of_issuer(issuer).start()?;
/// let revocations = RemoteRevocations::of_issuer(issuer, keys.clone()).start()?;
/// revocations.ready().await?; // Or go on without: requests are answered with 503 until it is there.
/// let verifier = Verifier::builder(issuer, "https://api.example.com", [Algorithm::Es256], keys)
///     .revocations(revocations)
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// **When it fetches**: the head at the start and then every [`POLL_INTERVAL`], give or take a tenth; a chunk when a
/// head names it for the first time. One request at a time, of [`FETCH_TIMEOUT`](super::FETCH_TIMEOUT) at the most.
///
/// **What it believes**: a head that one of the issuer's keys signed as such, whose `iss` is the issuer, that has not
/// expired, and that is later than the one before; a chunk whose hash such a head names. All that a head names counts
/// at once, or nothing of it.
///
/// **How long it serves**: until [`DEFAULT_BOUND`] after the request for the last good head began. Then every token that
/// is not known to be revoked is [`RevocationsUnavailable`](crate::VerifyError::RevocationsUnavailable), until the feed
/// is heard again. An issuer's clock that was set back is taken for what it is at that time, and not before.
///
/// **How it fetches**: as [`RemoteKeys`](super::RemoteKeys), over a connection that stays open.
///
/// **What is not checked**: the media types of the answers, and the head's `seq`.
///
/// That it fails, is too old, and works again is logged once each (`tracing`); the last failure is kept in
/// [`last_error`](Self::last_error).
pub struct RemoteRevocations {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl RemoteRevocations {
    /// What this issuer revoked, by the feed that its metadata names as `revocation_feed`, which must be https if the
    /// issuer is. `keys` are that issuer's, and nobody else's.
    pub fn of_issuer(issuer: impl Into<String>, keys: Arc<dyn KeySource>) -> RemoteRevocationsBuilder {
        RemoteRevocationsBuilder::issuer(issuer.into(), keys)
    }

    /// By the feed at this URL, which must be this issuer's by its own account.
    pub fn of_feed(
        url: impl Into<String>,
        issuer: impl Into<String>,
        keys: Arc<dyn KeySource>,
    ) -> RemoteRevocationsBuilder {
        RemoteRevocationsBuilder::feed(url.into(), issuer.into(), keys)
    }

    fn spawn(feed: Feed, shared: Shared) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let shared = Arc::new(shared);
        let task = runtime.spawn(Arc::clone(&shared).run(feed)).abort_handle();
        Ok(Self { shared, task })
    }

    /// Waits until the feed has been looked at once, and says what was wrong if nothing came of it. For whoever would
    /// rather not start at all than start without; it is looked at again in either case.
    pub async fn ready(&self) -> Result<(), FetchError> {
        self.shared.first().await;
        match self.last_error() {
            Some(error) if !self.is_fresh() => Err(FetchError::clone(&error)),
            _ => Ok(()),
        }
    }

    /// Whether the issuer has been heard within the bound.
    pub fn is_fresh(&self) -> bool {
        self.shared.is_fresh()
    }

    /// Why the last look at the feed failed; nothing where it did not. What was known before serves, for its time.
    pub fn last_error(&self) -> Option<Arc<FetchError>> {
        self.shared.last_error()
    }
}

impl RevocationSource for RemoteRevocations {
    fn judge(&self, jti: &str, revision: Option<Revision<'_>>) -> Verdict {
        self.shared.judge(jti, revision)
    }
}

impl Drop for RemoteRevocations {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for RemoteRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteRevocations")
            .field("is_fresh", &self.is_fresh())
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}
