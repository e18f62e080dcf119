//! One look at the feed: its head, and the chunks that the head names and that are not here yet.
//!
//! What is learned is kept only as a whole: a chunk that cannot be had leaves everything as it was. Chunks of a look that
//! failed are kept for the next one, and for no longer.

use super::head::{self, Digest, Head};
use crate::clock::Clock;
use crate::fetch::error::{Document, FetchError, FetchFault};
use crate::fetch::metadata::{Link, Metadata};
use crate::fetch::timer::Timer;
use crate::fetch::transport::{Ask, Fetched, Transport};
use crate::keys::KeySource;
use crate::revocation_set::{MAX_CHUNK_BYTES, RevocationChunk};
use jeton_jose::{UnverifiedStatement, VerifyingKey, sha256};
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::collections::HashMap;
use std::sync::Arc;

/// The largest head that is read, in bytes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most chunks that a head may name.
pub const MAX_CHUNKS: usize = 4096;

/// The most entries that the chunks of a head may have. A feed of more is taken for broken.
pub const MAX_ENTRIES: usize = 1_000_000;

/// The type of a head, which no token has.
const HEAD_TYPE: &str = "revocations+jwt";

/// How often a head is fetched anew at once that names a chunk which has gone meanwhile.
const HEADS_PER_LOOK: usize = 3;

const HEAD: Ask<'static> = Ask { accept: "application/revocations+jwt", limit: MAX_HEAD_BYTES, unless: None };
const CHUNK: Ask<'static> = Ask { accept: "text/plain", limit: MAX_CHUNK_BYTES, unless: None };

/// Where a feed is.
pub(super) enum Place {
    Known(Url),
    Named(Metadata),
}

/// What a head is held against.
pub(super) struct Expected {
    pub(super) issuer: String,
    pub(super) keys: Arc<dyn KeySource>,
    pub(super) clock: Arc<dyn Clock>,
    /// In seconds.
    pub(super) leeway: i64,
}

/// A feed, and how far it was followed.
pub(super) struct Feed {
    transport: Transport,
    place: Place,
    expected: Expected,
    timer: Arc<dyn Timer>,
    /// Where the head was last.
    url: Option<Url>,
    chunks: HashMap<Digest, Arc<RevocationChunk>>,
    followed: Option<Followed>,
}

/// The last head that was good, and all of whose chunks are here.
struct Followed {
    head: Head,
    etag: Option<HeaderValue>,
}

/// What a look found.
pub(super) enum Look {
    /// The issuer says nothing that it had not said before, or something older.
    NothingNew,
    /// It vouches anew for what is known.
    Confirmed,
    /// These are all chunks in force.
    Changed(Vec<Arc<RevocationChunk>>),
}

impl Feed {
    pub(super) fn new(transport: Transport, place: Place, expected: Expected, timer: Arc<dyn Timer>) -> Self {
        Self { transport, place, expected, timer, url: None, chunks: HashMap::new(), followed: None }
    }

    /// Looks once. While what is known is `stale`, a head counts that is older than the last one, too, as it would after
    /// a restart: the issuer's clock may have been set back. What somebody replays is bounded by its `exp` then.
    pub(super) async fn look(&mut self, stale: bool) -> Result<Look, FetchError> {
        let mut heads = 1;
        loop {
            let Some((head, etag)) = self.head(stale).await? else { return Ok(Look::NothingNew) };
            match self.load(&head).await {
                Ok(()) => return Ok(self.follow(head, etag)),
                // It left the feed after that head was made.
                Err(FetchFault::Status(404)) if heads < HEADS_PER_LOOK => heads += 1,
                Err(fault) => return Err(fault.of(Document::RevocationChunk)),
            }
        }
    }

    fn follow(&mut self, head: Head, etag: Option<HeaderValue>) -> Look {
        let same = self.followed.as_ref().is_some_and(|followed| followed.head.chunks == head.chunks);
        self.chunks.retain(|digest, _| head.chunks.contains(digest));
        self.followed = Some(Followed { head, etag });
        if same { Look::Confirmed } else { Look::Changed(self.chunks.values().cloned().collect()) }
    }

