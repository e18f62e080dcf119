//! What is to be there, compared with what is.
//!
//! The order of a plan's intents is that in which nothing stands in its own way: APIs and companies before the credentials
//! that need them, what goes before what takes its place, what is taken away from an API after the grants of it.

mod apis;
mod companies;
mod credentials;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::plan::{Action, FieldChange, Kind, Plan, Step};
use super::{Admin, AdminError, Manifest};
use crate::id::{ApiId, EnvironmentName, ScopeName};
use crate::intent::Intent;

/// An entry that nothing could make so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFault {
    /// The entry, such as `company "acme"`.
    pub entry: String,
    /// What is wrong with it, and what to do.
    pub why: String,
}

impl fmt::Display for ManifestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entry, self.why)
    }
}

/// When an intent is done, among those of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Keys,
    Apis,
    CredentialsGo,
    Companies,
    GrantsGo,
    Credentials,
    ScopesGo,
    Suspensions,
    CompaniesGo,
    ApisGo,
}

/// A comparison that is being made.
#[derive(Default)]
struct Comparison {
    steps: Vec<Step>,
    unchanged: usize,
    intents: Vec<(Turn, Option<usize>, Intent)>,
    faults: Vec<ManifestFault>,
}

/// One entry's part of a comparison: its changes, and what does them.
#[derive(Default)]
struct Entry {
    changes: Vec<FieldChange>,
    intents: Vec<(Turn, Intent)>,
}

impl Entry {
    /// Notes that a field changes, and says whether it does.
    fn field<T: Serialize + PartialEq>(&mut self, field: &'static str, from: &T, to: &T) -> bool {
        let differs = from != to;
        if differs {
            self.changes.push(FieldChange { field, from: json!(from), to: json!(to) });
        }
        differs
    }

    /// Notes what a field of something new is.
    fn set(&mut self, field: &'static str, to: impl Serialize) {
        self.changes.push(FieldChange { field, from: Value::Null, to: json!(to) });
    }

    fn does(&mut self, turn: Turn, intent: Intent) {
        self.intents.push((turn, intent));
    }
}

impl Comparison {
    fn step(
        &mut self,
        action: Action,
        kind: Kind,
        id: &str,
        environment: Option<&EnvironmentName>,
        entry: Entry,
    ) {
        if entry.intents.is_empty() {
            self.unchanged += 1;
            return;
        }
        let at = self.steps.len();
        let environment = environment.cloned();
        self.steps.push(Step { action, kind, id: id.to_owned(), environment, changes: entry.changes });
        self.intents.extend(entry.intents.into_iter().map(|(turn, intent)| (turn, Some(at), intent)));
    }

    fn fault(&mut self, kind: Kind, id: &str, why: impl Into<String>) {
        self.faults.push(ManifestFault { entry: format!("{kind} {id:?}"), why: why.into() });
    }

    /// Those entries whose key no earlier one has.
    fn unrepeated<'e, E, K: Ord>(
        &mut self,
        entries: &'e [E],
        kind: Kind,
        key: impl Fn(&'e E) -> K,
        id: impl Fn(&'e E) -> &'e str,
    ) -> Vec<&'e E> {
        let mut seen = BTreeSet::new();
        let (once, again): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| seen.insert(key(entry)));
        for entry in again {
            self.fault(kind, id(entry), "it is there twice: leave one out");
        }
        once
    }

    fn into_plan(self) -> Result<Plan, AdminError> {
        let Self { steps, unchanged, mut intents, faults } = self;
        if !faults.is_empty() {
            return Err(AdminError::Manifest(faults));
        }
        // It keeps the order of those that have the same turn.
        intents.sort_by_key(|(turn, ..)| *turn);
        let intents = intents.into_iter().map(|(_, step, intent)| (step, intent)).collect();
        Ok(Plan { steps, unchanged, intents })
    }
}

impl Admin {
    /// What it takes to make everything as the manifest says; not tried yet.
    pub(super) async fn compare(&self, manifest: &Manifest, prune: bool) -> Result<Plan, AdminError> {
        let mut comparison = Comparison::default();
        let served = self.store.environments().await?;
        let scopes = self.compare_apis(manifest, prune, &served, &mut comparison).await?;
        self.compare_companies(manifest, prune, &mut comparison).await?;
        self.compare_credentials(manifest, prune, &served, &scopes, &mut comparison).await?;
        comparison.into_plan()
    }
}

/// The scopes that each API of the manifest will have.
type ScopesOfApis = BTreeMap<ApiId, BTreeSet<ScopeName>>;

const OPERATORS: &str = "it is Jeton's own, and no manifest changes it: use `company` and `credential`";

fn not_served(environment: &EnvironmentName, served: &[EnvironmentName]) -> Option<String> {
    if environment.is_management() {
        return Some(OPERATORS.to_owned());
    }
    let unknown = || AdminError::UnknownEnvironment { name: environment.clone(), served: served.to_vec() };
    (!served.contains(environment)).then(|| unknown().to_string())
}

const DELETED: &str = "it was deleted, and its id is not given out again: choose another";
