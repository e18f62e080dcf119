//! `/credentials`, with what they are granted.

use std::sync::Arc;

use axum::Json;
use jeton_core::Timestamp;
use jeton_core::admin::{CredentialUpdate, GrantRequest, NewCredential, SecretSource};
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, Text};
use jeton_core::model::{self, State};
use jeton_core::networks::parse_network;
use jeton_core::operator::OperatorScope::{CredentialsRead, CredentialsWrite};
use jeton_core::store::CredentialFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Outcome, Tagged, time};
use super::call::Call;
use super::creation::{Made, ToMake};
use super::grants::GrantInput;
use super::input::{Body, InPath, InQuery, Moment, given};
use super::list::{Limit, List, Paging, Prefix};
use super::problem::Problem;
use super::scopes::Guarded;
use super::secret_input::SecretInput;
use super::secrets::{self, Secret, Which};
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(CredentialsRead, routes!(list_credentials))
        .making(CredentialsWrite, routes!(create_credential))
        .needing(CredentialsRead, routes!(get_credential))
        .needing(CredentialsWrite, routes!(update_credential))
        .needing(CredentialsWrite, routes!(delete_credential))
        .needing(CredentialsWrite, routes!(suspend_credential))
        .needing(CredentialsWrite, routes!(resume_credential))
        .into_router()
}

/// A client id with what it is granted and what is known of its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Credential {
    /// Its client id, for ever.
    #[schema(value_type = schema::ClientId)]
    client_id: ClientId,
    /// Where it lives.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Whose it is.
    #[schema(value_type = schema::CompanyId)]
    company: CompanyId,
    /// What people call it.
    #[schema(required, value_type = Option<schema::Text>)]
    label: Option<Text>,
    /// Who looks after it.
    #[schema(required, value_type = Option<schema::Text>)]
    owner: Option<Text>,
    /// Whether it may have tokens.
    #[schema(value_type = schema::State)]
    state: State,
    /// Whether its company may.
    #[schema(value_type = schema::State)]
    company_state: State,
    /// The networks that it may be used from; none for every address.
    #[schema(value_type = Vec<schema::Network>)]
    networks: Vec<String>,
    /// What it may use: APIs with their scopes, as `api:scope,scope`.
    grants: Vec<String>,
    /// What is known of its secrets.
    secrets: Vec<Secret>,
    /// When it was made.
    #[schema(required, format = "date-time")]
    created: Option<String>,
    /// From when on it has no tokens.
    #[schema(required, format = "date-time")]
    expires: Option<String>,
    /// The number of its last change.
    revision: i64,
}

/// A credential that was made, and its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedCredential {
    /// The secret; left out where there is none to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// The credential.
    #[serde(flatten)]
    credential: Credential,
}

/// A credential to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
struct CredentialToMake {
    /// Whose.
    #[schema(value_type = schema::CompanyId)]
    company: CompanyId,
    /// Where.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Its client id, for ever; generated without a word.
    #[schema(value_type = Option<schema::ClientId>)]
    client_id: Option<ClientId>,
    /// What people call it.
    #[schema(value_type = Option<schema::Text>)]
    label: Option<Text>,
    /// Who looks after it.
    #[schema(value_type = Option<schema::Text>)]
    owner: Option<Text>,
    /// The networks that it may be used from; none for every address.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Network>)]
    networks: Vec<String>,
    /// What it may use.
    #[serde(default)]
    grants: Vec<GrantInput>,
    /// Where its secret comes from: generated without a word, and `null` for a credential without one.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<SecretInput>)]
    #[expect(clippy::option_option, reason = "left out and `null` say different things")]
    secret: Option<Option<SecretInput>>,
}

/// What is to change of a credential. `null` takes something away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CredentialUpdate)]
#[expect(clippy::option_option, reason = "left out and `null` say different things")]
struct CredentialChanges {
    /// What people call it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::Text>)]
    label: Option<Option<Text>>,
    /// Who looks after it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::Text>)]
    owner: Option<Option<Text>>,
    /// The networks that it may be used from.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<schema::Network>>)]
    networks: Option<Option<Vec<String>>>,
    /// From when on it has no tokens.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires: Option<Option<Moment>>,
}

/// What is left of a credential that was deleted.
#[derive(Debug, Serialize, ToSchema)]
struct DeletedCredential {
    /// Its client id.
    #[schema(value_type = schema::ClientId)]
    client_id: ClientId,
    /// Where it lived.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// That it is deleted.
    #[schema(value_type = schema::State)]
    state: State,
}

/// Which credentials, and where the page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CredentialQuery {
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Those of one company.
    #[param(value_type = Option<schema::CompanyId>)]
    company: Option<CompanyId>,
    /// Those in one environment.
    #[param(value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
    /// Those whose client id begins with this.
    #[param(value_type = Option<String>, max_length = 200)]
    id_prefix: Option<Prefix>,
}

impl Credential {
    /// Without the last uses of its secrets.
    fn listed(credential: model::Credential, now: Timestamp) -> Self {
        let secrets = credential.secrets.iter().map(|one| Secret::new(one, None, now)).collect();
        Self::new(credential, secrets)
    }

    fn new(credential: model::Credential, secrets: Vec<Secret>) -> Self {
        Self {
            client_id: credential.client_id,
            environment: credential.environment,
            company: credential.company,
            label: credential.label,
            owner: credential.owner,
            state: credential.state,
            company_state: credential.company_state,
            networks: credential.networks.iter().map(ToString::to_string).collect(),
            grants: credential.grants.iter().map(|grant| GrantRequest::from(grant).to_string()).collect(),
            secrets,
            created: time(credential.created),
            expires: credential.expires.and_then(time),
            revision: credential.revision.0,
        }
    }
}

