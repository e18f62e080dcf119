//! The use cases of operators: what CLI, management API and portal share.
//!
//! Each one checks what the store cannot know (which environments are served, which names are reserved), makes
//! the intents, and commits them as one change. The rules about what is stored are the store's.
//!
//! To add a use case: a method in the file of its noun; the front ends only read their input and print.

mod apis;
mod audit;
mod companies;
mod creations;
mod credentials;
mod hash_keys;
mod key_steps;
mod keys;
pub mod manifest;
mod master_key;
mod operators;
mod secrets;
mod signing_keys;
mod tokens;
mod usage;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use apis::{ApiUpdate, NewApi};
pub use creations::Created;
pub use credentials::{CreatedCredential, CredentialUpdate, GrantRequest, NewCredential};
pub use hash_keys::HashKeyUse;
pub use key_steps::KeyStep;
pub use secrets::{Deadline, FoundSecret, NewSecret, Rotation, SecretSource};
pub use signing_keys::{ReplacedKeys, RotatedKey};

use jeton_jose::Algorithm;

use crate::audit::CheckpointError;
use crate::id::{EnvironmentName, KeyId, Text};
use crate::intent::{Actor, Change, Committed, CreationKey, Intent, RefusedReason};
use crate::key_ring::UnusableKey;
use crate::master_key::MasterKeys;
use crate::model::{KeyState, Sequence};
use crate::secret::WeakSecret;
use crate::store::{CommitError, Store, StoreError};
use crate::time::{Clock, Random, random_bytes};

/// How many rows a list takes from the store at once.
const PAGE: u32 = 500;

/// The use cases, for one actor.
#[derive(Clone)]
pub struct Admin {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What seals new keys, and opens the hash keys.
    pub master: Arc<MasterKeys>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who asks, and under which conditions.
    pub asked: Asked,
}

/// Who asks for something, and under which conditions. Over a network, that is one request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who.
    pub actor: Actor,
    /// Why, in the actor's words.
    pub reason: Option<Text>,
    /// From where, if over a network.
    pub address: Option<IpAddr>,
    /// In which request, if in one.
    pub request_id: Option<String>,
    /// The revision that the target of a change must have; `None` takes it as it is.
    pub expected: Option<Sequence>,
    /// Whether it is only to be seen what would come of it. What would be changed ends as [`RefusedReason::Rehearsed`].
    pub rehearsal: bool,
    /// By what a creation is known when it is asked for again; `None` makes another each time.
    pub creation: Option<CreationKey>,
}

impl Asked {
    /// Asked by `actor`, of this machine, without a condition.
    pub fn by(actor: Actor) -> Self {
        Self {
            actor,
            reason: None,
            address: None,
            request_id: None,
            expected: None,
            creation: None,
            rehearsal: false,
        }
    }

    /// The same, for this reason.
    #[must_use]
    pub fn because(self, reason: Option<Text>) -> Self {
        Self { reason, ..self }
    }
}

impl Admin {
    async fn commit(&self, intents: &[Intent]) -> Result<Committed, AdminError> {
        Ok(self.store.commit(&self.change(), intents).await?)
    }

    /// What is asked now, as the store takes it.
    fn change(&self) -> Change {
        let Asked { actor, reason, address, request_id, expected: _, creation: _, rehearsal } =
            self.asked.clone();
        let (time, master) = (self.clock.now(), Some(Arc::clone(&self.master)));
        Change { time, actor, address, request_id, reason, rehearsal, creation: None, master }
    }

    /// Refuses an environment that no server of this store serves. That of the operators is there from the start.
    async fn require_environment(&self, name: &EnvironmentName) -> Result<(), AdminError> {
        if name.is_management() {
            return Ok(());
        }
        let served = self.store.environments().await?;
        if served.contains(name) {
            return Ok(());
        }
        Err(AdminError::UnknownEnvironment { name: name.clone(), served })
    }
}

/// Follows a list page by page to its end.
macro_rules! all_pages {
    ($page:ident => $fetch:expr, $item:ident => $key:expr) => {{
        let mut all = Vec::new();
        let mut $page = Page::first(PAGE);
        loop {
            let rows = $fetch.await?;
            let done = rows.len() < PAGE as usize;
            $page.after = rows.last().map(|$item| $key);
            all.extend(rows);
            if done {
                break all;
            }
        }
    }};
}
use all_pages;

