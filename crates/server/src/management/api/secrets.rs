//! `/credentials/{environment}/{client_id}/secrets`, and whose a secret is.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use jeton_core::Timestamp;
use jeton_core::admin::{Deadline, FoundSecret, Rotation, SecretSource};
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, SecretId, Text};
use jeton_core::intent::WhichSecrets;
use jeton_core::model::{self, SecretKind, StoredSecret};
use jeton_core::operator::OperatorScope::{CredentialsRead, CredentialsWrite};
use jeton_core::secret::{PresentedSecret, SelfDescription};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Outcome, time};
use super::call::Call;
use super::creation::{Made, ToMake};
use super::input::{Body, InPath};
use super::last_use::{LastUse, Uses};
use super::list::List;
use super::problem::{Problem, Slug};
use super::scopes::Guarded;
use super::secret_input::SecretInput;
use super::{ApiOptions, schema};

/// The longest time that may be said, in seconds: a hundred years.
const LONGEST: u64 = 100 * 366 * 24 * 3600;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(CredentialsRead, routes!(list_secrets))
        .making(CredentialsWrite, routes!(rotate_secret))
        .needing(CredentialsWrite, routes!(retire_secret))
        .needing(CredentialsWrite, routes!(extend_secret))
        .needing(CredentialsWrite, routes!(revoke_secrets))
        .needing(CredentialsWrite, routes!(find_secret))
        .into_router()
}

/// Where a credential is, in the path.
pub(super) type Which = (EnvironmentName, ClientId);

/// What is known of a secret; never the secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Secret {
    /// Its id.
    #[schema(value_type = schema::SecretId)]
    id: SecretId,
    /// Where it came from: `generated`, `set` or `imported`.
    #[schema(value_type = String)]
    kind: SecretKind,
    /// Its last four characters, where they are known.
    #[schema(required)]
    ends_with: Option<String>,
    /// `live`, `expired` or `revoked`.
    state: &'static str,
    /// When it was made.
    #[schema(required, format = "date-time")]
    created: Option<String>,
    /// From when on it is refused.
    #[schema(required, format = "date-time")]
    expires: Option<String>,
    /// Since when it is refused.
    #[schema(required, format = "date-time")]
    revoked: Option<String>,
    /// When it was last accepted, up to a minute late. Lists of credentials leave it out.
    #[serde(flatten)]
    #[schema(value_type = LastUse)]
    last_use: Option<LastUse>,
}

/// A secret that was made. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct NewSecret {
    /// Whose.
    #[schema(value_type = schema::ClientId)]
    client_id: ClientId,
    /// The secret; left out where it was imported as a hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Where.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Its id.
    #[schema(value_type = schema::SecretId)]
    secret_id: SecretId,
    /// From when on it is refused.
    #[schema(required, format = "date-time")]
    expires: Option<String>,
}

/// How a secret takes another's place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecretRotation)]
struct RotationInput {
    /// Where the new one comes from; generated without a word.
    secret: Option<SecretInput>,
    /// How long the one that lives is accepted beside it; 0 refuses it at once. Without a word, as configuration says.
    #[schema(maximum = 3_162_240_000_u64)]
    overlap_seconds: Option<u64>,
    /// How long the new one is accepted.
    #[schema(maximum = 3_162_240_000_u64)]
    expires_in_seconds: Option<u64>,
}

/// When a secret is to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretRetirement {
    /// Which, where two live.
    #[schema(value_type = Option<schema::SecretId>)]
    secret_id: Option<SecretId>,
    /// After so long from now.
    #[schema(maximum = 3_162_240_000_u64)]
    in_seconds: u64,
}

/// Until when a secret is to live.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretExtension {
    /// Which, where two live.
    #[schema(value_type = Option<schema::SecretId>)]
    secret_id: Option<SecretId>,
    /// Until so long from now.
    #[schema(maximum = 3_162_240_000_u64)]
    to_seconds: Option<u64>,
    /// Until it is revoked.
    forever: Option<bool>,
}

/// Which secrets are to be refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretRevocation {
    /// Which, where two live.
    #[schema(value_type = Option<schema::SecretId>)]
    secret_id: Option<SecretId>,
    /// Every one.
    all: Option<bool>,
}

