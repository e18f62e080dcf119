//! `/plan`, `/apply` and `/export`: everything at once, as a manifest says it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request};
use jeton_core::admin::manifest::{self, Manifest, Plan};
use jeton_core::id::{CompanyId, EnvironmentName};
use jeton_core::operator::OperatorScope::{self, ApisRead, ApisWrite, CompaniesRead, CompaniesWrite};
use jeton_core::operator::OperatorScope::{CredentialsRead, CredentialsWrite};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Outcome;
use super::call::Call;
use super::input::{InQuery, json_body_of, read_json};
use super::problem::Problem;
use super::scopes::{Guarded, missing};
use super::{ApiOptions, schema};

/// Bytes of a manifest: some ten thousand credentials.
pub(crate) const MAX_MANIFEST: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(CompaniesRead, routes!(plan_manifest))
        .needing(CompaniesWrite, routes!(apply_manifest))
        .needing(CompaniesRead, routes!(export_manifest))
        .into_router()
}

/// A manifest, and what becomes of what it does not name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// What is to be there.
    #[schema(value_type = described::Manifest)]
    manifest: Manifest,
    /// Whether what a part of the manifest does not name is to go.
    #[serde(default)]
    prune: bool,
    /// Only if it is what the plan of this digest says.
    digest: Option<String>,
}

/// What a manifest changes.
#[derive(Debug, Serialize, ToSchema)]
struct Planned {
    /// What becomes of what, all of it or nothing.
    steps: Vec<Step>,
    /// How many entries are as they should be.
    unchanged: usize,
    /// Names exactly these steps.
    digest: String,
    /// The number of the change, where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
}

/// What becomes of one API, company or credential.
#[derive(Debug, Serialize, ToSchema)]
struct Step {
    /// `create`, `update` or `delete`.
    #[schema(value_type = String)]
    action: manifest::Action,
    /// `api`, `company` or `credential`.
    #[schema(value_type = String)]
    kind: manifest::Kind,
    /// Its id.
    id: String,
    /// Where it lives; `null` where it is in no environment.
    #[schema(required, value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
    /// What is set or changed.
    changes: Vec<FieldChange>,
}

/// A field, before and after.
#[derive(Debug, Serialize, ToSchema)]
struct FieldChange {
    /// Its name in a manifest.
    field: &'static str,
    /// As it is; `null` where it is not.
    #[schema(required)]
    from: Value,
    /// As it will be.
    #[schema(required)]
    to: Value,
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// One company with its credentials, and the APIs that they are granted.
    #[param(value_type = Option<schema::CompanyId>)]
    company: Option<CompanyId>,
}

/// The body of a request that may be larger than others.
struct Large(Wanted);

impl FromRequest<Arc<ApiOptions>> for Large {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<ApiOptions>) -> Result<Self, Problem> {
        read_json(&json_body_of(request, state, MAX_MANIFEST).await?).map(Self)
    }
}

impl Planned {
    fn of(plan: Plan, sequence: Option<i64>) -> Self {
        let digest = plan.digest();
        let steps = plan.steps.into_iter().map(|step| Step {
            action: step.action,
            kind: step.kind,
            id: step.id,
            environment: step.environment,
            changes: step
                .changes
                .into_iter()
                .map(|change| FieldChange { field: change.field, from: change.from, to: change.to })
                .collect(),
        });
        Self { steps: steps.collect(), unchanged: plan.unchanged, digest, sequence }
    }
}

/// Show what a manifest would change
///
/// It has been tried: what would be refused is refused here. It needs a scope to read each part of the manifest.
#[utoipa::path(
    post,
    path = "/plan",
    tag = "manifests",
    request_body = Wanted,
    responses((status = 200, description = "The plan", body = Planned))
)]
async fn plan_manifest(call: Call, Large(wanted): Large) -> Outcome<Json<Planned>> {
    require(&call, &wanted.manifest, ApisRead, CredentialsRead)?;
    let plan = call.admin.plan(&wanted.manifest, wanted.prune).await?;
    Ok(Json(Planned::of(plan, None)))
}

