//! `/companies`.

use std::sync::Arc;

use axum::Json;
use jeton_core::admin::Admin;
use jeton_core::id::{CompanyId, Text};
use jeton_core::model::{self, State};
use jeton_core::operator::OperatorScope::{CompaniesRead, CompaniesWrite, TokensRevoke};
use jeton_core::store::{CompanyFilter, CompanyKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Deleted, Outcome, Tagged, time};
use super::call::Call;
use super::creation::{Made, ToMake};
use super::input::{Body, InPath, InQuery};
use super::list::{Limit, List, Paging, Prefix};
use super::scopes::Guarded;
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(CompaniesRead, routes!(list_companies))
        .making(CompaniesWrite, routes!(create_company))
        .needing(CompaniesRead, routes!(get_company))
        .needing(CompaniesWrite, routes!(update_company))
        .needing(CompaniesWrite, routes!(delete_company))
        .needing(CompaniesWrite, routes!(suspend_company))
        .needing(CompaniesWrite, routes!(resume_company))
        .needing(TokensRevoke, routes!(revoke_tokens_of_company))
        .into_router()
}

/// An account that owns credentials.
#[derive(Debug, Serialize, ToSchema)]
struct Company {
    /// Its id, for ever.
    #[schema(value_type = schema::CompanyId)]
    id: CompanyId,
    /// Its name, for people.
    #[schema(value_type = schema::Text)]
    name: Text,
    /// Whether it may have tokens.
    #[schema(value_type = schema::State)]
    state: State,
    /// How many credentials it has.
    credentials: u32,
    /// How many it may have; `null` for no limit.
    #[schema(required, value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    credential_limit: Option<u32>,
    /// When it was made.
    #[schema(required, format = "date-time")]
    created: Option<String>,
    /// The number of its last change.
    revision: i64,
}

/// A company to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCompany {
    /// Its id, for ever.
    #[schema(value_type = schema::CompanyId)]
    id: CompanyId,
    /// Its name, for people.
    #[schema(value_type = schema::Text)]
    name: Text,
    /// How many credentials it may have, over all environments; 5 without a word.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    credential_limit: Option<u32>,
}

/// What is to change of a company.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompanyUpdate {
    /// Its new name.
    #[schema(value_type = Option<schema::Text>)]
    name: Option<Text>,
    /// How many credentials it may have from now on. Those that it has stay.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    credential_limit: Option<u32>,
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
struct RevokedOfCompany {
    /// Whose.
    #[schema(value_type = schema::CompanyId)]
    company: CompanyId,
    /// What.
    revoked: &'static str,
}

/// Which companies, and where the page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompanyQuery {
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Those whose id begins with this.
    #[param(value_type = Option<String>, max_length = 200)]
    id_prefix: Option<Prefix>,
    /// Those whose name begins with this. They are listed by name then.
    #[param(value_type = Option<String>, max_length = 200)]
    name_prefix: Option<Prefix>,
}

impl From<model::Company> for Tagged<Company> {
    fn from(company: model::Company) -> Self {
        Self(company.revision, company.into())
    }
}

impl From<model::Company> for Company {
    fn from(company: model::Company) -> Self {
        let credential_limit = company.limit();
        Self {
            id: company.id,
            name: company.name,
            state: company.state,
            credentials: company.credentials,
            credential_limit,
            created: time(company.created),
            revision: company.revision.0,
        }
    }
}

/// List the companies, by id
#[utoipa::path(
    get,
    path = "/companies",
    tag = "companies",
    params(CompanyQuery),
    responses((status = 200, description = "A page of them", body = List<Company>))
)]
async fn list_companies(call: Call, InQuery(query): InQuery<CompanyQuery>) -> Outcome<Json<List<Company>>> {
    let CompanyQuery { limit, cursor, id_prefix, name_prefix } = query;
    let paging = Paging::begin(&call, "companies", &(&id_prefix, &name_prefix), limit, cursor).await?;
    let filter =
        CompanyFilter { id_prefix: id_prefix.map(String::from), name_prefix: name_prefix.map(String::from) };
    let page = paging.page(|(name, id)| CompanyKey { name, id });
    let rows = call.admin.companies_page(&filter, &page).await?;
    paging.answer(&call, rows, |row| (row.name.clone(), row.id.clone()), Company::from).await
}