/// Why a use case did nothing. Each sentence ends with what to do, where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A rule forbids it.
    #[error("{0}")]
    Refused(RefusedReason),
    /// The store gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The environment is not served.
    #[error("there is no environment {:?}: {}", .name, served_environments(.served))]
    UnknownEnvironment {
        /// The one that was named.
        name: EnvironmentName,
        /// Those that are served.
        served: Vec<EnvironmentName>,
    },
    /// A secret that is easy to guess.
    #[error("{0}: let Jeton generate one, or choose another")]
    WeakSecret(#[from] WeakSecret),
    /// A creation is asked for again, and what it made is gone.
    #[error(
        "the {what} {id:?}, which this request made under the same idempotency key, was deleted since: choose another \
         key to make one anew"
    )]
    CreatedBeforeAndGone {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The end of a secret is not where it would be sooner or later, as was asked.
    #[error("{0}")]
    Deadline(&'static str),
    /// A key of the store cannot be opened.
    #[error(transparent)]
    UnusableKey(#[from] UnusableKey),
    /// Keys are to be replaced, and nobody agreed to what that costs.
    #[error(
        "this would make every {algorithm} token of {environment} worthless at once, and they live for up to an hour: \
         their holders get 401 until they ask for another. Verifiers that keep the key set (for up to 5 minutes) go on \
         trusting the old key that long, and refuse what the new one signs unless they fetch the set anew. If the key \
         has leaked, say `--danger-invalidates-tokens`"
    )]
    InvalidatesTokens {
        /// Where.
        environment: EnvironmentName,
        /// Of which algorithm.
        algorithm: Algorithm,
    },
    /// The environment has keys of several algorithms, or of none, and nobody said which.
    #[error("{environment} has keys of {}: name one with `--alg`", names(.algorithms))]
    WhichAlgorithm {
        /// Where.
        environment: EnvironmentName,
        /// Which it has.
        algorithms: Vec<Algorithm>,
    },
    /// Somebody else was quicker.
    #[error("the keys were changed meanwhile: look at them with `key list`, and decide again")]
    KeysChanged,
    /// A key is to sign that verifiers do not know yet.
    #[error(
        "{}: verifiers that keep the key set (for 5 minutes, some for longer) would refuse every {algorithm} token of \
         {environment} until they fetch the set again. {}, or say `--danger-unpublished`",
        no_known_key(.wait.is_some()),
        wait_for_it(*.wait)
    )]
    KeyUnknown {
        /// Where.
        environment: EnvironmentName,
        /// Of which algorithm.
        algorithm: Algorithm,
        /// How long until the next key is known; `None` where there is none.
        wait: Option<Duration>,
    },
    /// Tokens are alive that the key signed.
    #[error(
        "the key {kid} is {state}: without it, every token that it signed and that has not expired is worthless at once, \
         and its holder gets 401 until it asks for another. {}, or say `--danger-invalidates-tokens`",
        until_unneeded(*.state, *.wait)
    )]
    KeyNeeded {
        /// Which.
        kid: KeyId,
        /// Where it stands in its life.
        state: KeyState,
        /// How long until nobody needs it, where that is known.
        wait: Option<Duration>,
    },
    /// Only an active key can retire.
    #[error(
        "the key {kid} is {state}, and signs nothing: an active key can retire; `key remove` takes others away"
    )]
    SignsNothing {
        /// Which.
        kid: KeyId,
        /// Where it stands in its life.
        state: KeyState,
    },
    /// A next key is there.
    #[error("the key {kid} is to sign next: remove it first with `key remove {kid}`, or wait until it signs")]
    NextExists {
        /// Which.
        kid: KeyId,
    },
    /// A key from elsewhere is not one.
    #[error("the key cannot be taken in: {0}")]
    KeyNotTaken(String),
    /// Entries of a manifest that nothing could make so.
    #[error("nothing was changed: {}", listed(.0))]
    Manifest(Vec<manifest::ManifestFault>),
    /// A step of a manifest's plan that a rule forbids.
    #[error("nothing was changed, since this cannot be done: {step}: {reason}")]
    StepRefused {
        /// Which.
        step: String,
        /// Why.
        reason: Box<RefusedReason>,
    },
    /// Somebody changed something since the plan was made.
    #[error("nothing was changed: the plan would be another by now. Look at it again, and decide again")]
    PlanChanged,
    /// More than one commit may hold.
    #[error(
        "nothing was changed: the manifest makes {changes} changes, and one commit holds {}: split it",
        manifest::MOST_INTENTS
    )]
    ManifestTooLong {
        /// How many.
        changes: usize,
    },
    /// A text is no checkpoint of this store.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// There is no audit chain.
    #[error("this store has no audit key yet: start `jeton serve`, which makes it")]
    NoAuditChain,
    /// Nobody vouches for a chain that does not fit.
    #[error(
        "no checkpoint is made of an audit chain that was touched, with {found} findings: `audit verify` names them"
    )]
    AuditBroken {
        /// How many.
        found: u64,
    },
    /// Nothing signs checkpoints.
    #[error(
        "there is no key that signs checkpoints: start `jeton serve` or run `jeton init`, which make the keys of management"
    )]
    NoCheckpointKey,
    /// A new key could not be made.
    #[error("a new signing key could not be made: {0}")]
    KeyNotMade(String),
}

impl AdminError {
    fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(reason) if reason.is_not_found())
    }
}

impl From<CommitError> for AdminError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refused) => Self::Refused(refused.reason),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// One after the other.
fn listed(faults: &[manifest::ManifestFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn served_environments(served: &[EnvironmentName]) -> String {
    if served.is_empty() {
        return "none was ever served from this store, so start `jeton serve` first".to_owned();
    }
    let names: Vec<&str> = served.iter().map(EnvironmentName::as_str).collect();
    format!("choose among {}", names.join(", "))
}

fn names(algorithms: &[Algorithm]) -> String {
    if algorithms.is_empty() {
        return "no algorithm".to_owned();
    }
    algorithms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn no_known_key(published: bool) -> &'static str {
    if published { "the next key is not published for long enough" } else { "no next key is published" }
}

fn wait_for_it(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) => format!("Wait for {}", in_words(wait)),
        None => "Publish one with `key rotate`, and come back when it is known".to_owned(),
    }
}

fn until_unneeded(state: KeyState, wait: Option<Duration>) -> String {
    match (state, wait) {
        (KeyState::Active, _) => "Let it retire first, with `key rotate`".to_owned(),
        (_, Some(wait)) => format!("Wait for {}, and it goes by itself", in_words(wait)),
        (_, None) => "Nobody wrote down until when it is needed: wait for a day".to_owned(),
    }
}

/// As people say it, rounded up.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{} s", seconds + 1),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

fn not_found(what: &'static str, id: impl Into<String>) -> AdminError {
    AdminError::Refused(RefusedReason::NotFound { what, id: id.into() })
}

/// `length` random characters that nobody mistakes for one another, of five bits each.
fn random_word(random: &dyn Random, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..length).map(|_| char::from(ALPHABET[usize::from(random_bytes::<1>(random)[0] % 32)])).collect()
}
