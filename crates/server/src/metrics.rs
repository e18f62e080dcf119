//! What is counted: the numbers that an operator watches and alerts on.
//!
//! Names begin with `jeton_`, units are seconds, and labels have few values, known at the start: environments, dialects,
//! outcomes, reasons. Never a client id, an address or a path, which strangers choose. Whatever a request counts is
//! looked up once, here, so that counting takes no lock.
//!
//! To add a metric: a field, its line in [`Metrics::new`], and a row in `docs/metrics.md`. What is known only when
//! somebody asks (ages, sizes) is set in [`Metrics::render`].

use std::time::Duration;

use jeton_core::Reason;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::config::{Dialect, Environment};

mod connections;
mod http;
pub(crate) mod text;
mod tokens;

use connections::Connections;
use http::HttpRequests;
use tokens::TokenRequests;

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    tokens: TokenRequests,
    http: HttpRequests,
    /// Connections, of both kinds of listeners.
    pub(crate) connections: Connections,
    /// Token requests whose credential was in memory.
    pub(crate) cache_hits: Counter,
    /// Token requests whose credential was not.
    pub(crate) cache_misses: Counter,
    /// Failures that were spared a read of the store.
    pub(crate) failure_hits: Counter,
    /// Reads of the store.
    pub(crate) reads: StoreReads,
    /// Look-ups that were spared one.
    pub(crate) lookups_joined: Counter,
    /// Failures beyond the limits on guessing.
    pub(crate) guesses_refused: Counter,
    /// Slow hashes of imported secrets that were computed.
    pub(crate) slow_hashes: Counter,
    /// Slow hashes that had no place in the queue.
    pub(crate) slow_hashes_refused: Counter,
    /// Signatures by RSA keys that had no place in the queue.
    pub(crate) slow_signatures_refused: Counter,
    /// Heads of the feed that were signed.
    pub(crate) feed_heads: Counter,
    sizes: Sizes,
    poll_age: Gauge<f64, std::sync::atomic::AtomicU64>,
    sequence: Gauge,
    ready: Gauge,
}

/// Reads of the store by what they were for, and those of them that failed.
#[derive(Debug)]
pub(crate) struct StoreReads {
    pub(crate) credentials: Tries,
    pub(crate) changes: Tries,
    pub(crate) keys: Tries,
    pub(crate) revocations: Tries,
}

/// How often something was tried, and how often it failed.
#[derive(Debug)]
pub(crate) struct Tries(Counter, Counter);

impl Tries {
    /// Counts one, and gives it back.
    pub(crate) fn count<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        self.0.inc();
        if result.is_err() {
            self.1.inc();
        }
        result
    }
}

#[derive(Debug)]
struct Sizes {
    credentials: Gauge,
    failures: Gauge,
    guessers: Gauge,
    revocations: Gauge,
    feed_bytes: Gauge,
}

/// What is known only when somebody asks.
pub(crate) struct Now {
    pub(crate) poll_age: Duration,
    pub(crate) sequence: i64,
    pub(crate) ready: bool,
    pub(crate) cached_credentials: usize,
    pub(crate) remembered_failures: usize,
    pub(crate) guessers: usize,
    pub(crate) revocations: usize,
    pub(crate) feed_bytes: usize,
}

