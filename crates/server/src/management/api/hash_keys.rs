//! `/hash-keys`: what secrets are hashed by.

use std::sync::Arc;

use axum::Json;
use jeton_core::admin::{AdminError, HashKeyUse};
use jeton_core::id::{ClientId, EnvironmentName, SecretId};
use jeton_core::intent::RefusedReason;
use jeton_core::operator::OperatorScope::{KeysRead, KeysWrite};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiOptions;
use super::answer::{Created, Outcome, time};
use super::call::Call;
use super::input::{InPath, InQuery};
use super::list::List;
use super::problem::{Problem, Slug};
use super::scopes::Guarded;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(KeysRead, routes!(list_hash_keys))
        .needing(KeysWrite, routes!(add_hash_key))
        .needing(KeysWrite, routes!(drop_hash_key))
        .into_router()
}

/// A hash key, and how much hangs on it.
#[derive(Debug, Serialize, ToSchema)]
struct HashKey {
    /// Its number.
    number: i64,
    /// When it was made.
    #[schema(required, format = "date-time")]
    created: Option<String>,
    /// Whether new secrets are hashed by it.
    newest: bool,
    /// How many live secrets are.
    secrets: u32,
}

/// A hash key that was dropped.
#[derive(Debug, Serialize, ToSchema)]
struct DroppedHashKey {
    /// Its number.
    dropped: i64,
    /// Whose secrets are worthless now.
    locked_out: Vec<String>,
}

/// How a hash key is to go.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HashKeyDrop {
    /// Agree that the live secrets that are hashed by it are worthless at once.
    #[serde(default)]
    #[param(required = false)]
    danger_locks_out: bool,
}

impl From<HashKeyUse> for HashKey {
    fn from(key: HashKeyUse) -> Self {
        Self { number: key.number, created: time(key.created), newest: key.newest, secrets: key.secrets }
    }
}

/// List the hash keys, oldest first
#[utoipa::path(
    get,
    path = "/hash-keys",
    tag = "hash-keys",
    responses((status = 200, description = "All of them", body = List<HashKey>))
)]
async fn list_hash_keys(call: Call) -> Outcome<Json<List<HashKey>>> {
    let keys = call.admin.hash_keys().await?;
    Ok(List::whole(keys.into_iter().map(HashKey::from).collect()))
}

/// Make a hash key, which new secrets are hashed by from now on
#[utoipa::path(
    post,
    path = "/hash-keys",
    tag = "hash-keys",
    responses((status = 201, description = "All of them, with the new one", body = List<HashKey>))
)]
async fn add_hash_key(call: Call) -> Outcome<Created<Json<List<HashKey>>>> {
    call.admin.add_hash_key().await.map_err(|why| call.problem(why))?;
    let keys = call.admin.hash_keys().await?;
    Ok(Created(List::whole(keys.into_iter().map(HashKey::from).collect())))
}

/// Drop a hash key that no live secret needs
#[utoipa::path(
    delete,
    path = "/hash-keys/{number}",
    tag = "hash-keys",
    params(("number" = i64, Path, description = "Which"), HashKeyDrop),
    responses((status = 200, description = "It is gone", body = DroppedHashKey))
)]
async fn drop_hash_key(
    call: Call,
    InPath(number): InPath<i64>,
    InQuery(asked): InQuery<HashKeyDrop>,
) -> Outcome<Json<DroppedHashKey>> {
    call.expect_no_revision("hash key")?;
    let locked_out = match call.admin.drop_hash_key(number, asked.danger_locks_out).await {
        Err(AdminError::Refused(why @ RefusedReason::HashKeyInUse { .. })) => {
            let whose = named(&call.admin.locked_out_without(number).await?).join(", ");
            let detail = format!(
                "{why}: {whose}. Wait until they were used once more, rotate them, or say --danger-locks-out"
            );
            return Err(Problem::new(Slug::Conflict, detail));
        }
        other => other.map_err(|why| call.problem(why))?,
    };
    Ok(Json(DroppedHashKey { dropped: number, locked_out: named(&locked_out) }))
}

/// Whose secrets they are, as people find them.
fn named(secrets: &[(EnvironmentName, ClientId, SecretId)]) -> Vec<String> {
    let mut names: Vec<String> =
        secrets.iter().map(|(environment, client_id, _)| format!("{client_id} in {environment}")).collect();
    names.dedup();
    names
}
