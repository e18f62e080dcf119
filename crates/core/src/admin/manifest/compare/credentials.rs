//! Credentials with what they are granted: made without a secret, changed, and where it is asked for, deleted.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Comparison, DELETED, Entry, OPERATORS, ScopesOfApis, Turn, not_served};
use crate::admin::credentials::new_handle;
use crate::admin::manifest::{Action, CredentialEntry, Kind, Manifest};
use crate::admin::{Admin, AdminError, GrantRequest};
use crate::id::{ApiId, EnvironmentName, ScopeName};
use crate::intent::Intent;
use crate::model::{Credential, State};
use crate::networks::normal_networks;
use crate::store::CredentialFilter;

/// APIs with scopes of them.
type Grants = BTreeMap<ApiId, BTreeSet<ScopeName>>;

impl Admin {
    pub(super) async fn compare_credentials(
        &self,
        manifest: &Manifest,
        prune: bool,
        served: &[EnvironmentName],
        scopes: &ScopesOfApis,
        comparison: &mut Comparison,
    ) -> Result<(), AdminError> {
        let Some(entries) = &manifest.credentials else { return Ok(()) };
        let mut scopes = scopes.clone();
        let key = |entry: &'_ CredentialEntry| (entry.environment.clone(), entry.client_id.folded());
        for entry in comparison.unrepeated(entries, Kind::Credential, key, |entry| entry.client_id.as_str()) {
            let id = entry.client_id.as_str();
            if let Some(why) = not_served(&entry.environment, served) {
                comparison.fault(Kind::Credential, id, why);
                continue;
            }
            if entry.company.is_operators() {
                comparison.fault(Kind::Credential, id, OPERATORS);
                continue;
            }
            let Some(grants) = self.wanted_grants(entry, &mut scopes, comparison).await? else { continue };
            match self.store.credential(&entry.environment, &entry.client_id).await? {
                None => self.create_entry(entry, &grants, comparison),
                Some(is) if is.state == State::Deleted => comparison.fault(Kind::Credential, id, DELETED),
                Some(is) if is.company != entry.company => {
                    let why = format!(
                        "it belongs to the company {:?}, and stays there: choose another client id",
                        is.company
                    );
                    comparison.fault(Kind::Credential, id, why);
                }
                Some(is) => update(entry, &grants, &is, comparison),
            }
        }
        if prune {
            let named: BTreeSet<_> =
                entries.iter().map(|entry| (&entry.environment, &entry.client_id)).collect();
            for credential in self.credentials(&CredentialFilter::default()).await? {
                if !named.contains(&(&credential.environment, &credential.client_id))
                    && !credential.environment.is_management()
                {
                    delete(&credential, comparison);
                }
            }
        }
        Ok(())
    }

    /// What the entry wants granted, with the scopes that an API will have where it names none. `None` where it names an
    /// API that will not be there, which is said.
    async fn wanted_grants(
        &self,
        entry: &CredentialEntry,
        scopes: &mut ScopesOfApis,
        comparison: &mut Comparison,
    ) -> Result<Option<Grants>, AdminError> {
        let mut wanted = Grants::new();
        for GrantRequest { api, scopes: some } in entry.grants.iter().flatten() {
            if !scopes.contains_key(api) {
                let Some(found) = self.store.api(api).await? else {
                    let why =
                        format!("there is no API {api:?}: name it under `apis`, or leave the grant out");
                    comparison.fault(Kind::Credential, entry.client_id.as_str(), why);
                    return Ok(None);
                };
                scopes.insert(api.clone(), found.scopes.into_iter().collect());
            }
            let granted = wanted.entry(api.clone()).or_default();
            match some {
                Some(some) => granted.extend(some.iter().cloned()),
                None => granted.extend(scopes.get(api).into_iter().flatten().cloned()),
            }
        }
        Ok(Some(wanted))
    }

    fn create_entry(&self, entry: &CredentialEntry, grants: &Grants, comparison: &mut Comparison) {
        let (environment, client_id) = (&entry.environment, &entry.client_id);
        let mut new = Entry::default();
        new.set("company", &entry.company);
        let label = entry.label.clone().flatten();
        if let Some(label) = &label {
            new.set("label", label);
        }
        let owner = entry.owner.clone().flatten();
        if let Some(owner) = &owner {
            new.set("owner", owner);
        }
        let networks = entry.networks.clone().unwrap_or_default();
        if !networks.is_empty() {
            new.set("networks", texts(&networks));
        }
        let make = Intent::CreateCredential {
            environment: environment.clone(),
            client_id: client_id.clone(),
            company: entry.company.clone(),
            label,
            owner,
            networks,
            handle: new_handle(&*self.random),
        };
        new.does(Turn::Credentials, make);
        if !grants.is_empty() {
            new.set("grants", shown(grants));
        }
        for (api, scopes) in grants {
            new.does(Turn::Credentials, add(environment, entry, api, scopes));
        }
        if entry.suspended == Some(true) {
            new.set("suspended", true);
            new.does(Turn::Suspensions, set_state(entry, State::Suspended, None));
        }
        comparison.step(Action::Create, Kind::Credential, client_id.as_str(), Some(environment), new);
    }
}

