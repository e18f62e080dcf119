//! The tokens of credentials, which are revoked.

use std::sync::Arc;

use axum::Json;
use jeton_core::id::{ClientId, EnvironmentName, TokenId};
use jeton_core::operator::OperatorScope::TokensRevoke;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Outcome;
use super::call::Call;
use super::input::{Body, InPath};
use super::scopes::Guarded;
use super::secrets::Which;
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(TokensRevoke, routes!(revoke_tokens))
        .needing(TokensRevoke, routes!(revoke_token))
        .into_router()
}

/// A token to be revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenToRevoke {
    /// Its id.
    #[schema(value_type = schema::TokenId)]
    jti: TokenId,
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
struct Revoked {
    /// Where.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Whose.
    #[schema(value_type = schema::ClientId)]
    client_id: ClientId,
    /// Which token; left out where it is every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::TokenId>)]
    jti: Option<TokenId>,
    /// How often all of its tokens were revoked.
    generation: i64,
}

/// Revoke every token of a credential
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/revoke-tokens",
    tag = "tokens",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "They are revoked", body = Revoked))
)]
async fn revoke_tokens(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
) -> Outcome<Json<Revoked>> {
    call.may_change_in(&environment)?;
    let revoked = call.admin.revoke_tokens(&environment, &client_id).await;
    let generation = revoked.map_err(|why| call.problem(why))?.generation;
    Ok(Json(Revoked { environment, client_id, jti: None, generation }))
}

/// Revoke one token of a credential
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/revoke-token",
    tag = "tokens",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = TokenToRevoke,
    responses((status = 200, description = "It is revoked", body = Revoked))
)]
async fn revoke_token(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
    Body(TokenToRevoke { jti }): Body<TokenToRevoke>,
) -> Outcome<Json<Revoked>> {
    call.may_change_in(&environment)?;
    let revoked = call.admin.revoke_token(&environment, &client_id, &jti).await;
    let generation = revoked.map_err(|why| call.problem(why))?.generation;
    Ok(Json(Revoked { environment, client_id, jti: Some(jti), generation }))
}
