//! Companies: the accounts that own credentials.

use super::creations::gone;
use super::{Admin, AdminError, Created, PAGE, all_pages, not_found};
use crate::id::{CompanyId, Text};
use crate::intent::{Intent, RefusedReason};
use crate::model::{Company, DEFAULT_CREDENTIAL_LIMIT, State};
use crate::store::{CompanyFilter, CompanyKey, Page};

impl Admin {
    /// Makes a company, with the default limit where none is given.
    pub async fn create_company(
        &self,
        id: &CompanyId,
        name: Text,
        credential_limit: Option<u32>,
    ) -> Result<Created<Company>, AdminError> {
        refuse_operators(id, "choose another id")?;
        let credential_limit = credential_limit.unwrap_or(DEFAULT_CREDENTIAL_LIMIT);
        let create = Intent::CreateCompany { id: id.clone(), name, credential_limit };
        let creation = self.commit_creation(&[create]).await?;
        let company = gone(self.company(id).await, "company", &creation)?;
        Ok(Created { value: company, replayed: creation.replayed() })
    }

    /// Changes a company's name or limit.
    pub async fn update_company(
        &self,
        id: &CompanyId,
        name: Option<Text>,
        credential_limit: Option<u32>,
    ) -> Result<Company, AdminError> {
        refuse_operators(id, STAYS)?;
        self.commit(&[Intent::UpdateCompany {
            id: id.clone(),
            name,
            credential_limit,
            expected: self.asked.expected,
        }])
        .await?;
        self.company(id).await
    }

    /// Suspends, resumes or deletes a company.
    pub async fn set_company_state(&self, id: &CompanyId, state: State) -> Result<(), AdminError> {
        refuse_operators(id, STAYS)?;
        self.commit(&[Intent::SetCompanyState { id: id.clone(), state, expected: self.asked.expected }])
            .await?;
        Ok(())
    }

    /// A company that is not deleted.
    pub async fn company(&self, id: &CompanyId) -> Result<Company, AdminError> {
        let company = self.store.company(id).await?;
        company
            .filter(|company| company.state != State::Deleted)
            .ok_or_else(|| not_found("company", id.as_str()))
    }

    /// All companies that are not deleted, by id.
    pub async fn companies(&self) -> Result<Vec<Company>, AdminError> {
        let all = CompanyFilter::default();
        Ok(all_pages!(page => self.store.companies(&all, &page), company => CompanyKey::from(company)))
    }

    /// One page of the companies that are not deleted.
    pub async fn companies_page(
        &self,
        filter: &CompanyFilter,
        page: &Page<CompanyKey>,
    ) -> Result<Vec<Company>, AdminError> {
        Ok(self.store.companies(filter, page).await?)
    }
}

const STAYS: &str = "it stays as it is, so change the credentials in it, in the environment management";

/// Nobody makes the operators' company, locks all of them out at once, or gives them a limit.
fn refuse_operators(id: &CompanyId, instead: &'static str) -> Result<(), AdminError> {
    if !id.is_operators() {
        return Ok(());
    }
    Err(AdminError::Refused(RefusedReason::Reserved { what: "company", id: id.to_string(), instead }))
}
