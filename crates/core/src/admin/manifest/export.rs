//! What is there, as a manifest that would make it so.

use std::collections::BTreeSet;

use super::{ApiEntry, CompanyEntry, CredentialEntry, Manifest};
use crate::admin::{Admin, AdminError, GrantRequest};
use crate::id::CompanyId;
use crate::model::{Api, Company, Credential, State};
use crate::store::CredentialFilter;

impl Admin {
    /// Everything, or one company with its credentials and the APIs that they are granted. Operators are left out.
    pub async fn export(&self, company: Option<&CompanyId>) -> Result<Manifest, AdminError> {
        let companies = match company {
            Some(id) => vec![self.company(id).await?],
            None => self.companies().await?,
        };
        let filter = CredentialFilter { company: company.cloned(), ..CredentialFilter::default() };
        let mut credentials = self.credentials(&filter).await?;
        credentials.retain(|one| !one.environment.is_management());
        let mut apis = self.apis().await?;
        if company.is_some() {
            let granted: BTreeSet<_> =
                credentials.iter().flat_map(|one| one.grants.iter()).map(|grant| &grant.api).collect();
            apis.retain(|api| granted.contains(&api.id));
        }
        // A list has no operators, but who names them gets them.
        let companies = companies.into_iter().filter(|one| !one.id.is_operators());
        Ok(Manifest {
            apis: Some(apis.into_iter().map(api).collect()),
            companies: Some(companies.map(company_entry).collect()),
            credentials: Some(credentials.into_iter().map(credential).collect()),
        })
    }
}

fn api(api: Api) -> ApiEntry {
    let Api { id, audience, scopes, algorithm, .. } = api;
    ApiEntry {
        id,
        audience: Some(audience.default),
        audience_in: Some(audience.by_environment).filter(|own| !own.is_empty()),
        scopes: Some(scopes),
        algorithm: Some(algorithm),
    }
}

fn company_entry(company: Company) -> CompanyEntry {
    let Company { id, name, state, credential_limit, .. } = company;
    CompanyEntry {
        id,
        name: Some(name),
        credential_limit: Some(credential_limit),
        suspended: (state == State::Suspended).then_some(true),
    }
}

fn credential(credential: Credential) -> CredentialEntry {
    let Credential { environment, client_id, company, label, owner, networks, grants, state, .. } =
        credential;
    CredentialEntry {
        environment,
        client_id,
        company,
        label: label.map(Some),
        owner: owner.map(Some),
        networks: Some(networks).filter(|networks| !networks.is_empty()),
        grants: Some(grants.iter().map(GrantRequest::from).collect()),
        suspended: (state == State::Suspended).then_some(true),
    }
}