/// Make everything as a manifest says
///
/// It is one change: all of it or nothing. It needs a scope to write each part of the manifest.
#[utoipa::path(
    post,
    path = "/apply",
    tag = "manifests",
    request_body = Wanted,
    responses((status = 200, description = "What was done", body = Planned))
)]
async fn apply_manifest(call: Call, Large(wanted): Large) -> Outcome<Json<Planned>> {
    require(&call, &wanted.manifest, ApisWrite, CredentialsWrite)?;
    let Wanted { manifest, prune, digest } = wanted;
    let (plan, sequence) = call.admin.apply(&manifest, prune, digest.as_deref()).await?;
    Ok(Json(Planned::of(plan, sequence.map(|sequence| sequence.0))))
}

/// Show what is there, as a manifest that would make it so
///
/// Secrets and operators are left out, and so are the APIs and the credentials where the caller lacks the scope to read
/// them.
#[utoipa::path(
    get,
    path = "/export",
    tag = "manifests",
    params(ExportQuery),
    responses((status = 200, description = "The manifest", body = described::Manifest))
)]
async fn export_manifest(call: Call, InQuery(query): InQuery<ExportQuery>) -> Outcome<Json<Manifest>> {
    let mut manifest = call.admin.export(query.company.as_ref()).await?;
    // What is absent is not looked at when it is applied.
    manifest.apis = manifest.apis.filter(|_| call.caller.scopes.contains(ApisRead));
    manifest.credentials = manifest.credentials.filter(|_| call.caller.scopes.contains(CredentialsRead));
    Ok(Json(manifest))
}

/// Refuses a caller who may not do this with what the manifest speaks of.
fn require(
    call: &Call,
    manifest: &Manifest,
    apis: OperatorScope,
    credentials: OperatorScope,
) -> Result<(), Problem> {
    if manifest.apis.is_some() {
        require_scope(call, apis)?;
    }
    if manifest.credentials.is_some() {
        require_scope(call, credentials)?;
    }
    Ok(())
}

fn require_scope(call: &Call, scope: OperatorScope) -> Result<(), Problem> {
    if call.caller.scopes.contains(scope) { Ok(()) } else { Err(missing(scope)) }
}

/// A manifest, as the document has it: the types that hold one are core's.
mod described {
    #![expect(dead_code, reason = "these types are only described, never made")]

    use utoipa::ToSchema;

    use super::{BTreeMap, schema};

    /// What is to be there. A part that is absent is not looked at.
    #[derive(ToSchema)]
    pub(super) struct Manifest {
        /// The protected resources.
        apis: Option<Vec<ApiEntry>>,
        /// The accounts.
        companies: Option<Vec<CompanyEntry>>,
        /// Their credentials.
        credentials: Option<Vec<CredentialEntry>>,
    }

    /// An API. What is absent is left as it is; a new one needs an audience.
    #[derive(ToSchema)]
    pub(super) struct ApiEntry {
        id: schema::ApiId,
        audience: Option<schema::AudienceUri>,
        /// All of them.
        audience_in: Option<BTreeMap<schema::EnvironmentName, schema::AudienceUri>>,
        /// All of them.
        scopes: Option<Vec<schema::ScopeName>>,
        algorithm: Option<schema::Algorithm>,
    }

    /// A company. What is absent is left as it is; a new one needs a name.
    #[derive(ToSchema)]
    pub(super) struct CompanyEntry {
        id: schema::CompanyId,
        name: Option<schema::Text>,
        #[schema(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
        credential_limit: Option<u32>,
        suspended: Option<bool>,
    }

    /// A credential, without its secrets. What is absent is left as it is.
    #[derive(ToSchema)]
    pub(super) struct CredentialEntry {
        environment: schema::EnvironmentName,
        client_id: schema::ClientId,
        company: schema::CompanyId,
        /// An empty text takes it away.
        label: Option<String>,
        /// An empty text takes it away.
        owner: Option<String>,
        /// All of them; an empty list is every address.
        networks: Option<Vec<schema::Network>>,
        /// All of them, such as `voice`, or `voice:voice.billing,voice.numbers`.
        grants: Option<Vec<String>>,
        suspended: Option<bool>,
    }
}
