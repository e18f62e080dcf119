//! The use cases of operators: what CLI, management API and portal share.
//!
//! Each one checks what the store cannot know (which environments are served, which names are reserved), makes
//! the intents, and commits them as one change. The rules about what is stored are the store's.
//!
//! To add a use case: a method in the file of its noun; the front ends only read their input and print.

mod apis;
mod companies;
mod credentials;
mod keys;
mod secrets;
mod signing_keys;
mod tokens;

use std::sync::Arc;

pub use apis::{ApiUpdate, NewApi};
pub use credentials::{CreatedCredential, GrantRequest, NewCredential};
pub use secrets::{Deadline, FoundSecret, NewSecret, Rotation};
pub use signing_keys::ReplacedKeys;

use jeton_jose::Algorithm;

use crate::id::{CompanyId, EnvironmentName, Text};
use crate::intent::{Actor, Change, Committed, Intent, RefusedReason};
use crate::key_ring::UnusableKey;
use crate::master_key::MasterKeys;
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
    /// Who asks.
    pub actor: Actor,
    /// Why, in the actor's words.
    pub reason: Option<Text>,
}

impl Admin {
    async fn commit(&self, intents: &[Intent]) -> Result<Committed, AdminError> {
        let change = Change {
            time: self.clock.now(),
            actor: self.actor.clone(),
            address: None,
            request_id: None,
            reason: self.reason.clone(),
        };
        Ok(self.store.commit(&change, intents).await?)
    }

    /// Refuses an environment that no server of this store serves.
    async fn require_environment(&self, name: &EnvironmentName) -> Result<(), AdminError> {
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
    /// The company's id is Jeton's own.
    #[error("the company id {:?} is reserved for those who run Jeton: choose another", .0)]
    Reserved(CompanyId),
    /// A secret that is easy to guess.
    #[error("{0}: let Jeton generate one, or choose another")]
    WeakSecret(#[from] WeakSecret),
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
    #[error(
        "the keys of {environment} were changed meanwhile: look at them with `key list`, and decide again"
    )]
    KeysChanged {
        /// Where.
        environment: EnvironmentName,
    },
    /// A new key could not be made.
    #[error("a new signing key could not be made: {0}")]
    KeyNotMade(String),
}

impl From<CommitError> for AdminError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refused) => Self::Refused(refused.reason),
            CommitError::Store(error) => Self::Store(error),
        }
    }
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

fn not_found(what: &'static str, id: impl Into<String>) -> AdminError {
    AdminError::Refused(RefusedReason::NotFound { what, id: id.into() })
}

/// `length` random characters that nobody mistakes for one another, of five bits each.
fn random_word(random: &dyn Random, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..length).map(|_| char::from(ALPHABET[usize::from(random_bytes::<1>(random)[0] % 32)])).collect()
}