/// Make a company
#[utoipa::path(
    post,
    path = "/companies",
    tag = "companies",
    request_body = NewCompany,
    responses((status = 201, description = "It is made", body = Company))
)]
async fn create_company(ToMake(call, new): ToMake<NewCompany>) -> Outcome<Made<Company>> {
    let made = call.admin.create_company(&new.id, new.name, new.credential_limit).await;
    let made = made.map_err(|why| call.problem(why))?;
    let (revision, replayed) = (Some(made.value.revision), made.replayed);
    let note = "This request made it before.";
    Ok(Made { revision, shown: made.value.into(), replayed, note })
}

/// Show a company
#[utoipa::path(
    get,
    path = "/companies/{id}",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    responses((status = 200, description = "The company", body = Company))
)]
async fn get_company(call: Call, InPath(id): InPath<CompanyId>) -> Outcome<Tagged<Company>> {
    Ok(call.admin.company(&id).await?.into())
}

/// Change a company's name or limit
#[utoipa::path(
    patch,
    path = "/companies/{id}",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    request_body = CompanyUpdate,
    responses((status = 200, description = "The company as it is now", body = Company))
)]
async fn update_company(
    call: Call,
    InPath(id): InPath<CompanyId>,
    Body(update): Body<CompanyUpdate>,
) -> Outcome<Tagged<Company>> {
    let updated = call.admin.update_company(&id, update.name, update.credential_limit).await;
    Ok(updated.map_err(|why| call.problem(why))?.into())
}

/// Delete a company that has no credentials
///
/// Its id is not given out again.
#[utoipa::path(
    delete,
    path = "/companies/{id}",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    responses((status = 200, description = "It is deleted", body = Deleted))
)]
async fn delete_company(call: Call, InPath(id): InPath<CompanyId>) -> Outcome<Json<Deleted>> {
    let deleted = call.admin.set_company_state(&id, State::Deleted).await;
    deleted.map_err(|why| call.problem(why))?;
    Ok(Json(Deleted { id: id.into(), state: State::Deleted }))
}

/// Refuse all credentials of a company, and revoke the tokens that they have
#[utoipa::path(
    post,
    path = "/companies/{id}/suspend",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    responses((status = 200, description = "The company as it is now", body = Company))
)]
async fn suspend_company(call: Call, InPath(id): InPath<CompanyId>) -> Outcome<Tagged<Company>> {
    set_state(&call, &id, State::Suspended).await
}

/// Take a suspended company's credentials again
///
/// Revoked tokens stay revoked.
#[utoipa::path(
    post,
    path = "/companies/{id}/resume",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    responses((status = 200, description = "The company as it is now", body = Company))
)]
async fn resume_company(call: Call, InPath(id): InPath<CompanyId>) -> Outcome<Tagged<Company>> {
    set_state(&call, &id, State::Active).await
}

/// Revoke every token of every credential of a company
#[utoipa::path(
    post,
    path = "/companies/{id}/revoke-tokens",
    tag = "companies",
    params(("id" = schema::CompanyId, Path, description = "Which")),
    responses((status = 200, description = "They are revoked", body = RevokedOfCompany))
)]
async fn revoke_tokens_of_company(
    call: Call,
    InPath(id): InPath<CompanyId>,
) -> Outcome<Json<RevokedOfCompany>> {
    call.admin.revoke_tokens_of_company(&id).await.map_err(|why| call.problem(why))?;
    Ok(Json(RevokedOfCompany { company: id, revoked: "all tokens" }))
}

async fn set_state(call: &Call, id: &CompanyId, state: State) -> Outcome<Tagged<Company>> {
    call.admin.set_company_state(id, state).await.map_err(|why| call.problem(why))?;
    shown(&call.admin, id).await
}

async fn shown(admin: &Admin, id: &CompanyId) -> Outcome<Tagged<Company>> {
    Ok(admin.company(id).await?.into())
}
