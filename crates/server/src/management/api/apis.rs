//! `/apis`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use jeton_core::Algorithm;
use jeton_core::admin::{ApiUpdate, NewApi};
use jeton_core::id::{ApiId, AudienceUri, EnvironmentName, ScopeName};
use jeton_core::model::{self, Audience, State};
use jeton_core::operator::OperatorScope::{ApisRead, ApisWrite};
use jeton_core::store::ApiFilter;
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
        .needing(ApisRead, routes!(list_apis))
        .making(ApisWrite, routes!(create_api))
        .needing(ApisRead, routes!(get_api))
        .needing(ApisWrite, routes!(update_api))
        .needing(ApisWrite, routes!(delete_api))
        .into_router()
}

/// A protected resource.
#[derive(Debug, Serialize, ToSchema)]
struct Api {
    /// Its id, for ever.
    #[schema(value_type = schema::ApiId)]
    id: ApiId,
    /// The `aud` of its tokens, where an environment has none of its own.
    #[schema(value_type = schema::AudienceUri)]
    audience: AudienceUri,
    /// Its audiences in the environments that have their own.
    #[schema(value_type = BTreeMap<schema::EnvironmentName, schema::AudienceUri>)]
    audience_in: BTreeMap<EnvironmentName, AudienceUri>,
    /// Its scopes, in order.
    #[schema(value_type = Vec<schema::ScopeName>)]
    scopes: Vec<ScopeName>,
    /// What its tokens are signed with.
    #[schema(value_type = schema::Algorithm)]
    algorithm: Algorithm,
    /// When it was made.
    #[schema(required, format = "date-time")]
    created: Option<String>,
    /// The number of its last change.
    revision: i64,
}

/// An API to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApi)]
struct ApiToMake {
    /// Its id, for ever.
    #[schema(value_type = schema::ApiId)]
    id: ApiId,
    /// The `aud` of its tokens.
    #[schema(value_type = schema::AudienceUri)]
    audience: AudienceUri,
    /// Its audiences in the environments that have their own.
    #[serde(default)]
    #[schema(value_type = BTreeMap<schema::EnvironmentName, schema::AudienceUri>)]
    audience_in: BTreeMap<EnvironmentName, AudienceUri>,
    /// Its scopes.
    #[serde(default)]
    #[schema(value_type = Vec<schema::ScopeName>)]
    scopes: Vec<ScopeName>,
    /// What its tokens are signed with; ES256 without a word.
    #[schema(value_type = Option<schema::Algorithm>)]
    algorithm: Option<Algorithm>,
}

/// What is to change of an API.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiUpdate)]
struct ApiChanges {
    /// Its new audience.
    #[schema(value_type = Option<schema::AudienceUri>)]
    audience: Option<AudienceUri>,
    /// Its audiences in single environments; `null` takes the environment's own away.
    #[serde(default)]
    #[schema(value_type = BTreeMap<schema::EnvironmentName, schema::AudienceUriOrNull>)]
    audience_in: BTreeMap<EnvironmentName, Option<AudienceUri>>,
    /// Scopes to add.
    #[serde(default)]
    #[schema(value_type = Vec<schema::ScopeName>)]
    add_scopes: Vec<ScopeName>,
    /// Scopes to remove, which no credential may be granted.
    #[serde(default)]
    #[schema(value_type = Vec<schema::ScopeName>)]
    remove_scopes: Vec<ScopeName>,
    /// Its new algorithm, while no credential is granted it.
    #[schema(value_type = Option<schema::Algorithm>)]
    algorithm: Option<Algorithm>,
}

/// Which APIs, and where the page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ApiQuery {
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Those whose id begins with this.
    #[param(value_type = Option<String>, max_length = 200)]
    id_prefix: Option<Prefix>,
}

impl From<model::Api> for Api {
    fn from(api: model::Api) -> Self {
        Self {
            id: api.id,
            audience: api.audience.default,
            audience_in: api.audience.by_environment,
            scopes: api.scopes,
            algorithm: api.algorithm,
            created: time(api.created),
            revision: api.revision.0,
        }
    }
}

impl From<model::Api> for Tagged<Api> {
    fn from(api: model::Api) -> Self {
        Self(api.revision, api.into())
    }
}

/// List the APIs, by id
#[utoipa::path(
    get,
    path = "/apis",
    tag = "apis",
    params(ApiQuery),
    responses((status = 200, description = "A page of them", body = List<Api>))
)]
async fn list_apis(call: Call, InQuery(query): InQuery<ApiQuery>) -> Outcome<Json<List<Api>>> {
    let ApiQuery { limit, cursor, id_prefix } = query;
    let paging = Paging::begin(&call, "apis", &id_prefix, limit, cursor).await?;
    let filter = ApiFilter { id_prefix: id_prefix.map(String::from) };
    let rows = call.admin.apis_page(&filter, &paging.page(|id| id)).await?;
    paging.answer(&call, rows, |row| row.id.clone(), Api::from).await
}

/// Make an API
#[utoipa::path(
    post,
    path = "/apis",
    tag = "apis",
    request_body = ApiToMake,
    responses((status = 201, description = "It is made", body = Api))
)]
async fn create_api(ToMake(call, new): ToMake<ApiToMake>) -> Outcome<Made<Api>> {
    let ApiToMake { id, audience, audience_in, scopes, algorithm } = new;
    let audience = Audience { default: audience, by_environment: audience_in };
    let algorithm = algorithm.unwrap_or(Algorithm::Es256);
    let made = call.admin.create_api(NewApi { id, audience, scopes, algorithm }).await;
    let made = made.map_err(|why| call.problem(why))?;
    let (revision, replayed) = (Some(made.value.revision), made.replayed);
    let note = "This request made it before.";
    Ok(Made { revision, shown: made.value.into(), replayed, note })
}

/// Show an API
#[utoipa::path(
    get,
    path = "/apis/{id}",
    tag = "apis",
    params(("id" = schema::ApiId, Path, description = "Which")),
    responses((status = 200, description = "The API", body = Api))
)]
async fn get_api(call: Call, InPath(id): InPath<ApiId>) -> Outcome<Tagged<Api>> {
    Ok(call.admin.api(&id).await?.into())
}

/// Change an API
#[utoipa::path(
    patch,
    path = "/apis/{id}",
    tag = "apis",
    params(("id" = schema::ApiId, Path, description = "Which")),
    request_body = ApiChanges,
    responses((status = 200, description = "The API as it is now", body = Api))
)]
async fn update_api(
    call: Call,
    InPath(id): InPath<ApiId>,
    Body(changes): Body<ApiChanges>,
) -> Outcome<Tagged<Api>> {
    let update = ApiUpdate {
        audience: changes.audience,
        audience_in: changes.audience_in.into_iter().collect(),
        add_scopes: changes.add_scopes,
        remove_scopes: changes.remove_scopes,
        algorithm: changes.algorithm,
    };
    let updated = call.admin.update_api(&id, update).await;
    Ok(updated.map_err(|why| call.problem(why))?.into())
}

/// Delete an API that no credential is granted
#[utoipa::path(
    delete,
    path = "/apis/{id}",
    tag = "apis",
    params(("id" = schema::ApiId, Path, description = "Which")),
    responses((status = 200, description = "It is deleted", body = Deleted))
)]
async fn delete_api(call: Call, InPath(id): InPath<ApiId>) -> Outcome<Json<Deleted>> {
    call.admin.delete_api(&id).await.map_err(|why| call.problem(why))?;
    Ok(Json(Deleted { id: id.into(), state: State::Deleted }))
}
