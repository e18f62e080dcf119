//! Keys and revocations from where the issuer publishes them, kept in memory and kept fresh.
//!
//! | module | what it holds |
//! |---|---|
//! | `issuer` | [`RemoteIssuer`]: both, in one call |
//! | `remote_keys` | [`RemoteKeys`], the key source; its defaults and its builder's options are in `builder` |
//! | `refresh` | when to fetch: the schedule, what strangers may cause, and how long old keys serve |
//! | `source` | what to fetch: a key set, or an issuer's metadata and then its key set |
//! | `revocations` | [`RemoteRevocations`], which follows the revocation feed |
//! | `metadata` | where an issuer says that its documents are |
//! | `transport` | how: TLS or loopback, GET, no redirects, bounds of size and time |
//! | `cache_control`, `timer`, `error` | what the issuer says of freshness; time as a parameter; what went wrong |
//!
//! A further way to find the keys (RFC 9728, say) is a variant of `source::Source`; a further bound is a field of
//! `refresh::Bounds` and a method of the builder.

mod builder;
mod cache_control;
mod error;
mod issuer;
mod metadata;
mod refresh;
mod remote_keys;
mod revocations;
mod source;
mod timer;
mod transport;

pub use builder::{DEFAULT_KEEP, DEFAULT_REFRESH, RemoteKeysBuilder};
pub use error::{Document, FetchError, FetchFault, StartError, TransportError};
pub use issuer::{ConnectError, RemoteIssuer, RemoteIssuerBuilder};
pub use refresh::{COOLDOWN, FETCH_TIMEOUT, MAX_REFRESH, MIN_REFRESH};
pub use remote_keys::RemoteKeys;
pub use revocations::{
    DEFAULT_BOUND, MAX_CHUNKS, MAX_ENTRIES, MAX_HEAD_BYTES, POLL_INTERVAL, RemoteRevocations,
    RemoteRevocationsBuilder,
};
pub use timer::{Sleep, Timer, TokioTimer};
pub use transport::{PlainHttp, Transport};