/// One credential, whole.
pub(super) async fn shown(call: &Call, credential: model::Credential) -> Outcome<Tagged<Credential>> {
    let secrets = secrets::with_uses(call, &credential).await?;
    Ok(Tagged(credential.revision, Credential::new(credential, secrets)))
}

/// List the credentials, by environment and client id
#[utoipa::path(
    get,
    path = "/credentials",
    tag = "credentials",
    params(CredentialQuery),
    responses((status = 200, description = "A page of them", body = List<Credential>))
)]
async fn list_credentials(
    call: Call,
    InQuery(query): InQuery<CredentialQuery>,
) -> Outcome<Json<List<Credential>>> {
    let CredentialQuery { limit, cursor, company, environment, id_prefix } = query;
    let filters = (&company, &environment, &id_prefix);
    let paging = Paging::begin(&call, "credentials", &filters, limit, cursor).await?;
    let filter = CredentialFilter { company, environment, id_prefix: id_prefix.map(String::from) };
    let rows = call.admin.credentials_page(&filter, &paging.page(|key| key)).await?;
    let key = |row: &model::Credential| (row.environment.clone(), row.client_id.clone());
    let now = call.now();
    paging.answer(&call, rows, key, |row| Credential::listed(row, now)).await
}

/// Make a credential, and show its secret, this once
#[utoipa::path(
    post,
    path = "/credentials",
    tag = "credentials",
    request_body = CredentialToMake,
    responses((status = 201, description = "It is made", body = CreatedCredential))
)]
async fn create_credential(ToMake(call, new): ToMake<CredentialToMake>) -> Outcome<Made<CreatedCredential>> {
    call.may_change_in(&new.environment)?;
    let secret = match new.secret {
        None => Some(SecretSource::Generated),
        Some(None) => None,
        Some(Some(input)) => Some(input.source()?),
    };
    let new = NewCredential {
        company: new.company,
        environment: new.environment,
        client_id: new.client_id,
        label: new.label,
        owner: new.owner,
        networks: networks(&new.networks)?,
        grants: new.grants.into_iter().map(GrantInput::request).collect(),
        secret,
    };
    let made = call.admin.create_credential(new).await.map_err(|why| call.problem(why))?;
    let (made, replayed) = (made.value, made.replayed);
    let client_secret = made.secret.map(|secret| secret.expose().to_owned());
    let Tagged(revision, credential) = shown(&call, made.credential).await?;
    Ok(Made {
        revision: Some(revision),
        shown: CreatedCredential { client_secret, credential },
        replayed,
        note: "This request made it before, and its secret is not shown again: make another with `secret rotate`.",
    })
}

/// Show a credential
#[utoipa::path(
    get,
    path = "/credentials/{environment}/{client_id}",
    tag = "credentials",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "The credential", body = Credential))
)]
async fn get_credential(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
) -> Outcome<Tagged<Credential>> {
    shown(&call, call.admin.credential(&environment, &client_id).await?).await
}

/// Change what is given of a credential
#[utoipa::path(
    patch,
    path = "/credentials/{environment}/{client_id}",
    tag = "credentials",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = CredentialChanges,
    responses((status = 200, description = "The credential as it is now", body = Credential))
)]
async fn update_credential(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
    Body(changes): Body<CredentialChanges>,
) -> Outcome<Tagged<Credential>> {
    call.may_change_in(&environment)?;
    let CredentialChanges { label, owner, networks: list, expires } = changes;
    let update = CredentialUpdate {
        label,
        owner,
        networks: list.map(|list| networks(&list.unwrap_or_default())).transpose()?,
        expires: expires.map(|at| at.map(|at| at.0)),
    };
    let updated = call.admin.update_credential(&environment, &client_id, update).await;
    shown(&call, updated.map_err(|why| call.problem(why))?).await
}

/// Delete a credential
///
/// Its client id is not given out again.
#[utoipa::path(
    delete,
    path = "/credentials/{environment}/{client_id}",
    tag = "credentials",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "It is deleted", body = DeletedCredential))
)]
async fn delete_credential(
    call: Call,
    InPath((environment, client_id)): InPath<Which>,
) -> Outcome<Json<DeletedCredential>> {
    call.may_change_in(&environment)?;
    let deleted = call.admin.set_credential_state(&environment, &client_id, State::Deleted).await;
    deleted.map_err(|why| call.problem(why))?;
    Ok(Json(DeletedCredential { client_id, environment, state: State::Deleted }))
}

/// Refuse a credential, and revoke the tokens that it has
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/suspend",
    tag = "credentials",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "The credential as it is now", body = Credential))
)]
async fn suspend_credential(call: Call, InPath(which): InPath<Which>) -> Outcome<Tagged<Credential>> {
    set_state(&call, &which, State::Suspended).await
}

/// Take a suspended credential again
///
/// Revoked tokens stay revoked.
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/resume",
    tag = "credentials",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "The credential as it is now", body = Credential))
)]
async fn resume_credential(call: Call, InPath(which): InPath<Which>) -> Outcome<Tagged<Credential>> {
    set_state(&call, &which, State::Active).await
}

async fn set_state(
    call: &Call,
    (environment, client_id): &Which,
    state: State,
) -> Outcome<Tagged<Credential>> {
    call.may_change_in(environment)?;
    let set = call.admin.set_credential_state(environment, client_id, state).await;
    set.map_err(|why| call.problem(why))?;
    shown(call, call.admin.credential(environment, client_id).await?).await
}

fn networks<T: AsRef<str>>(texts: &[T]) -> Result<Vec<ipnet::IpNet>, Problem> {
    let parse = |text: &T| parse_network(text.as_ref()).map_err(|why| Problem::invalid(why.to_string()));
    texts.iter().map(parse).collect()
}
