//! How much of anything one client may take. Limits apply before parsing.

use std::time::Duration;

/// The limits of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the connection to its first byte; so also how long the other end may take for any other sign of life, such
    /// as to end a connection when it is told to.
    pub first_byte: Duration,
    /// From the end of one request (or the first byte) to the end of the next one's head; so also how long a
    /// connection may idle.
    pub header: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// From the end of the body to the answer.
    pub answer: Duration,
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
}

/// Bytes of a body, by the contract.
pub(crate) const BODY_BYTES: usize = 65_536;

/// Descriptors that connections leave to everything else.
const RESERVED_DESCRIPTORS: u64 = 128;

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(30),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            connections: 16_384,
            header_bytes: 16 * 1024,
            streams: 100,
            cached_credentials: 100_000,
            remembered_failures: 10_000,
            max_staleness: Duration::from_secs(30),
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
            let free = descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(1);
            self.connections = self.connections.min(u32::try_from(free).unwrap_or(u32::MAX));
        }
        self
    }
}