/// A secret that was found somewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeakedSecret {
    /// The secret.
    #[schema(max_length = 1024)]
    secret: String,
}

/// Whose a secret is.
#[derive(Debug, Serialize, ToSchema)]
struct SecretOwner {
    /// The credential.
    #[schema(value_type = schema::ClientId)]
    client_id: ClientId,
    /// Where.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Whose that is.
    #[schema(value_type = schema::CompanyId)]
    company: CompanyId,
    /// What people call it.
    #[schema(required, value_type = Option<schema::Text>)]
    label: Option<Text>,
    /// Who looks after it.
    #[schema(required, value_type = Option<schema::Text>)]
    owner: Option<Text>,
    /// What is known of the secret.
    #[schema(required)]
    secret: Option<Secret>,
}

impl Secret {
    pub(super) fn new(secret: &StoredSecret, last_use: Option<LastUse>, now: Timestamp) -> Self {
        let state = match (secret.revoked, secret.is_live(now)) {
            (Some(_), _) => "revoked",
            (None, true) => "live",
            (None, false) => "expired",
        };
        let shows_end = secret.kind != SecretKind::Imported;
        Self {
            id: secret.id.clone(),
            kind: secret.kind,
            ends_with: shows_end.then(|| secret.last_four.to_string()),
            state,
            created: time(secret.created),
            expires: secret.expires.and_then(time),
            revoked: secret.revoked.and_then(time),
            last_use,
        }
    }
}

/// The secrets of a credential with their last uses.
pub(super) async fn with_uses(call: &Call, credential: &model::Credential) -> Outcome<Vec<Secret>> {
    let (now, uses) = (call.now(), Uses::of(call, credential).await?);
    Ok(credential.secrets.iter().map(|one| Secret::new(one, Some(uses.show(one, now)), now)).collect())
}

/// List what is known of a credential's secrets
#[utoipa::path(
    get,
    path = "/credentials/{environment}/{client_id}/secrets",
    tag = "secrets",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    responses((status = 200, description = "All that are live or were, newest first", body = List<Secret>))
)]
async fn list_secrets(call: Call, InPath(which): InPath<Which>) -> Outcome<Json<List<Secret>>> {
    shown(&call, &which).await
}

/// Add a secret beside the one that lives, and show it, this once
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/secrets",
    tag = "secrets",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = RotationInput,
    responses((status = 201, description = "It is made", body = NewSecret))
)]
async fn rotate_secret(
    InPath((environment, client_id)): InPath<Which>,
    ToMake(call, input): ToMake<RotationInput>,
) -> Outcome<Made<NewSecret>> {
    call.may_change_in(&environment)?;
    let overlap = seconds(input.overlap_seconds)?.or(call.secret_overlap);
    let secret = input.secret.map_or(Ok(SecretSource::Generated), SecretInput::source)?;
    let rotation = Rotation { secret, overlap, lifetime: seconds(input.expires_in_seconds)? };
    let made = call.admin.rotate_secret(&environment, &client_id, rotation).await;
    let made = made.map_err(|why| call.problem(why))?;
    let new = made.value;
    let shown = NewSecret {
        client_id,
        client_secret: new.secret.map(|secret| secret.expose().to_owned()),
        environment,
        secret_id: new.stored.id,
        expires: new.stored.expires.and_then(time),
    };
    let note = "This request made it before, and it is not shown again: revoke it, and rotate once more.";
    Ok(Made { revision: None, shown, replayed: made.replayed, note })
}

/// Let a secret that lives end, or end sooner
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/secrets/retire",
    tag = "secrets",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = SecretRetirement,
    responses((status = 200, description = "The secrets as they are now", body = List<Secret>))
)]
async fn retire_secret(
    call: Call,
    InPath(which): InPath<Which>,
    Body(input): Body<SecretRetirement>,
) -> Outcome<Json<List<Secret>>> {
    let after = seconds(Some(input.in_seconds))?.unwrap_or_default();
    set_deadline(&call, &which, input.secret_id, Deadline::Sooner(after)).await
}