fn update(entry: &CredentialEntry, wanted: &Grants, is: &Credential, comparison: &mut Comparison) {
    let environment = &entry.environment;
    let expected = Some(is.revision);
    let mut changed = Entry::default();
    let label = entry.label.clone().filter(|label| changed.field("label", &is.label, label));
    let owner = entry.owner.clone().filter(|owner| changed.field("owner", &is.owner, owner));
    let networks = entry.networks.clone().filter(|wanted| {
        // What cannot be kept is refused by the store, in its own words.
        let wanted = normal_networks(wanted).unwrap_or_else(|_| wanted.clone());
        changed.field("networks", &texts(&is.networks), &texts(&wanted))
    });
    if label.is_some() || owner.is_some() || networks.is_some() {
        let intent = Intent::UpdateCredential {
            environment: environment.clone(),
            client_id: entry.client_id.clone(),
            label,
            owner,
            networks,
            expires: None,
            expected,
        };
        changed.does(Turn::Credentials, intent);
    }
    if entry.grants.is_some() {
        let granted: Grants =
            is.grants.iter().map(|one| (one.api.clone(), one.scopes.iter().cloned().collect())).collect();
        changed.field("grants", &shown(&granted), &shown(wanted));
        for (api, scopes) in &granted {
            let rest = wanted.get(api);
            let gone: Vec<ScopeName> = match rest {
                Some(rest) => scopes.difference(rest).cloned().collect(),
                None => Vec::new(),
            };
            // The API itself goes, or some of its scopes; with all of them gone it comes again with others.
            let whole = rest.is_none();
            if whole || !gone.is_empty() {
                changed.does(
                    Turn::GrantsGo,
                    Intent::RemoveGrant {
                        environment: environment.clone(),
                        client_id: entry.client_id.clone(),
                        api: api.clone(),
                        scopes: (!whole).then_some(gone),
                        expected,
                    },
                );
            }
        }
        for (api, scopes) in wanted {
            let is_so = granted.get(api).is_some_and(|has| scopes.is_subset(has));
            if !is_so {
                changed.does(Turn::Credentials, add(environment, entry, api, scopes));
            }
        }
    }
    let is_suspended = is.state == State::Suspended;
    if let Some(suspended) = entry.suspended
        && changed.field("suspended", &is_suspended, &suspended)
    {
        let (turn, state) = if suspended {
            (Turn::Suspensions, State::Suspended)
        } else {
            (Turn::Credentials, State::Active)
        };
        changed.does(turn, set_state(entry, state, expected));
    }
    comparison.step(Action::Update, Kind::Credential, is.client_id.as_str(), Some(environment), changed);
}

fn delete(credential: &Credential, comparison: &mut Comparison) {
    let mut gone = Entry::default();
    let intent = Intent::SetCredentialState {
        environment: credential.environment.clone(),
        client_id: credential.client_id.clone(),
        state: State::Deleted,
        expected: Some(credential.revision),
    };
    gone.does(Turn::CredentialsGo, intent);
    let id = credential.client_id.as_str();
    comparison.step(Action::Delete, Kind::Credential, id, Some(&credential.environment), gone);
}

fn add(
    environment: &EnvironmentName,
    entry: &CredentialEntry,
    api: &ApiId,
    scopes: &BTreeSet<ScopeName>,
) -> Intent {
    Intent::AddGrant {
        environment: environment.clone(),
        client_id: entry.client_id.clone(),
        api: api.clone(),
        scopes: Some(scopes.iter().cloned().collect()),
        expected: None,
    }
}

fn set_state(entry: &CredentialEntry, state: State, expected: Option<crate::model::Sequence>) -> Intent {
    let (environment, client_id) = (entry.environment.clone(), entry.client_id.clone());
    Intent::SetCredentialState { environment, client_id, state, expected }
}

fn texts(networks: &[IpNet]) -> Vec<String> {
    networks.iter().map(ToString::to_string).collect()
}

/// As a manifest says them.
fn shown(grants: &Grants) -> Vec<String> {
    let one = |(api, scopes): (&ApiId, &BTreeSet<ScopeName>)| {
        let scopes = (!scopes.is_empty()).then(|| scopes.iter().cloned().collect());
        GrantRequest { api: api.clone(), scopes }.to_string()
    };
    grants.iter().map(one).collect()
}