    /// The head of now, where it is another one that counts.
    async fn head(&mut self, stale: bool) -> Result<Option<(Head, Option<HeaderValue>)>, FetchError> {
        let url = self.url().await?;
        let unless = self.followed.as_ref().and_then(|followed| followed.etag.as_ref());
        let fetched = self.transport.ask(url.clone(), Ask { unless, ..HEAD }, &*self.timer).await;
        let Fetched { body, etag, .. } = match fetched {
            Ok(None) => return Ok(None),
            Ok(Some(fetched)) => fetched,
            Err(fault) => {
                if !matches!(fault, FetchFault::Status(400..500)) {
                    // It is there, or may be again.
                    self.url = Some(url);
                }
                return Err(fault.of(Document::RevocationHead));
            }
        };
        self.url = Some(url);
        let head = self.verified(&body).await.map_err(|fault| fault.of(Document::RevocationHead))?;
        let counts = self.followed.as_ref().is_none_or(|followed| {
            let last = followed.head.as_of;
            head.as_of > last || stale && head.as_of != last
        });
        Ok(counts.then_some((head, etag)))
    }

    async fn url(&mut self) -> Result<Url, FetchError> {
        match (&self.place, self.url.take()) {
            (_, Some(url)) => Ok(url),
            (Place::Known(url), None) => Ok(url.clone()),
            (Place::Named(metadata), None) => {
                metadata.find(Link::RevocationFeed, &self.transport, &*self.timer).await
            }
        }
    }

    /// Reads a head that one of the issuer's keys signed; a key that is not known is looked for once, as for a token.
    async fn verified(&self, body: &[u8]) -> Result<Head, FetchFault> {
        let Expected { issuer, keys, clock, leeway } = &self.expected;
        let text = std::str::from_utf8(body).map_err(|_| FetchFault::NotHead)?;
        let statement =
            UnverifiedStatement::parse(text, HEAD_TYPE, MAX_HEAD_BYTES).map_err(FetchFault::Head)?;
        let key = match keys.key(statement.kid()) {
            Some(key) => key,
            None => look_again(&**keys, statement.kid()).await.ok_or(FetchFault::HeadKey)?,
        };
        let payload = statement.verify(&key).map_err(FetchFault::Head)?;
        Head::read(&payload, issuer, clock.now().saturating_sub(*leeway))
    }

    /// Fetches what is missing of a head.
    async fn load(&mut self, head: &Head) -> Result<(), FetchFault> {
        let followed = self.followed.as_ref().map(|followed| &followed.head.chunks);
        self.chunks.retain(|digest, _| {
            head.chunks.contains(digest) || followed.is_some_and(|chunks| chunks.contains(digest))
        });
        let mut entries = 0;
        for digest in &head.chunks {
            let chunk = match self.chunks.get(digest) {
                Some(chunk) => Arc::clone(chunk),
                None => self.chunk(digest).await?,
            };
            entries += chunk.len();
            if entries > MAX_ENTRIES {
                return Err(FetchFault::TooManyEntries);
            }
            self.chunks.insert(*digest, chunk);
        }
        Ok(())
    }

    async fn chunk(&self, digest: &Digest) -> Result<Arc<RevocationChunk>, FetchFault> {
        let mut url = self.url.clone().expect("the head came from there");
        url.path_segments_mut().expect("an http URL has a path").pop_if_empty().push(&head::name(digest));
        let fetched = self.transport.ask(url, CHUNK, &*self.timer).await?;
        let Fetched { body, .. } = fetched.expect("nothing is the same where no condition was given");
        if sha256(&body) != *digest {
            return Err(FetchFault::ChunkHash);
        }
        Ok(Arc::new(RevocationChunk::parse(&body)?))
    }
}

async fn look_again(keys: &dyn KeySource, kid: &str) -> Option<Arc<VerifyingKey>> {
    if let Some(refetch) = keys.refetch() {
        refetch.await;
    }
    keys.key(kid)
}
