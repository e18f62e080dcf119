//! `/keys`: signing keys. Their private halves are shown by nobody.

use std::sync::Arc;

use axum::Json;
use jeton_core::Algorithm;
use jeton_core::admin::RotatedKey;
use jeton_core::id::{EnvironmentName, KeyId};
use jeton_core::key_life::RotationPolicy;
use jeton_core::model::{KeyState, StoredSigningKey};
use jeton_core::operator::OperatorScope::{KeysRead, KeysWrite};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zeroize::Zeroizing;

use super::answer::{Created, Outcome, time};
use super::call::Call;
use super::input::{Body, InPath, InQuery};
use super::list::List;
use super::problem::Problem;
use super::scopes::Guarded;
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(KeysRead, routes!(list_keys))
        .needing(KeysWrite, routes!(rotate_keys))
        .needing(KeysWrite, routes!(import_key))
        .needing(KeysWrite, routes!(replace_keys))
        .needing(KeysWrite, routes!(retire_key))
        .needing(KeysWrite, routes!(remove_key))
        .into_router()
}

/// What may be known of a signing key.
#[derive(Debug, Serialize, ToSchema)]
struct Key {
    /// Its id, which stands in tokens.
    #[schema(value_type = schema::KeyId)]
    kid: KeyId,
    /// Where it signs.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// What it signs with.
    #[schema(value_type = schema::Algorithm)]
    algorithm: Algorithm,
    /// Where it stands in its life: `next`, `active`, `retiring` or `removed`.
    #[schema(value_type = String)]
    state: KeyState,
    /// Since when verifiers can see it.
    #[schema(required, format = "date-time")]
    published: Option<String>,
    /// From when on it may sign.
    #[schema(required, format = "date-time")]
    active_from: Option<String>,
    /// When another takes its place, if it signs now.
    #[schema(required, format = "date-time")]
    rotates_at: Option<String>,
    /// Until when it may sign.
    #[schema(required, format = "date-time")]
    sign_until: Option<String>,
    /// From when on verifiers need not see it.
    #[schema(required, format = "date-time")]
    remove_after: Option<String>,
}

/// The key that signs now, or is published to sign next.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RotatedKey)]
struct Rotated {
    /// The key.
    #[serde(flatten)]
    key: Key,
    /// The one that signs no more.
    #[schema(required, value_type = Option<schema::KeyId>)]
    retires: Option<KeyId>,
}

/// The key that signs now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplacingKey)]
struct Replacing {
    /// The key.
    #[serde(flatten)]
    key: Key,
    /// Those that nobody accepts any more.
    #[schema(value_type = Vec<schema::KeyId>)]
    replaces: Vec<KeyId>,
}

/// A key that was taken away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemovedKey)]
struct Removed {
    /// Which.
    #[schema(value_type = schema::KeyId)]
    removed: KeyId,
    /// What signs in its place from now on.
    #[schema(required, value_type = Option<schema::KeyId>)]
    signs: Option<KeyId>,
}

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeyQuery {
    /// Those of one environment.
    #[param(value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
}

/// Which keys are to take each other's place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyRotation {
    /// Those of one environment.
    #[schema(value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
    /// Those of one algorithm.
    #[schema(value_type = Option<schema::Algorithm>)]
    algorithm: Option<Algorithm>,
    /// Let a key sign at once that verifiers may not know.
    #[serde(default)]
    danger_unpublished: bool,
}

/// How a key is to retire.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyRetirement {
    /// Let a key sign at once that verifiers may not know.
    #[serde(default)]
    danger_unpublished: bool,
}

/// A key from elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyImport {
    /// Where it is to sign.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// What it signs with.
    #[schema(value_type = schema::Algorithm)]
    algorithm: Algorithm,
    /// Its private half: PKCS#8 in PEM, `BEGIN PRIVATE KEY`.
    private_key: String,
    /// Let it sign at once, though verifiers may not know it.
    #[serde(default)]
    danger_unpublished: bool,
}

/// Keys that leaked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyReplacement {
    /// Where.
    #[schema(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Of which algorithm, where there are keys of several.
    #[schema(value_type = Option<schema::Algorithm>)]
    algorithm: Option<Algorithm>,
    /// Agree that every token that they signed is worthless at once.
    #[serde(default)]
    danger_invalidates_tokens: bool,
}

/// How a key is to go.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeyRemoval {
    /// Agree that every token that it signed is worthless at once.
    #[serde(default)]
    #[param(required = false)]
    danger_invalidates_tokens: bool,
}

impl Key {
    fn new(key: StoredSigningKey, policy: &RotationPolicy) -> Self {
        let signs_until = (key.state == KeyState::Active).then(|| policy.signs_until(&key));
        Self {
            kid: key.kid,
            environment: key.environment,
            algorithm: key.algorithm,
            state: key.state,
            published: time(key.published),
            active_from: time(key.active_from),
            rotates_at: signs_until.and_then(time),
            sign_until: key.sign_until.and_then(time),
            remove_after: key.remove_after.and_then(time),
        }
    }
}

impl Rotated {
    fn new(rotated: RotatedKey, policy: &RotationPolicy) -> Self {
        Self { key: Key::new(rotated.key, policy), retires: rotated.retired }
    }
}

