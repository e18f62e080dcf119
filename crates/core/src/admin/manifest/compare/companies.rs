//! Companies: made, changed, suspended, resumed, and where it is asked for, deleted.

use std::collections::BTreeSet;

use super::{Comparison, DELETED, Entry, OPERATORS, Turn};
use crate::admin::manifest::{Action, CompanyEntry, Kind, Manifest};
use crate::admin::{Admin, AdminError};
use crate::id::CompanyId;
use crate::intent::Intent;
use crate::model::{Company, DEFAULT_CREDENTIAL_LIMIT, State};

impl Admin {
    pub(super) async fn compare_companies(
        &self,
        manifest: &Manifest,
        prune: bool,
        comparison: &mut Comparison,
    ) -> Result<(), AdminError> {
        let Some(entries) = &manifest.companies else { return Ok(()) };
        for entry in
            comparison.unrepeated(entries, Kind::Company, |entry| &entry.id, |entry| entry.id.as_str())
        {
            if entry.id.is_operators() {
                comparison.fault(Kind::Company, entry.id.as_str(), OPERATORS);
                continue;
            }
            match self.store.company(&entry.id).await? {
                None => create(entry, comparison),
                Some(company) if company.state == State::Deleted => {
                    comparison.fault(Kind::Company, entry.id.as_str(), DELETED);
                }
                Some(company) => update(entry, &company, comparison),
            }
        }
        if prune {
            let named: BTreeSet<&CompanyId> = entries.iter().map(|entry| &entry.id).collect();
            for company in self.companies().await? {
                if !named.contains(&company.id) {
                    delete(&company, comparison);
                }
            }
        }
        Ok(())
    }
}

fn create(entry: &CompanyEntry, comparison: &mut Comparison) {
    let Some(name) = &entry.name else {
        comparison.fault(Kind::Company, entry.id.as_str(), "it is new, so say its `name`");
        return;
    };
    let mut new = Entry::default();
    let credential_limit = entry.credential_limit.unwrap_or(DEFAULT_CREDENTIAL_LIMIT);
    new.set("name", name);
    new.set("credential_limit", credential_limit);
    new.does(
        Turn::Companies,
        Intent::CreateCompany { id: entry.id.clone(), name: name.clone(), credential_limit },
    );
    if entry.suspended == Some(true) {
        new.set("suspended", true);
        let id = entry.id.clone();
        new.does(Turn::Suspensions, Intent::SetCompanyState { id, state: State::Suspended, expected: None });
    }
    comparison.step(Action::Create, Kind::Company, entry.id.as_str(), None, new);
}

fn update(entry: &CompanyEntry, company: &Company, comparison: &mut Comparison) {
    let mut changed = Entry::default();
    let name = entry.name.as_ref().filter(|name| changed.field("name", &company.name, *name)).cloned();
    let limit = entry
        .credential_limit
        .filter(|limit| changed.field("credential_limit", &company.credential_limit, limit));
    let (id, expected) = (company.id.clone(), Some(company.revision));
    if name.is_some() || limit.is_some() {
        let intent = Intent::UpdateCompany { id: id.clone(), name, credential_limit: limit, expected };
        changed.does(Turn::Companies, intent);
    }
    let is_suspended = company.state == State::Suspended;
    if let Some(suspended) = entry.suspended
        && changed.field("suspended", &is_suspended, &suspended)
    {
        let (turn, state) =
            if suspended { (Turn::Suspensions, State::Suspended) } else { (Turn::Companies, State::Active) };
        changed.does(turn, Intent::SetCompanyState { id, state, expected });
    }
    comparison.step(Action::Update, Kind::Company, entry.id.as_str(), None, changed);
}

fn delete(company: &Company, comparison: &mut Comparison) {
    let mut gone = Entry::default();
    let (id, expected) = (company.id.clone(), Some(company.revision));
    gone.does(Turn::CompaniesGo, Intent::SetCompanyState { id, state: State::Deleted, expected });
    comparison.step(Action::Delete, Kind::Company, company.id.as_str(), None, gone);
}
