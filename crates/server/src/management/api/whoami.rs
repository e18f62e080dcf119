//! Who the caller is, and the environments that are served.

use std::sync::Arc;

use axum::Json;
use jeton_core::operator::OperatorScope;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiOptions;
use super::answer::Outcome;
use super::call::Call;
use super::list::List;
use super::scopes::Guarded;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .for_everyone(routes!(whoami))
        .needing(OperatorScope::CompaniesRead, routes!(list_environments))
        .into_router()
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
struct Whoami {
    /// Who.
    #[schema(examples("operator:alice"))]
    actor: String,
    /// What they may do.
    scopes: Vec<&'static str>,
    /// From where, if over a network.
    #[schema(required, examples("192.0.2.1"))]
    address: Option<String>,
}

/// An environment.
#[derive(Debug, Serialize, ToSchema)]
struct Environment {
    /// Its name.
    #[schema(value_type = super::schema::EnvironmentName)]
    name: String,
}

/// Show who the caller is
#[utoipa::path(get, path = "/whoami", tag = "whoami", responses((status = 200, description = "The caller", body = Whoami)))]
async fn whoami(call: Call) -> Json<Whoami> {
    let Call { caller, .. } = call;
    Json(Whoami {
        actor: caller.actor.to_string(),
        scopes: caller.scopes.iter().map(OperatorScope::as_str).collect(),
        address: caller.address.map(|address| address.to_string()),
    })
}

/// List the environments that are served
#[utoipa::path(
    get,
    path = "/environments",
    tag = "environments",
    responses((status = 200, description = "All of them", body = List<Environment>))
)]
async fn list_environments(call: Call) -> Outcome<Json<List<Environment>>> {
    let names = call.admin.store.environments().await?;
    Ok(List::whole(names.into_iter().map(|name| Environment { name: name.to_string() }).collect()))
}