/// Let a secret that has an end live longer
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/secrets/extend",
    tag = "secrets",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = SecretExtension,
    responses((status = 200, description = "The secrets as they are now", body = List<Secret>))
)]
async fn extend_secret(
    call: Call,
    InPath(which): InPath<Which>,
    Body(input): Body<SecretExtension>,
) -> Outcome<Json<List<Secret>>> {
    let deadline = match (seconds(input.to_seconds)?, input.forever) {
        (Some(after), None | Some(false)) => Deadline::Later(after),
        (None, Some(true)) => Deadline::Never,
        _ => return Err(Problem::invalid("say either `to_seconds` or `forever` (true).")),
    };
    set_deadline(&call, &which, input.secret_id, deadline).await
}

/// Refuse a secret from now on
#[utoipa::path(
    post,
    path = "/credentials/{environment}/{client_id}/secrets/revoke",
    tag = "secrets",
    params(
        ("environment" = schema::EnvironmentName, Path, description = "Where"),
        ("client_id" = schema::ClientId, Path, description = "Which"),
    ),
    request_body = SecretRevocation,
    responses((status = 200, description = "The secrets as they are now", body = List<Secret>))
)]
async fn revoke_secrets(
    call: Call,
    InPath(which): InPath<Which>,
    Body(input): Body<SecretRevocation>,
) -> Outcome<Json<List<Secret>>> {
    call.may_change_in(&which.0)?;
    let secrets = match (input.secret_id, input.all.unwrap_or_default()) {
        (Some(id), false) => WhichSecrets::One(id),
        (None, true) => WhichSecrets::All,
        (None, false) => WhichSecrets::TheOnlyOne,
        (Some(_), true) => return Err(Problem::invalid("say either `secret_id` or `all`.")),
    };
    let revoked = call.admin.revoke_secrets(&which.0, &which.1, secrets).await;
    revoked.map_err(|why| call.problem(why))?;
    shown(&call, &which).await
}

/// Tell whose a generated secret is
///
/// For one that was found where it should not be.
#[utoipa::path(
    post,
    path = "/secrets/find",
    tag = "secrets",
    request_body = LeakedSecret,
    responses((status = 200, description = "Whose it is", body = SecretOwner))
)]
async fn find_secret(call: Call, Body(input): Body<LeakedSecret>) -> Outcome<Json<SecretOwner>> {
    let secret = PresentedSecret::new(input.secret.into_bytes());
    let Some(FoundSecret { credential, secret: id }) = call.admin.find_secret(&secret).await? else {
        let detail = format!("whose it is cannot be told: {}", why_not_found(&secret));
        return Err(Problem::new(Slug::NotFound, detail));
    };
    let (now, uses) = (call.now(), Uses::of(&call, &credential).await?);
    let secret = credential.secrets.iter().find(|secret| secret.id == id);
    let secret = secret.map(|secret| Secret::new(secret, Some(uses.show(secret, now)), now));
    let model::Credential { client_id, environment, company, label, owner, .. } = credential;
    Ok(Json(SecretOwner { client_id, environment, company, label, owner, secret }))
}

async fn set_deadline(
    call: &Call,
    which: &Which,
    secret: Option<SecretId>,
    deadline: Deadline,
) -> Outcome<Json<List<Secret>>> {
    call.may_change_in(&which.0)?;
    let set = call.admin.set_deadline(&which.0, &which.1, secret, deadline).await;
    set.map_err(|why| call.problem(why))?;
    shown(call, which).await
}

async fn shown(call: &Call, (environment, client_id): &Which) -> Outcome<Json<List<Secret>>> {
    let credential = call.admin.credential(environment, client_id).await?;
    Ok(List::whole(with_uses(call, &credential).await?))
}

/// What a secret says of itself that is nobody's.
fn why_not_found(secret: &PresentedSecret) -> String {
    match secret.inspect() {
        SelfDescription::Generated(environment) => format!(
            "it was generated for {environment}, and no store under these keys has it, or has it any more"
        ),
        SelfDescription::Damaged => {
            "it looks generated, but its checksum is wrong: a part is missing, or a letter".to_owned()
        }
        SelfDescription::Other => {
            "it does not look generated, and what an operator set cannot be found".to_owned()
        }
    }
}

fn seconds(given: Option<u64>) -> Outcome<Option<Duration>> {
    if given.is_some_and(|seconds| seconds > LONGEST) {
        return Err(Problem::invalid("a time is 100 years at most."));
    }
    Ok(given.map(Duration::from_secs))
}