impl Metrics {
    pub(crate) fn new(environments: &[Environment]) -> Self {
        let mut registry = Registry::with_prefix("jeton");
        build_info(&mut registry);
        Self {
            tokens: TokenRequests::new(&mut registry, environments),
            http: HttpRequests::new(&mut registry),
            connections: Connections::new(&mut registry),
            cache_hits: counter(
                &mut registry,
                "credential_cache_hits",
                "Token requests whose credential was in memory",
            ),
            cache_misses: counter(
                &mut registry,
                "credential_cache_misses",
                "Token requests whose credential was not in memory",
            ),
            failure_hits: counter(
                &mut registry,
                "failure_cache_hits",
                "Failures that were spared a read of the store",
            ),
            guesses_refused: counter(
                &mut registry,
                "guesses_refused",
                "Failures beyond the limits on guessing, answered 429",
            ),
            slow_hashes: counter(
                &mut registry,
                "slow_hashes",
                "Slow hashes of imported secrets that were computed",
            ),
            slow_hashes_refused: counter(
                &mut registry,
                "slow_hashes_refused",
                "Slow hashes for which there was no place in the queue",
            ),
            slow_signatures_refused: counter(
                &mut registry,
                "slow_signatures_refused",
                "Signatures by RSA keys for which there was no place in the queue",
            ),
            reads: StoreReads::new(&mut registry),
            lookups_joined: counter(
                &mut registry,
                "lookups_joined",
                "Look-ups that were answered by another one's read of the store",
            ),
            feed_heads: counter(
                &mut registry,
                "revocation_heads_signed",
                "Heads of the revocation feed that were signed",
            ),
            sizes: Sizes {
                credentials: gauge(&mut registry, "credential_cache_entries", "Credentials in memory"),
                failures: gauge(
                    &mut registry,
                    "failure_cache_entries",
                    "Client ids whose last failure is remembered",
                ),
                guessers: gauge(
                    &mut registry,
                    "guess_limit_entries",
                    "Addresses and client ids whose failures are counted",
                ),
                revocations: gauge(
                    &mut registry,
                    "revocation_entries",
                    "Tokens and generations that are refused, in all environments",
                ),
                feed_bytes: gauge(
                    &mut registry,
                    "revocation_feed_bytes",
                    "Size of the chunks of all revocation feeds",
                ),
            },
            poll_age: gauge(
                &mut registry,
                "poll_age_seconds",
                "Time since the start of the last poll that found every change followed",
            ),
            sequence: gauge(
                &mut registry,
                "followed_sequence",
                "Sequence of the store up to which changes have been followed",
            ),
            ready: gauge(&mut registry, "ready", "Whether /readyz answers 200"),
            registry,
        }
    }

    /// Counts a request that has ended; `status` is none where its caller went away.
    pub(crate) fn request(&self, endpoint: &'static str, status: Option<::http::StatusCode>) {
        self.http.count(endpoint, status);
    }

    /// Counts a token request that has ended, in the environment at this place.
    pub(crate) fn token_request(
        &self,
        environment: usize,
        dialect: Dialect,
        ended: TokenRequestEnd,
        took: Duration,
    ) {
        self.tokens.count(environment, dialect, ended, took);
    }

    /// Everything, in Prometheus's text format.
    pub(crate) fn render(&self, now: &Now) -> String {
        self.poll_age.set(now.poll_age.as_secs_f64());
        self.sequence.set(now.sequence);
        self.ready.set(i64::from(now.ready));
        self.sizes.credentials.set(whole(now.cached_credentials));
        self.sizes.failures.set(whole(now.remembered_failures));
        self.sizes.guessers.set(whole(now.guessers));
        self.sizes.revocations.set(whole(now.revocations));
        self.sizes.feed_bytes.set(whole(now.feed_bytes));
        text::render(&self.registry)
    }
}

/// How a token request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRequestEnd {
    /// With a token.
    Issued,
    /// Its caller went away.
    Abandoned,
    /// Without a token, for this reason.
    Without(Reason),
}

impl StoreReads {
    fn new(registry: &mut Registry) -> Self {
        let (all, failed) = (Family::<_, Counter>::default(), Family::<_, Counter>::default());
        registry.register("store_reads", "Reads of the store, by what they were for", all.clone());
        registry.register("store_read_errors", "Reads of the store that failed", failed.clone());
        let tries = |read: &'static str| {
            Tries(all.get_or_create_owned(&[("read", read)]), failed.get_or_create_owned(&[("read", read)]))
        };
        Self {
            credentials: tries("credentials"),
            changes: tries("changes"),
            keys: tries("keys"),
            revocations: tries("revocations"),
        }
    }
}

fn build_info(registry: &mut Registry) {
    let family = Family::<_, Gauge>::default();
    family.get_or_create_owned(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "The version that runs", family);
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn gauge<N, A>(registry: &mut Registry, name: &str, help: &str) -> Gauge<N, A>
where
    Gauge<N, A>: prometheus_client::registry::Metric + Default + Clone,
{
    let gauge = Gauge::<N, A>::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn whole(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
