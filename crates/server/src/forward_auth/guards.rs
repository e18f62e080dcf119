//! What judges tokens for each API of each environment, in memory: no request asks the store.
//!
//! All APIs are read at the start, and again by the poller when one changes. Nothing here grows with what is asked. An API
//! that stays as it is keeps its verifier, with what that remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use jeton_core::id::{ApiId, ScopeName};
use jeton_core::model::Api;
use jeton_core::store::{ApiFilter, Page};
use jeton_core::{Clock, Store, StoreError};
use jeton_verify::Verifier;

use crate::app::App;
use crate::config::Environment;
use crate::keys::LiveKeys;
use crate::revocations::LiveRevocations;

/// APIs that one read takes in.
const APIS: u32 = 500;

/// Bytes for tokens that come again, over all APIs of all environments; and what each API has at the least, and at the most.
const REMEMBERED: u64 = 32 << 20;
const LEAST: u64 = 128 << 10;
const MOST: u64 = 8 << 20;

/// The guards of one environment, by the id of the API.
type ByApi = BTreeMap<ApiId, Arc<Guard>>;

/// What judges tokens for every API.
pub(crate) struct Guards {
    app: Weak<App>,
    clock: Arc<dyn Clock>,
    max_staleness: Duration,
    /// One for each environment of the configuration, in its order.
    environments: ArcSwap<Vec<Arc<ByApi>>>,
    /// When they were known to be the store's: microseconds of the uptime; 0 before the first load.
    confirmed: AtomicU64,
}

/// What judges tokens for one API in one environment.
pub(crate) struct Guard {
    /// What it was made for.
    api: Api,
    scopes: BTreeSet<ScopeName>,
    verifier: Verifier,
}

impl Guards {
    /// None yet.
    pub(crate) fn new(app: &Weak<App>, clock: &Arc<dyn Clock>, max_staleness: Duration) -> Self {
        Self {
            app: Weak::clone(app),
            clock: Arc::clone(clock),
            max_staleness,
            environments: ArcSwap::default(),
            confirmed: AtomicU64::new(0),
        }
    }

    /// Those of the environment at this place.
    pub(crate) fn of(&self, environment: usize) -> Arc<ByApi> {
        self.environments.load().get(environment).cloned().unwrap_or_default()
    }

    /// Takes up the APIs of the store as they are now.
    pub(crate) async fn reload(
        &self,
        store: &dyn Store,
        environments: &[Environment],
    ) -> Result<(), StoreError> {
        let apis = all(store).await?;
        let share = REMEMBERED / ((apis.len() * environments.len()).max(1) as u64);
        let remembered = share.clamp(LEAST, MOST);
        let guards = environments.iter().enumerate().map(|(at, environment)| {
            let before = self.of(at);
            let guard = |api: &Api| {
                let kept = before.get(&api.id).filter(|guard| guard.api == *api);
                (
                    api.id.clone(),
                    kept.cloned().unwrap_or_else(|| Arc::new(self.guard(environment, api, remembered))),
                )
            };
            Arc::new(apis.iter().map(guard).collect::<ByApi>())
        });
        self.environments.store(Arc::new(guards.collect()));
        Ok(())
    }

    /// They were the store's at this uptime.
    pub(crate) fn confirm(&self, at: Duration) {
        self.confirmed.store(micros(at).max(1), Ordering::Release);
    }

    /// Whether they may still answer.
    pub(crate) fn is_fresh(&self) -> bool {
        let confirmed = self.confirmed.load(Ordering::Acquire);
        let age = micros(self.clock.uptime()).saturating_sub(confirmed);
        confirmed != 0 && age <= micros(self.max_staleness)
    }

    fn guard(&self, environment: &Environment, api: &Api, remembered: u64) -> Guard {
        let keys = LiveKeys { app: Weak::clone(&self.app), environment: environment.name.clone() };
        let revocations =
            LiveRevocations { app: Weak::clone(&self.app), environment: environment.name.clone() };
        let clock = Arc::clone(&self.clock);
        let audience = api.audience.in_environment(&environment.name).as_str();
        let verifier =
            Verifier::builder(environment.issuer.as_str(), audience, [api.algorithm], Arc::new(keys))
                .revocations(Arc::new(revocations))
                .clock(move || clock.now().seconds())
                .cache_bytes(remembered)
                .build()
                // Issuer, audience and algorithm are types that cannot be empty.
                .expect("an API's verifier is complete");
        Guard { api: api.clone(), scopes: api.scopes.iter().cloned().collect(), verifier }
    }
}

impl Guard {
    /// Whether tokens for this API can have this scope.
    pub(crate) fn has_scope(&self, name: &str) -> bool {
        self.scopes.contains(name)
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// Every API but that of Jeton's own management, which no token of an environment is for.
async fn all(store: &dyn Store) -> Result<Vec<Api>, StoreError> {
    let (mut all, mut page) = (Vec::new(), Page::first(APIS));
    loop {
        let part = store.apis(&ApiFilter::default(), &page).await?;
        page.after = part.last().map(|api| api.id.clone());
        let is_last = part.len() < APIS as usize;
        all.extend(part.into_iter().filter(|api| !api.id.is_management()));
        if is_last {
            return Ok(all);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
