//! How much of anything one client may take. Limits apply before parsing.

use std::time::Duration;

/// The limits of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the connection (or the end of its handshake) to its first byte; so also how long the other end may take for
    /// any other sign of life, such as to end a connection when it is told to.
    pub first_byte: Duration,
    /// From the connection to the end of its TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a head to its end.
    pub header: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub idle: Duration,
    /// For how long the other end may take nothing of what is written to it.
    pub write: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// From the end of the body to the answer.
    pub answer: Duration,
    /// From the word to stop, when readiness fails, to the first connection that is refused: as long as whoever
    /// sends the requests needs to notice.
    pub stop_delay: Duration,
    /// How long requests in flight have at the end.
    pub drain: Duration,
    /// Connections at once; more wait to be accepted.
    pub connections: u32,
    /// Bytes of a head.
    pub header_bytes: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// Credentials in the cache.
    pub cached_credentials: usize,
    /// Client ids whose last failure is remembered.
    pub remembered_failures: usize,
    /// For how long after the last confirmed poll what is in memory may answer.
    pub max_staleness: Duration,
    /// Failed authentications that come back to each address (each /64 of IPv6) and each client id in a minute.
    pub failures_per_minute: u32,
    /// Failed authentications that each of them has at once, after a rest.
    pub failures_at_once: u32,
    /// Addresses and client ids whose failures are counted.
    pub remembered_guessers: usize,
    /// Tokens that wait for a signature by an RSA key, those included that are being signed.
    pub waiting_signatures: usize,
    /// Kinds of requests that are counted apart until they are written, and last uses of secrets.
    pub counted_kinds: usize,
}

/// Bytes of a body, by the contract.
pub(crate) const BODY_BYTES: usize = 65_536;

/// Descriptors that connections leave to everything else; half of them where there are few.
const RESERVED_DESCRIPTORS: u64 = 128;

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(10),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            stop_delay: Duration::ZERO,
            drain: Duration::from_secs(10),
            connections: 16_384,
            header_bytes: 16 * 1024,
            streams: 100,
            cached_credentials: 100_000,
            remembered_failures: 10_000,
            max_staleness: Duration::from_secs(30),
            failures_per_minute: 100,
            failures_at_once: 100,
            remembered_guessers: 50_000,
            waiting_signatures: 2048,
            counted_kinds: 200_000,
        }
    }
}

impl Limits {
    /// Raises the process's descriptor limit as far as it may, and takes no more connections than it allows.
    #[must_use]
    pub fn within_descriptors(mut self) -> Self {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Where raising is refused, what we have is what we go by.
        let _ = setrlimit(Resource::Nofile, limit);
        if let Some(descriptors) = getrlimit(Resource::Nofile).current {
            let free = (descriptors - RESERVED_DESCRIPTORS.min(descriptors / 2)).max(1);
            self.connections = self.connections.min(u32::try_from(free).unwrap_or(u32::MAX));
        }
        self
    }
}
