//! What went wrong on the way to the keys or the revocations. Nothing here holds, or prints, anything of what a server said.

use crate::keys::KeysError;
use crate::revocation_set::ChunkError;
use jeton_jose::{JwkSetError, TokenError};
use std::fmt;

/// Why nothing can be fetched at all, found before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The URL, the roots or the TLS set-up will not do.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An issuer has neither query nor fragment (RFC 8414 section 2).
    #[error("an issuer is a URL without query and fragment")]
    Issuer,
    /// There is no tokio runtime to fetch in.
    #[error("keys and revocations are fetched in a tokio runtime, and there is none here")]
    NoRuntime,
}

/// Why nothing may be sent to a URL, or can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Not an absolute `http` or `https` URL, or one with a user name, a password or a fragment.
    #[error("not an https URL without user name and fragment")]
    Url,
    /// Plain HTTP to another machine.
    #[error("plain http leaves this machine readable and changeable by anybody on the way: use https")]
    PlainHttp,
    /// The additional roots are no certificates in PEM.
    #[error("the additional roots are not certificates in PEM")]
    Roots,
    /// TLS cannot be set up: the system has no root certificates, for one.
    #[error("TLS cannot be set up: are there root certificates on this system?")]
    Tls,
}

/// Why a fetch brought nothing. What was there before stays, for its time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {fault}")]
pub struct FetchError {
    /// Which document it was about.
    pub document: Document,
    /// What was wrong.
    pub fault: FetchFault,
}

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The issuer's metadata (RFC 8414 section 3).
    Metadata,
    /// The key set (RFC 7517 section 5).
    KeySet,
    /// The head of the revocation feed.
    RevocationHead,
    /// A chunk of the revocation feed.
    RevocationChunk,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Metadata => "the issuer's metadata",
            Self::KeySet => "the key set",
            Self::RevocationHead => "the head of the revocation feed",
            Self::RevocationChunk => "a chunk of the revocation feed",
        })
    }
}

/// What was wrong with a document, or with the way to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// No connection: the name is unknown, nobody listens, or the network is down.
    #[error("no connection")]
    Unreachable,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("no trusted TLS connection")]
    Tls,
    /// The server did not answer in full in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer broke off, or was no HTTP.
    #[error("the answer broke off")]
    Interrupted,
    /// A redirect, which is not followed: whoever may redirect could choose the keys.
    #[error("a redirect, which is not followed")]
    Redirect,
    /// Another status than 200.
    #[error("status {0}")]
    Status(u16),
    /// Larger than such a document may be: [`MAX_JWKS_BYTES`](jeton_jose::MAX_JWKS_BYTES) for metadata and keys,
    /// [`MAX_HEAD_BYTES`](super::MAX_HEAD_BYTES) and [`MAX_CHUNK_BYTES`](crate::MAX_CHUNK_BYTES) for the feed.
    #[error("larger than it may be")]
    TooLarge,
    /// No JSON object with the strings `issuer` and `jwks_uri`.
    #[error("not authorization server metadata")]
    NotMetadata,
    /// The `issuer` in it is not, byte for byte, the configured one (RFC 8414 section 3.3).
    #[error("it is about another issuer")]
    OtherIssuer,
    /// `jwks_uri` is no URL that may be fetched: not of the issuer's own scheme, say.
    #[error("its jwks_uri may not be fetched")]
    JwksUri,
    /// It names no `revocation_feed`: the issuer has none.
    #[error("it names no revocation_feed")]
    NoFeed,
    /// `revocation_feed` is no URL that may be fetched: not of the issuer's own scheme, say.
    #[error("its revocation_feed may not be fetched")]
    FeedUri,
    /// No statement of the head's own type, or its signature is wrong.
    #[error("not a signed head: {0}")]
    Head(TokenError),
    /// Signed, but not by a key that is known.
    #[error("no trusted key has its `kid`")]
    HeadKey,
    /// Signed, but its claims are not those of a head.
    #[error("its claims are not those of a head")]
    NotHead,
    /// Its `exp` has come: it is an old one, or the clocks are apart.
    #[error("it has expired")]
    HeadExpired,
    /// It names more than [`MAX_CHUNKS`](super::MAX_CHUNKS).
    #[error("it names more than {} chunks", super::revocations::MAX_CHUNKS)]
    TooManyChunks,
    /// With it there are more than [`MAX_ENTRIES`](super::MAX_ENTRIES).
    #[error("with it there are more than {} entries", super::revocations::MAX_ENTRIES)]
    TooManyEntries,
    /// Its bytes are not those that the head names.
    #[error("its bytes are not those of its hash")]
    ChunkHash,
    /// Not a chunk.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// Not a key set.
    #[error(transparent)]
    KeySet(#[from] JwkSetError),
    /// A key set whose keys are none.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl FetchFault {
    pub(super) fn of(self, document: Document) -> FetchError {
        FetchError { document, fault: self }
    }
}
