//! What a credential is granted.

use std::sync::Arc;

use jeton_core::admin::GrantRequest;
use jeton_core::id::{ApiId, ClientId, EnvironmentName, ScopeName};
use jeton_core::operator::OperatorScope::CredentialsWrite;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Outcome, Tagged};
use super::call::Call;
use super::credentials::{Credential, shown};
use super::input::{Body, InPath, Repeated};
use super::problem::Problem;
use super::scopes::Guarded;
use super::secrets::Which;
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(CredentialsWrite, routes!(add_grant))
        .needing(CredentialsWrite, routes!(remove_grant))
        .into_router()
}

/// An API to be granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Grant)]
pub(super) struct GrantInput {
    /// The API.
    #[schema(value_type = schema::ApiId)]
    api: ApiId,
    /// Which of its scopes; all that it has now without a word.
    #[schema(value_type = Option<Vec<schema::ScopeName>>)]
    scopes: Option<Vec<ScopeName>>,
}

impl GrantInput {
    pub(super) fn request(self) -> GrantRequest {
        GrantRequest { api: self.api, scopes: self.scopes }
    }
}

/// Which scopes of the API.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is only described: a parameter that is repeated is read by hand")]
struct GrantQuery {
    /// One of its scopes; may be repeated. Without any, the API is taken away.
    #[param(value_type = Option<Vec<schema::ScopeName>>)]
    scope: Option<Vec<String>>,
}

/// Grant an API, or more of its scopes
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/grants",
    tag = "grants",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = GrantInput,
    responses((status = 200, description = "The credential as it is now", body = Credential))
)]
async fn add_grant(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
    Body(grant): Body<GrantInput>,
) -> Outcome<Tagged<Credential>> {
    call.may_change_in(&environment)?;
    let granted = call.admin.add_grant(&environment, &client_id, grant.request()).await;
    shown(&call, granted.map_err(|why| call.problem(why))?).await
}

/// Take an API, or some of its scopes, away
#[utoipa::path(
    delete,
    path = "/credentials/{environment}/{client_id}/grants/{api}",
    tag = "grants",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
        ("api" = schema::ApiId, Path, description = "Which API"),
        GrantQuery,
    ),
    responses((status = 200, description = "The credential as it is now", body = Credential))
)]
async fn remove_grant(
    call: Call,
    InPath((environment, client_id, api)): InPath<(EnvironmentName, ClientId, ApiId)>,
    Repeated(query): Repeated,
) -> Outcome<Tagged<Credential>> {
    call.may_change_in(&environment)?;
    let read = |(name, value): (String, String)| match name.as_str() {
        "scope" => value.parse::<ScopeName>().map_err(|why| Problem::malformed(why.to_string())),
        _ => Err(Problem::malformed("The query takes `scope` alone.")),
    };
    let scopes: Vec<ScopeName> = query.into_iter().map(read).collect::<Result<_, _>>()?;
    let scopes = (!scopes.is_empty()).then_some(scopes);
    let taken = call.admin.remove_grant(&environment, &client_id, GrantRequest { api, scopes }).await;
    shown(&call, taken.map_err(|why| call.problem(why))?).await
}
