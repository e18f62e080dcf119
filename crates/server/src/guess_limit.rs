//! Limits on guessing: so many failed authentications a minute for each address and each client id, known or not.
//!
//! A request whose secret has the form of a generated one is always judged, and a right one is always accepted: 256
//! random bits need no limit, and a limit would let strangers lock their owner out. What the limit spares is the work
//! and the answer. Beyond it, a secret of any other form is not even looked at, a wrong one gets 429 whichever its
//! client id is, and a judgement that needs the store (which it does once for each client id, since failures are
//! remembered) waits for one of a few places.
//!
//! Who set a secret of their own could be locked out by strangers who fail with their client id. So an address from
//! which such a secret was right is counted apart, for that client id, from then on (`docs/adr/0010-guess-limits.md`).
//!
//! Only [`IssueError::InvalidClient`](jeton_core::IssueError) counts: wrong scopes are no guesses. All buckets stand in
//! bounded caches: who pushes one out by failing under very many names gains one burst.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use jeton_core::Clock;
use jeton_core::client_authentication::ClientAuthentication;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::secret::SelfDescription;
use quick_cache::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

use crate::gcra::{Bucket, Rate};
use crate::limits::Limits;

mod patient;
pub(crate) use patient::PatientDirectory;

/// Reads of the store at once for those who are beyond the limit.
const READS_AT_ONCE: usize = 2;

/// They all begin on a beat, so that what wakes a processor and the store for one of them serves those beside it.
const BEAT: Duration = Duration::from_millis(25);

/// Everybody's failures.
#[derive(Debug)]
pub(crate) struct GuessLimits {
    clock: Arc<dyn Clock>,
    rate: Rate,
    buckets: Cache<Guesser, Arc<Bucket>>,
    reads: Semaphore,
}

/// Whose failures are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Guesser {
    /// Everybody at an address; IPv6 by the 64 bits that one customer has.
    Address(IpAddr),
    /// Everybody with a client id. Ids are case-sensitive, so look-alikes are others.
    Client(EnvironmentName, ClientId),
    /// Those at an address from which this client id's secret was once right.
    Proven(IpAddr, EnvironmentName, ClientId),
}

/// What one request may cost.
#[derive(Debug)]
pub(crate) struct Guess<'a> {
    limits: &'a GuessLimits,
    address: Option<IpAddr>,
    environment: &'a EnvironmentName,
    client: &'a ClientAuthentication,
    /// Whether a reading's secret has the form of one that was generated for this environment.
    generated: bool,
}

/// Beyond the limit, and when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyGuesses(pub(crate) Duration);

impl TooManyGuesses {
    /// Whole seconds, at least one.
    pub(crate) fn retry_after_seconds(self) -> u32 {
        u32::try_from(self.0.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX).max(1)
    }
}

impl GuessLimits {
    pub(crate) fn new(clock: Arc<dyn Clock>, limits: &Limits) -> Self {
        Self {
            clock,
            rate: Rate::per_minute(limits.failures_per_minute, limits.failures_at_once),
            buckets: Cache::new(limits.remembered_guessers),
            reads: Semaphore::new(READS_AT_ONCE),
        }
    }

    /// For a request of `client` from `address`.
    pub(crate) fn begin<'a>(
        &'a self,
        address: Option<IpAddr>,
        environment: &'a EnvironmentName,
        client: &'a ClientAuthentication,
    ) -> Guess<'a> {
        let ours = SelfDescription::Generated(environment.clone());
        let generated = client.different_readings().any(|reading| reading.secret.inspect() == ours);
        Guess { limits: self, address: address.map(network), environment, client, generated }
    }

    /// How many are counted.
    pub(crate) fn len(&self) -> usize {
        self.buckets.len()
    }
}

impl Guess<'_> {
    /// Whether the secret may be looked at.
    pub(crate) fn admit(&self) -> Result<(), TooManyGuesses> {
        if self.generated { Ok(()) } else { self.within() }
    }

    /// Counts a failure, if that is still within the limits.
    pub(crate) fn failed(&self) -> Result<(), TooManyGuesses> {
        // All are asked before any is charged: who is refused for its address is not counted against its victim.
        self.within()?;
        let now = self.limits.clock.uptime();
        for guesser in self.guessers() {
            self.limits.bucket(&guesser).take(self.limits.rate, now).map_err(TooManyGuesses)?;
        }
        Ok(())
    }

    /// Remembers where a secret that could be guessed was right.
    pub(crate) fn succeeded(&self, client_id: &ClientId) {
        if let Some(address) = self.address
            && !self.generated
        {
            let proven = Guesser::Proven(address, self.environment.clone(), client_id.clone());
            self.limits.bucket(&proven);
        }
    }

    /// Whether everybody whom this request would be counted for may fail once more.
    fn within(&self) -> Result<(), TooManyGuesses> {
        let now = self.limits.clock.uptime();
        let wait = |guesser| self.limits.buckets.get(&guesser)?.wait(self.limits.rate, now);
        self.guessers().into_iter().filter_map(wait).max().map_or(Ok(()), |wait| Err(TooManyGuesses(wait)))
    }

    /// Whom a failure of this request is counted for.
    fn guessers(&self) -> Vec<Guesser> {
        let proven = self.ids().find_map(|id| {
            let proven = Guesser::Proven(self.address?, self.environment.clone(), id.clone());
            (!self.generated && self.limits.buckets.contains_key(&proven)).then_some(proven)
        });
        if let Some(proven) = proven {
            return vec![proven];
        }
        let clients = self.ids().map(|id| Guesser::Client(self.environment.clone(), id.clone()));
        self.address.map(Guesser::Address).into_iter().chain(clients).collect()
    }

    /// The client ids that it may be, each once. What can be no client id fails by its address alone.
    fn ids(&self) -> impl Iterator<Item = &ClientId> {
        let [first, second] = self.client.client_ids();
        first.into_iter().chain(second.filter(|_| first != second))
    }
}

impl GuessLimits {
    /// A place for a read of somebody beyond the limit, after the next beat and in order of arrival, so that whoever is
    /// right gets its turn however many are wrong.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let since = self.clock.uptime().as_nanos() % BEAT.as_nanos();
        let since = Duration::from_nanos(u64::try_from(since).unwrap_or(0));
        sleep(BEAT.saturating_sub(since)).await;
        // It is never closed.
        self.reads.acquire().await.ok()
    }

    fn bucket(&self, guesser: &Guesser) -> Arc<Bucket> {
        let made =
            self.buckets.get_or_insert_with::<_, std::convert::Infallible>(guesser, || Ok(Arc::default()));
        match made {
            Ok(bucket) => bucket,
        }
    }
}

/// The address itself, or the network of one customer.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}
