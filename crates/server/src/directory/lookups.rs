//! Look-ups of what is not in memory: one at a time for the same client ids, and only so many at once for all.
//!
//! Whoever asks for what somebody is being told already waits for that answer, unless a change was followed since that
//! look-up began. A look-up runs as a task of its own: a caller who hangs up ends nobody's.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jeton_core::authority::{Found, Ids, Unavailable};
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::kept::KeptCredential;
use jeton_core::model::{Credential, Grant, Sequence, Snapshot};
use jeton_core::{Store, StoreError, Timestamp};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::metrics::Metrics;

/// How long a look-up may take, with its wait for a place: 503 must come within a second.
const PATIENCE: Duration = Duration::from_millis(900);

/// How many different lists of grants are kept once for all who have them.
const DIFFERENT_GRANTS: usize = 1000;

/// The look-ups that are under way.
pub(crate) struct Lookups {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    /// Bounded by the connections that wait for an answer.
    under_way: Mutex<HashMap<Question, Answer>>,
    places: Semaphore,
    /// What credentials in memory are granted: once, however many have the same.
    grants: Cache<Arc<[Grant]>, Arc<[Grant]>>,
    /// The last one found the store away, and somebody was told.
    fail: AtomicBool,
}

/// What is asked, and up to where changes had been followed then.
type Question = (Sequence, EnvironmentName, [Option<ClientId>; 2]);
type Answer = Shared<BoxFuture<'static, Result<Snapshot<Found>, NoAnswer>>>;

#[derive(Debug, Clone, Copy)]
enum NoAnswer {
    Unavailable,
    /// The store did. What panics is answered as a panic, for everybody who asked.
    Panicked,
}

impl Lookups {
    /// With so many places.
    pub(crate) fn new(store: Arc<dyn Store>, places: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            store,
            metrics,
            under_way: Mutex::default(),
            places: Semaphore::new(places),
            grants: Cache::new(DIFFERENT_GRANTS),
            fail: AtomicBool::new(false),
        })
    }

    /// What the store says of these client ids, at `applied` or later.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        applied: Sequence,
        environment: &EnvironmentName,
        client_ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable> {
        let question = (applied, environment.clone(), client_ids.map(Option::<&ClientId>::cloned));
        match self.join(question, now).await {
            Ok(read) => Ok(read),
            Err(NoAnswer::Unavailable) => Err(Unavailable),
            Err(NoAnswer::Panicked) => panic!("a look-up panicked, and its message stands above"),
        }
    }

    /// The answer to come, which somebody may be waiting for already.
    fn join(self: &Arc<Self>, question: Question, now: Timestamp) -> Answer {
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.get(&question) {
            self.metrics.lookups_joined.inc();
            return answer.clone();
        }
        let (lookups, asked) = (Arc::clone(self), question.clone());
        let lookup = tokio::spawn(async move {
            // Made in here: a runtime that ends drops the task at once, while the lock is held that this would take.
            let under = UnderWay { lookups, question: asked };
            under.lookups.read(&under.question, now).await
        });
        let answer = lookup.map(|ended| match ended {
            Ok(read) => read.map_err(|Unavailable| NoAnswer::Unavailable),
            Err(ended) if ended.is_panic() => Err(NoAnswer::Panicked),
            // The process ends.
            Err(_) => Err(NoAnswer::Unavailable),
        });
        let answer = answer.boxed().shared();
        under_way.insert(question, answer.clone());
        answer
    }

    async fn read(
        &self,
        (_, environment, ids): &Question,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable> {
        let read = async {
            // It is never closed.
            let _place = self.places.acquire().await;
            let [first, second] = ids;
            let read = self.store.find_credentials(environment, [first.as_ref(), second.as_ref()], now).await;
            self.metrics.reads.credentials.count(read)
        };
        let late = |_| Err(StoreError::Unavailable("no place came free in time, or no answer".to_owned()));
        match timeout(PATIENCE, read).await.unwrap_or_else(late) {
            Ok(read) => {
                self.fail.store(false, Ordering::Relaxed);
                Ok(Snapshot {
                    sequence: read.sequence,
                    value: read.value.map(|credential| Some(self.to_keep(credential?))),
                })
            }
            Err(error) => {
                // Each request has its line. Of a store that is away one more is enough; a bad row is one client's.
                let told =
                    matches!(error, StoreError::Unavailable(_)) && self.fail.swap(true, Ordering::Relaxed);
                if !told {
                    tracing::warn!(%error, "a credential could not be read");
                }
                Err(Unavailable)
            }
        }
    }

    /// As it is kept: with the grants that others have too.
    fn to_keep(&self, credential: Credential) -> Arc<KeptCredential> {
        let of = Arc::clone(&credential.grants);
        let Ok(grants) = self.grants.get_or_insert_with::<_, Infallible>(&of, || Ok(Arc::clone(&of)));
        Arc::new(KeptCredential::from(credential).with_grants(grants))
    }

    // What a panic leaves behind is an entry more or less, so poison says nothing.
    fn under_way(&self) -> MutexGuard<'_, HashMap<Question, Answer>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by the task itself: once it has ended, however that was, and whoever still waits for its answer, nobody joins it.
struct UnderWay {
    lookups: Arc<Lookups>,
    question: Question,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.lookups.under_way().remove(&self.question);
    }
}
