//! A server without its sockets: everything that requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jeton_core::admin::{Admin, AdminError, Asked};
use jeton_core::id::EnvironmentName;
use jeton_core::intent::Actor;
use jeton_core::key_life::RotationPolicy;
use jeton_core::key_ring::UnusableKey;
use jeton_core::master_key::MasterKeys;
use jeton_core::{Clock, Random, Store, StoreError};

use crate::authority_map::AuthorityMap;
use crate::config::{Config, Endpoint, Environment};
use crate::demo::Demo;
use crate::directory::CachedDirectory;
use crate::following::Following;
use crate::forward_auth::Guards;
use crate::guess_limit::GuessLimits;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::management::{self, Management};
use crate::metadata::{Document, metadata, metadata_paths};
use crate::metrics::Metrics;
use crate::poller::Poller;
use crate::refusal_delay::RefusalDelay;
use crate::rehashes::Rehashes;
use crate::revocations::{Feed, Revocations};
use crate::slow_hashes::KnownHashes;
use crate::slow_signatures::SigningLane;
use crate::usage::Usage;

/// Reads the master keys, as they are by now, from where they are kept; or says why not.
pub type ReadMaster = Arc<dyn Fn() -> Result<Arc<MasterKeys>, String> + Send + Sync>;

/// What a server is made of.
pub struct AppOptions {
    /// What the operator chose.
    pub config: Config,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What opens the store's keys.
    pub master: Arc<MasterKeys>,
    /// Reads the master keys again, whenever keys of the store changed.
    pub read_master: ReadMaster,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// How much one client may take.
    pub limits: Limits,
    /// The name of this node, for the record of what it changes by itself.
    pub node: String,
    /// The audience of the demo API, if there is to be one.
    pub demo_audience: Option<String>,
}

/// A server without its sockets.
pub struct App {
    config: Config,
    authorities: AuthorityMap,
    /// The metadata document of each environment, and the paths where it stands.
    metadata: Vec<(Document, [String; 2])>,
    store: Arc<dyn Store>,
    master: Arc<ArcSwap<MasterKeys>>,
    read_master: ReadMaster,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    limits: Limits,
    node: String,
    directory: CachedDirectory,
    revocations: Revocations,
    /// The feed of each environment.
    feeds: Vec<Feed>,
    guards: Guards,
    guess_limits: GuessLimits,
    slow_hashes: KnownHashes,
    slow_signatures: SigningLane,
    rehashes: Rehashes,
    refusal_delay: RefusalDelay,
    metrics: Arc<Metrics>,
    usage: Usage,
    keys: ArcSwap<Keys>,
    /// When the keys were known to be the store's: microseconds of the uptime.
    keys_confirmed: AtomicU64,
    demo: Option<Demo>,
    /// The environments of the configuration, then that of the operators.
    served: Vec<Environment>,
    management: Management,
    following: Following,
    stopping: AtomicBool,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store gives no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key of the store cannot be used. It is never replaced in silence: its tokens would die with it.
    #[error(
        "{0}. Give the master key that this store was made with, or put back an intact copy of the store"
    )]
    UnusableKey(#[from] UnusableKey),
    /// A missing key could not be made.
    #[error(transparent)]
    Keys(AdminError),
    /// The operators' company could not be made.
    #[error(transparent)]
    Operators(AdminError),
    /// The operating system gives no timer.
    #[error("no timer could be made: {0}. Raise this user's limit of open files (`ulimit -n`)")]
    Timer(std::io::Error),
}

