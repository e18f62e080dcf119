//! APIs: the protected resources that credentials are granted.

use super::creations::gone;
use super::{Admin, AdminError, Created, PAGE, all_pages, not_found};
use crate::id::{ApiId, AudienceUri, EnvironmentName, ScopeName};
use crate::intent::Intent;
use crate::model::{Api, Audience};
use crate::store::{ApiFilter, Page};
use jeton_jose::Algorithm;

/// An API to be made.
#[derive(Debug, Clone)]
pub struct NewApi {
    /// Its id.
    pub id: ApiId,
    /// Its audiences.
    pub audience: Audience,
    /// Its scopes.
    pub scopes: Vec<ScopeName>,
    /// What its tokens are signed with.
    pub algorithm: Algorithm,
}

/// What is to change of an API.
#[derive(Debug, Clone, Default)]
pub struct ApiUpdate {
    /// Its new default audience.
    pub audience: Option<AudienceUri>,
    /// Audiences of single environments; `None` takes the environment's own away.
    pub audience_in: Vec<(EnvironmentName, Option<AudienceUri>)>,
    /// Scopes to add.
    pub add_scopes: Vec<ScopeName>,
    /// Scopes to remove.
    pub remove_scopes: Vec<ScopeName>,
    /// Its new algorithm.
    pub algorithm: Option<Algorithm>,
}

impl Admin {
    /// Makes an API, and the signing keys of its algorithm where an environment has none.
    pub async fn create_api(&self, new: NewApi) -> Result<Created<Api>, AdminError> {
        let NewApi { id, audience, scopes, algorithm } = new;
        for environment in audience.by_environment.keys() {
            self.require_environment(environment).await?;
        }
        let intent = Intent::CreateApi { id: id.clone(), audience, scopes, algorithm };
        let creation = self.commit_with_keys(intent, &[algorithm]).await?;
        let api = gone(self.api(&id).await, "API", &creation)?;
        Ok(Created { value: api, replayed: creation.replayed() })
    }

    /// Changes an API, and makes the signing keys of a new algorithm where an environment has none.
    pub async fn update_api(&self, id: &ApiId, update: ApiUpdate) -> Result<Api, AdminError> {
        for (environment, _) in &update.audience_in {
            self.require_environment(environment).await?;
        }
        let algorithms: Vec<Algorithm> = update.algorithm.into_iter().collect();
        let intent = Intent::UpdateApi {
            id: id.clone(),
            audience: update.audience,
            audience_in: update.audience_in,
            add_scopes: update.add_scopes,
            remove_scopes: update.remove_scopes,
            algorithm: update.algorithm,
            expected: self.asked.expected,
        };
        self.commit_with_keys(intent, &algorithms).await?;
        self.api(id).await
    }

    /// Deletes an API that no credential is granted.
    pub async fn delete_api(&self, id: &ApiId) -> Result<(), AdminError> {
        self.commit(&[Intent::DeleteApi { id: id.clone(), expected: self.asked.expected }]).await?;
        Ok(())
    }

    /// An API.
    pub async fn api(&self, id: &ApiId) -> Result<Api, AdminError> {
        self.store.api(id).await?.ok_or_else(|| not_found("API", id.as_str()))
    }

    /// All APIs, by id.
    pub async fn apis(&self) -> Result<Vec<Api>, AdminError> {
        let all = ApiFilter::default();
        Ok(all_pages!(page => self.store.apis(&all, &page), api => api.id.clone()))
    }

    /// One page of the APIs, by id.
    pub async fn apis_page(&self, filter: &ApiFilter, page: &Page<ApiId>) -> Result<Vec<Api>, AdminError> {
        Ok(self.store.apis(filter, page).await?)
    }
}
