//! Keys from where the issuer publishes them, kept in memory and kept fresh.
//!
//! | module | what it holds |
//! |---|---|
//! | `remote_keys` | [`RemoteKeys`], the key source; its defaults and its builder's options are in `builder` |
//! | `refresh` | when to fetch: the schedule, what strangers may cause, and how long old keys serve |
//! | `source` | what to fetch: a key set, or an issuer's metadata and then its key set |
//! | `transport` | how: TLS or loopback, GET, no redirects, bounds of size and time |
//! | `cache_control`, `timer`, `error` | what the issuer says of freshness; time as a parameter; what went wrong |
//!
//! A further way to find the keys (RFC 9728, say) is a variant of `source::Source`; a further bound is a field of
//! `refresh::Bounds` and a method of the builder.

mod builder;
mod cache_control;
mod error;
mod refresh;
mod remote_keys;
mod source;
mod timer;
mod transport;

pub use builder::{DEFAULT_KEEP, DEFAULT_REFRESH, RemoteKeysBuilder};
pub use error::{Document, FetchError, FetchFault, StartError, TransportError};
pub use refresh::{COOLDOWN, FETCH_TIMEOUT, MAX_REFRESH, MIN_REFRESH};
pub use remote_keys::RemoteKeys;
pub use timer::{Sleep, Timer, TokioTimer};
pub use transport::{PlainHttp, Transport};