impl App {
    /// Takes up the store: records the environments, makes the keys that are missing, opens all keys, and
    /// confirms that nothing changed meanwhile.
    pub async fn start(options: AppOptions) -> Result<Arc<Self>, StartError> {
        let AppOptions { config, store, master, read_master, clock, random, limits, node, demo_audience } =
            options;
        let names = names_of(&config.environments);
        let before = store.keys().await?;
        if !before.value.hash.is_empty() {
            // A wrong master key is found before anything is written.
            Keys::open(&before.value, &master, &names, None)?;
        }
        store.record_environments(&names).await?;
        let admin = Admin {
            store: Arc::clone(&store),
            master: Arc::clone(&master),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            asked: Asked::by(Actor::System(node.clone())),
        };
        admin.make_missing_keys(&names).await.map_err(StartError::Keys)?;
        admin.make_operators().await.map_err(StartError::Operators)?;
        let keys_confirmed = clock.uptime();
        let stored = store.keys().await?;
        let served = with_management(&config);
        let names = names_of(&served);
        let keys = Keys::open(&stored.value, &master, &names, None)?;
        let metrics = Arc::new(Metrics::new(&served));
        let master = Arc::new(ArcSwap::new(master));
        let directory = CachedDirectory::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            names,
            &limits,
            lookups_at_once(&config),
            Arc::clone(&metrics),
        );
        directory.apply(stored.sequence, &[]);
        let refusal_delay = RefusalDelay::start().map_err(StartError::Timer)?;
        let app = Arc::new_cyclic(|weak| Self {
            authorities: AuthorityMap::new(&config.environments),
            metadata: documents(&config),
            demo: demo_audience.map(|audience| Demo::new(&config.environments, &audience, weak, &clock)),
            guess_limits: GuessLimits::new(Arc::clone(&clock), &limits),
            rehashes: Rehashes::default(),
            slow_hashes: KnownHashes::new(limits.cached_credentials, &metrics),
            slow_signatures: SigningLane::new(limits.waiting_signatures, &metrics),
            revocations: Revocations::new(),
            feeds: config.environments.iter().map(|_| Feed::default()).collect(),
            guards: Guards::new(weak, &clock, limits.max_staleness),
            refusal_delay,
            metrics,
            usage: Usage::new(names_of(&served), paths(&config), limits.counted_kinds),
            management: Management::new(&config, weak, &store, &master, &clock, &random),
            served,
            config,
            store,
            master,
            read_master,
            clock,
            random,
            limits,
            node,
            directory,
            keys: ArcSwap::from_pointee(keys),
            keys_confirmed: AtomicU64::new(micros(keys_confirmed)),
            following: Following::new(),
            stopping: AtomicBool::new(false),
        });
        Poller::new(Arc::clone(&app)).poll().await;
        Ok(app)
    }

    /// The environments, in the order of the configuration.
    pub fn environments(&self) -> &[Environment] {
        &self.config.environments
    }

    /// The same, and after them the one of the operators, which no public listener knows.
    pub(crate) fn served(&self) -> &[Environment] {
        &self.served
    }

    /// What the management listener answers with.
    pub(crate) fn management(&self) -> &Management {
        &self.management
    }

    /// Whether secrets may come in from beyond this machine in plain HTTP.
    pub(crate) fn takes_plain_http(&self) -> bool {
        self.config.takes_plain_http()
    }

    /// Whether `/readyz` says so.
    pub fn is_ready(&self) -> bool {
        management::is_ready(self)
    }

    /// From now on this server says that it is not ready, and asks every client to come back on another connection.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn authorities(&self) -> &AuthorityMap {
        &self.authorities
    }

    pub(crate) fn endpoint(&self, path: &str) -> Option<&Endpoint> {
        self.config.endpoints.iter().find(|endpoint| endpoint.path == path)
    }

    /// The metadata document of an environment, if `path` is where it stands.
    pub(crate) fn metadata(&self, environment: usize, path: &str) -> Option<&Document> {
        let (document, paths) = self.metadata.get(environment)?;
        paths.iter().any(|own| own == path).then_some(document)
    }

    pub(crate) fn demo(&self) -> Option<&Demo> {
        self.demo.as_ref()
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The master keys, as they were last read.
    pub(crate) fn master(&self) -> Arc<MasterKeys> {
        self.master.load_full()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// The name of this node, which another may have too.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn directory(&self) -> &CachedDirectory {
        &self.directory
    }

    pub(crate) fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// The feed of the environment at this place.
    pub(crate) fn feed(&self, environment: usize) -> Option<&Feed> {
        self.feeds.get(environment)
    }

    /// What judges tokens for the APIs behind gateways.
    pub(crate) fn guards(&self) -> &Guards {
        &self.guards
    }

    pub(crate) fn guess_limits(&self) -> &GuessLimits {
        &self.guess_limits
    }

    pub(crate) fn rehashes(&self) -> &Rehashes {
        &self.rehashes
    }

    pub(crate) fn slow_hashes(&self) -> &KnownHashes {
        &self.slow_hashes
    }

    pub(crate) fn slow_signatures(&self) -> &SigningLane {
        &self.slow_signatures
    }

    pub(crate) fn refusal_delay(&self) -> &RefusalDelay {
        &self.refusal_delay
    }

    pub(crate) fn following(&self) -> &Following {
        &self.following
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What is counted and not written yet.
    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The proxies whose word on where a request came from is taken.
    pub(crate) fn trusted_proxies(&self) -> &[ipnet::IpNet] {
        &self.config.trusted_proxies
    }

    pub(crate) fn keys(&self) -> arc_swap::Guard<Arc<Keys>> {
        self.keys.load()
    }

    /// When signing keys take each other's place.
    pub(crate) fn rotation(&self) -> RotationPolicy {
        self.config.keys.rotation
    }

    /// The use cases of operators, for what this server does by itself.
    pub(crate) fn admin(&self) -> Admin {
        Admin {
            store: Arc::clone(&self.store),
            master: self.master.load_full(),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            asked: Asked::by(Actor::System(self.node.clone())),
        }
    }

    /// Whether the keys in memory may sign. They may be behind the store's for some time, which the lives of keys allow
    /// for; a server that could not follow for longer might sign with a key that is about to be taken away.
    pub(crate) fn keys_may_sign(&self) -> bool {
        let confirmed = Duration::from_micros(self.keys_confirmed.load(Ordering::Acquire));
        let age = self.clock.uptime().saturating_sub(confirmed);
        age <= self.rotation().lag(self.config.longest_lifetime(), self.limits.max_staleness)
    }

    /// The keys in memory were the store's at this uptime.
    pub(crate) fn confirm_keys(&self, at: Duration) {
        self.keys_confirmed.store(micros(at), Ordering::Release);
    }

    /// Takes up the store's keys as they are now, and the master keys, one of which may be as new as the change.
    pub(crate) async fn reload_keys(&self) -> Result<(), StartError> {
        let stored = self.metrics.reads.keys.count(self.store.keys().await)?;
        let names = names_of(&self.served);
        let open = |master: &MasterKeys| Keys::open(&stored.value, master, &names, Some(&self.keys.load()));
        let read = self.read_master().await.and_then(|master| match open(&master) {
            Ok(keys) => Ok((keys, master)),
            Err(why) => Err(why.to_string()),
        });
        let keys = match read {
            Ok((keys, master)) => {
                self.master.store(master);
                keys
            }
            // A file that was cut or mixed up takes nothing from a server that runs.
            Err(why) => {
                let keys = open(&self.master.load())?;
                tracing::warn!(why, "the master keys cannot be read again; those read before serve on");
                keys
            }
        };
        self.keys.store(Arc::new(keys));
        Ok(())
    }

    async fn read_master(&self) -> Result<Arc<MasterKeys>, String> {
        let read = Arc::clone(&self.read_master);
        tokio::task::spawn_blocking(move || read()).await.map_err(|why| why.to_string())?
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

fn names_of(environments: &[Environment]) -> Vec<EnvironmentName> {
    environments.iter().map(|environment| environment.name.clone()).collect()
}

/// What is followed, signed and counted in: the environments of the configuration, then that of the operators.
fn with_management(config: &Config) -> Vec<Environment> {
    let operators = Environment {
        name: EnvironmentName::management(),
        hosts: Vec::new(),
        issuer: config.operators_issuer(),
    };
    config.environments.iter().cloned().chain([operators]).collect()
}

/// The paths of all token endpoints.
fn paths(config: &Config) -> Vec<String> {
    let mut paths: Vec<String> = config.endpoints.iter().map(|endpoint| endpoint.path.clone()).collect();
    let own = management::token_endpoint(config).path;
    if !paths.contains(&own) {
        paths.push(own);
    }
    paths
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// What is left of the connections to the store once polls and the keys have theirs.
fn lookups_at_once(config: &Config) -> usize {
    usize::try_from(config.postgres.connections.saturating_sub(2)).unwrap_or(usize::MAX).max(1)
}

fn documents(config: &Config) -> Vec<(Document, [String; 2])> {
    let of = |environment: &Environment| {
        (metadata(&environment.issuer, &config.endpoints), metadata_paths(&environment.issuer))
    };
    config.environments.iter().map(of).collect()
}