/// List the signing keys that are not removed
#[utoipa::path(
    get,
    path = "/keys",
    tag = "keys",
    params(KeyQuery),
    responses((status = 200, description = "All of them, by environment, algorithm and age", body = List<Key>))
)]
async fn list_keys(call: Call, InQuery(query): InQuery<KeyQuery>) -> Outcome<Json<List<Key>>> {
    let keys = call.admin.signing_keys().await?.into_iter();
    let wanted = keys.filter(|key| query.environment.as_ref().is_none_or(|name| key.environment == *name));
    Ok(List::whole(wanted.map(|key| Key::new(key, &call.rotation)).collect()))
}

/// Begin a rotation, or end it
///
/// Where no next key is published, publishes one. Where one is, and verifiers know it by now, lets it sign.
#[utoipa::path(
    post,
    path = "/keys/rotate",
    tag = "keys",
    request_body = KeyRotation,
    responses((status = 200, description = "What came of it", body = List<Rotated>))
)]
async fn rotate_keys(call: Call, Body(asked): Body<KeyRotation>) -> Outcome<Json<List<Rotated>>> {
    // Where none is named it is every environment, that of the operators too.
    call.may_change_in(asked.environment.as_ref().unwrap_or(&EnvironmentName::management()))?;
    let KeyRotation { environment, algorithm, danger_unpublished } = asked;
    let policy = &call.rotation;
    let rotated =
        call.admin.rotate_signing_keys(environment.as_ref(), algorithm, policy, danger_unpublished).await;
    let rotated = rotated.map_err(|why| call.problem(why))?;
    Ok(List::whole(rotated.into_iter().map(|one| Rotated::new(one, policy)).collect()))
}

/// Let an active key sign no more
#[utoipa::path(
    post,
    path = "/keys/{kid}/retire",
    tag = "keys",
    params(("kid" = schema::KeyId, Path, description = "Which")),
    request_body = KeyRetirement,
    responses((status = 200, description = "What signs now", body = Rotated))
)]
async fn retire_key(
    call: Call,
    InPath(kid): InPath<KeyId>,
    Body(asked): Body<KeyRetirement>,
) -> Outcome<Json<Rotated>> {
    may_change(&call, &kid).await?;
    let rotated = call.admin.retire_signing_key(&kid, &call.rotation, asked.danger_unpublished).await;
    Ok(Json(Rotated::new(rotated.map_err(|why| call.problem(why))?, &call.rotation)))
}

/// Refuses a caller without `operators.write` where the key signs tokens of operators: whoever has such a key is every
/// operator.
async fn may_change(call: &Call, kid: &KeyId) -> Outcome<()> {
    call.expect_no_revision("signing key")?;
    let keys = call.admin.signing_keys().await?;
    match keys.iter().find(|key| key.kid == *kid) {
        Some(key) => call.may_change_in(&key.environment),
        // That there is none is said by the use case.
        None => Ok(()),
    }
}

/// Take a key away that nobody needs
#[utoipa::path(
    delete,
    path = "/keys/{kid}",
    tag = "keys",
    params(("kid" = schema::KeyId, Path, description = "Which"), KeyRemoval),
    responses((status = 200, description = "It is gone", body = Removed))
)]
async fn remove_key(
    call: Call,
    InPath(kid): InPath<KeyId>,
    InQuery(asked): InQuery<KeyRemoval>,
) -> Outcome<Json<Removed>> {
    may_change(&call, &kid).await?;
    let successor = call.admin.remove_signing_key(&kid, asked.danger_invalidates_tokens).await;
    let signs = successor.map_err(|why| call.problem(why))?.map(|key| key.kid);
    Ok(Json(Removed { removed: kid, signs }))
}

/// Take in a key from elsewhere
#[utoipa::path(
    post,
    path = "/keys/import",
    tag = "keys",
    request_body = KeyImport,
    responses((status = 201, description = "It is taken in", body = Rotated))
)]
async fn import_key(call: Call, Body(asked): Body<KeyImport>) -> Outcome<Created<Json<Rotated>>> {
    let KeyImport { environment, algorithm, private_key, danger_unpublished } = asked;
    call.may_change_in(&environment)?;
    let der = private_der(&Zeroizing::new(private_key))?;
    let taken = call
        .admin
        .import_signing_key(&environment, algorithm, &der, &call.rotation, danger_unpublished)
        .await;
    Ok(Created(Json(Rotated::new(taken.map_err(|why| call.problem(why))?, &call.rotation))))
}

/// Replace keys that leaked, at once
///
/// Every token that they signed is worthless then.
#[utoipa::path(
    post,
    path = "/keys/panic",
    tag = "keys",
    request_body = KeyReplacement,
    responses((status = 200, description = "What signs now", body = Replacing))
)]
async fn replace_keys(call: Call, Body(asked): Body<KeyReplacement>) -> Outcome<Json<Replacing>> {
    let KeyReplacement { environment, algorithm, danger_invalidates_tokens } = asked;
    call.may_change_in(&environment)?;
    let replaced = call.admin.replace_signing_keys(&environment, algorithm, danger_invalidates_tokens).await;
    let replaced = replaced.map_err(|why| call.problem(why))?;
    let key = Key::new(replaced.new, &call.rotation);
    Ok(Json(Replacing { key, replaces: replaced.removed }))
}

/// The DER of the one private key in a PEM text.
fn private_der(pem: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes());
    let key = key.map_err(|_| {
        Problem::invalid("`private_key` holds no private key: give it as PKCS#8 in PEM, `BEGIN PRIVATE KEY`")
    })?;
    Ok(Zeroizing::new(key.secret_pkcs8_der().to_vec()))
}
