//! APIs: made, changed, and where it is asked for, deleted; with the signing keys that a new algorithm needs.

use std::collections::{BTreeMap, BTreeSet};

use jeton_jose::Algorithm;

use super::{Comparison, Entry, ScopesOfApis, Turn, not_served};
use crate::admin::manifest::{Action, ApiEntry, Kind, Manifest};
use crate::admin::{Admin, AdminError};
use crate::id::{ApiId, AudienceUri, EnvironmentName, ScopeName};
use crate::intent::Intent;
use crate::model::{Api, Audience};

impl Admin {
    pub(super) async fn compare_apis(
        &self,
        manifest: &Manifest,
        prune: bool,
        served: &[EnvironmentName],
        comparison: &mut Comparison,
    ) -> Result<ScopesOfApis, AdminError> {
        let mut scopes = BTreeMap::new();
        let Some(entries) = &manifest.apis else { return Ok(scopes) };
        for entry in comparison.unrepeated(entries, Kind::Api, |entry| &entry.id, |entry| entry.id.as_str()) {
            for environment in entry.audience_in.iter().flat_map(BTreeMap::keys) {
                if let Some(why) = not_served(environment, served) {
                    comparison.fault(Kind::Api, entry.id.as_str(), why);
                }
            }
            let now = self.store.api(&entry.id).await?;
            let after = entry.scopes.as_ref().or(now.as_ref().map(|api| &api.scopes));
            scopes.insert(entry.id.clone(), after.into_iter().flatten().cloned().collect());
            match now {
                None => create(entry, comparison),
                Some(api) => update(entry, &api, comparison),
            }
        }
        let algorithms: Vec<Algorithm> = entries.iter().filter_map(|entry| entry.algorithm).collect();
        let keys = self.store.keys().await?.value;
        let missing = self.signing_keys_missing_in(served, &algorithms, &keys)?;
        comparison.intents.extend(missing.into_iter().map(|key| (Turn::Keys, None, key)));
        if prune {
            let named: BTreeSet<&ApiId> = entries.iter().map(|entry| &entry.id).collect();
            for api in self.apis().await?.iter().filter(|api| !named.contains(&api.id)) {
                let mut gone = Entry::default();
                let (id, expected) = (api.id.clone(), Some(api.revision));
                gone.does(Turn::ApisGo, Intent::DeleteApi { id, expected });
                comparison.step(Action::Delete, Kind::Api, api.id.as_str(), None, gone);
            }
        }
        Ok(scopes)
    }
}

fn create(entry: &ApiEntry, comparison: &mut Comparison) {
    let Some(default) = entry.audience.clone() else {
        comparison.fault(Kind::Api, entry.id.as_str(), "it is new, so say its `audience`");
        return;
    };
    let mut new = Entry::default();
    let by_environment = entry.audience_in.clone().unwrap_or_default();
    let scopes = entry.scopes.clone().unwrap_or_default();
    let algorithm = entry.algorithm.unwrap_or(Algorithm::Es256);
    new.set("audience", &default);
    if !by_environment.is_empty() {
        new.set("audience_in", &by_environment);
    }
    new.set("scopes", &scopes);
    new.set("algorithm", algorithm.to_string());
    let audience = Audience { default, by_environment };
    new.does(Turn::Apis, Intent::CreateApi { id: entry.id.clone(), audience, scopes, algorithm });
    comparison.step(Action::Create, Kind::Api, entry.id.as_str(), None, new);
}

fn update(entry: &ApiEntry, api: &Api, comparison: &mut Comparison) {
    let mut changed = Entry::default();
    let audience = entry
        .audience
        .as_ref()
        .filter(|audience| changed.field("audience", &api.audience.default, *audience))
        .cloned();
    let audience_in = match &entry.audience_in {
        Some(wanted) if changed.field("audience_in", &api.audience.by_environment, wanted) => {
            audiences(&api.audience.by_environment, wanted)
        }
        _ => Vec::new(),
    };
    let (mut add_scopes, mut remove_scopes) = (Vec::new(), Vec::new());
    if let Some(wanted) = &entry.scopes {
        let is: BTreeSet<&ScopeName> = api.scopes.iter().collect();
        let wanted: BTreeSet<&ScopeName> = wanted.iter().collect();
        changed.field("scopes", &is, &wanted);
        add_scopes = wanted.difference(&is).map(|scope| (*scope).clone()).collect();
        remove_scopes = is.difference(&wanted).map(|scope| (*scope).clone()).collect();
    }
    let algorithm = entry
        .algorithm
        .filter(|algorithm| changed.field("algorithm", &api.algorithm.to_string(), &algorithm.to_string()));
    let (id, expected) = (api.id.clone(), Some(api.revision));
    let nothing = Update { audience: None, audience_in: vec![], add_scopes: vec![], remove_scopes: vec![] };
    if audience.is_some() || !audience_in.is_empty() || !add_scopes.is_empty() || algorithm.is_some() {
        let update = Update { audience, audience_in, add_scopes, ..nothing.clone() };
        changed.does(Turn::Apis, update.intent(id.clone(), algorithm, expected));
    }
    if !remove_scopes.is_empty() {
        changed.does(Turn::ScopesGo, Update { remove_scopes, ..nothing }.intent(id, None, expected));
    }
    comparison.step(Action::Update, Kind::Api, entry.id.as_str(), None, changed);
}

#[derive(Clone)]
struct Update {
    audience: Option<AudienceUri>,
    audience_in: Vec<(EnvironmentName, Option<AudienceUri>)>,
    add_scopes: Vec<ScopeName>,
    remove_scopes: Vec<ScopeName>,
}

impl Update {
    fn intent(
        self,
        id: ApiId,
        algorithm: Option<Algorithm>,
        expected: Option<crate::model::Sequence>,
    ) -> Intent {
        let Self { audience, audience_in, add_scopes, remove_scopes } = self;
        Intent::UpdateApi { id, audience, audience_in, add_scopes, remove_scopes, algorithm, expected }
    }
}

/// What sets and takes away audiences of single environments until they are as wanted.
fn audiences(
    are: &BTreeMap<EnvironmentName, AudienceUri>,
    wanted: &BTreeMap<EnvironmentName, AudienceUri>,
) -> Vec<(EnvironmentName, Option<AudienceUri>)> {
    let set = wanted.iter().filter(|(name, uri)| are.get(*name) != Some(*uri));
    let set = set.map(|(name, uri)| (name.clone(), Some(uri.clone())));
    let gone = are.keys().filter(|name| !wanted.contains_key(*name)).map(|name| (name.clone(), None));
    set.chain(gone).collect()
}
