//! `/audit`: who changed what, as `CloudEvents`, and whether the record is whole.

use std::sync::Arc;

use axum::Json;
use jeton_core::audit::{self, AuditFilter, AuditRow, Order, Position};
use jeton_core::id::{CompanyId, EnvironmentName};
use jeton_core::model::Sequence;
use jeton_core::operator::OperatorScope::AuditRead;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Outcome, exact_time};
use super::call::Call;
use super::input::{Body, InQuery, Moment};
use super::list::{Limit, List, Paging, Prefix};
use super::scopes::Guarded;
use super::{ApiOptions, schema};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(AuditRead, routes!(list_audit))
        .needing(AuditRead, routes!(verify_audit))
        .needing(AuditRead, routes!(make_checkpoint))
        .into_router()
}

/// One thing that was done or refused: a `CloudEvent`, version 1.0.
#[derive(Debug, Serialize, ToSchema)]
struct AuditEvent {
    /// `1.0`.
    specversion: &'static str,
    /// Its commit and its place there, such as `17-0`.
    id: String,
    /// `urn:jeton:audit`.
    source: &'static str,
    /// `jeton.` and what was done.
    #[serde(rename = "type")]
    kind: String,
    /// To what.
    subject: String,
    /// When.
    #[schema(required, format = "date-time")]
    time: Option<String>,
    /// `application/json`.
    datacontenttype: &'static str,
    /// Its place in the chain, in hexadecimal digits; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// What there is to say of it.
    data: AuditData,
}

/// What there is to say of something that was done.
#[derive(Debug, Serialize, ToSchema)]
struct AuditData {
    /// In which commit.
    sequence: i64,
    /// At which place of it.
    position: i64,
    /// Who.
    actor: String,
    /// From where; `null` where it was on the machine itself.
    #[schema(required)]
    address: Option<String>,
    /// In which request.
    #[schema(required)]
    request_id: Option<String>,
    /// Why, in the actor's words.
    #[schema(required)]
    reason: Option<String>,
    /// `done` or `refused`.
    outcome: String,
    /// In which environment.
    #[schema(required)]
    environment: Option<String>,
    /// To which company.
    #[schema(required)]
    company: Option<String>,
    /// To what.
    target: String,
}

/// A checkpoint to compare with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToVerify {
    /// What a checkpoint said before: then it is also seen whether the history is still that one.
    checkpoint: Option<String>,
}

/// Whether the record is whole.
#[derive(Debug, Serialize, ToSchema)]
struct AuditReport {
    /// Whether nothing was found.
    whole: bool,
    /// After which entry the chain begins.
    base: String,
    /// The time of that entry.
    #[schema(required, format = "date-time")]
    base_time: Option<String>,
    /// The chain's last entry.
    head: String,
    /// How many entries fit into the chain.
    rows: u64,
    /// How many stand outside of it: written by an earlier version of Jeton, or by hand.
    unchained: u64,
    /// The first of those.
    #[schema(required)]
    first_unchained: Option<String>,
    /// What does not fit, at most 100 of them, the first ones.
    findings: Vec<Finding>,
    /// How many there are.
    found: u64,
    /// What came of the checkpoint: `holds`, `purged` or `broken`; `null` where none was given.
    #[schema(required)]
    checkpoint: Option<&'static str>,
    /// What came of its signature: `holds`, or `key_unknown` where the key that made it is not known any more; `null`
    /// where no checkpoint was given.
    #[schema(required)]
    signature: Option<&'static str>,
    /// What nobody can find this way.
    cannot_find: Vec<&'static str>,
}

/// What does not fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditFinding)]
struct Finding {
    /// The first entry where it shows.
    at: String,
    /// What it is.
    what: &'static str,
}

/// What the record is now, signed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checkpoint)]
struct Vouched {
    /// A signed statement (JWS), to be kept elsewhere.
    checkpoint: String,
    /// The last entry that it vouches for.
    head: String,
    /// How many entries that are.
    rows: u64,
}

/// Which entries, and where the page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Which come first; `newest` without a word.
    #[param(inline)]
    order: Option<First>,
    /// Those of this time and later.
    #[param(value_type = Option<String>, format = "date-time")]
    since: Option<Moment>,
    /// Those before this time.
    #[param(value_type = Option<String>, format = "date-time")]
    until: Option<Moment>,
    /// By whom; where it ends with a colon, by all whose name begins so, such as `operator:`.
    #[param(value_type = Option<String>, max_length = 200)]
    actor: Option<Prefix>,
    /// Of which kind, such as `company.created`.
    #[param(value_type = Option<String>, max_length = 200)]
    kind: Option<Prefix>,
    /// About what.
    #[param(value_type = Option<String>, max_length = 200)]
    target: Option<Prefix>,
    /// In which environment.
    #[param(value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
    /// About which company.
    #[param(value_type = Option<schema::CompanyId>)]
    company: Option<CompanyId>,
    /// `done` or `refused`.
    #[param(inline)]
    outcome: Option<Came>,
}

/// Which entries come first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum First {
    /// The newest.
    Newest,
    /// The oldest.
    Oldest,
}

/// What came of something.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Came {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl From<AuditRow> for AuditEvent {
    fn from(row: AuditRow) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Self {
            specversion: "1.0",
            id: row.at.to_string(),
            source: "urn:jeton:audit",
            kind: format!("jeton.{}", row.kind),
            subject: row.target.clone(),
            time: exact_time(row.time),
            datacontenttype: "application/json",
            digest: (!row.digest.is_empty()).then(|| hex(&row.digest)),
            data: AuditData {
                sequence: row.at.sequence.0,
                position: row.at.position,
                actor: row.actor,
                address: row.address,
                request_id: row.request_id,
                reason: row.reason,
                outcome: row.outcome,
                environment: row.environment,
                company: row.company,
                target: row.target,
            },
        }
    }
}

impl From<audit::AuditReport> for AuditReport {
    fn from(report: audit::AuditReport) -> Self {
        let finding = |one: audit::Finding| Finding { at: one.at.to_string(), what: one.what };
        Self {
            whole: report.whole,
            base: report.base.to_string(),
            base_time: exact_time(report.base_time),
            head: report.head.to_string(),
            rows: report.rows,
            unchained: report.unchained,
            first_unchained: report.first_unchained.map(|at| at.to_string()),
            findings: report.findings.into_iter().map(finding).collect(),
            found: report.found,
            checkpoint: report.checkpoint.map(|found| match found {
                audit::CheckpointFinding::Holds => "holds",
                audit::CheckpointFinding::Purged => "purged",
                audit::CheckpointFinding::Broken => "broken",
            }),
            signature: report.signature.map(|found| match found {
                audit::SignatureFinding::Holds => "holds",
                audit::SignatureFinding::KeyUnknown => "key_unknown",
            }),
            cannot_find: report.cannot_find,
        }
    }
}

/// List what was done and what was refused
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, description = "A page of it", body = List<AuditEvent>))
)]
async fn list_audit(call: Call, InQuery(query): InQuery<AuditQuery>) -> Outcome<Json<List<AuditEvent>>> {
    let AuditQuery { limit, cursor, order, since, until, actor, kind, target, environment, company, outcome } =
        query;
    let about = (order, since, until, &actor, &kind, &target);
    let paging =
        Paging::begin(&call, "audit", &(about, &environment, &company, outcome), limit, cursor).await?;
    let filter = AuditFilter {
        since: since.map(|since| since.0),
        until: until.map(|until| until.0),
        actor: actor.map(String::from),
        kind: kind.map(String::from),
        target: target.map(String::from),
        environment: environment.map(String::from),
        company: company.map(String::from),
        outcome: outcome.map(|came| match came {
            Came::Done => "done".to_owned(),
            Came::Refused => "refused".to_owned(),
        }),
    };
    let order = match order {
        Some(First::Oldest) => Order::OldestFirst,
        Some(First::Newest) | None => Order::NewestFirst,
    };
    let page = paging.page(|(sequence, position)| Position { sequence: Sequence(sequence), position });
    let rows = call.admin.audit(&filter, order, &page).await?;
    let key = |row: &AuditRow| (row.at.sequence.0, row.at.position);
    paging.answer(&call, rows, key, AuditEvent::from).await
}

/// Check that no entry was changed, removed or put elsewhere
#[utoipa::path(
    post,
    path = "/audit/verify",
    tag = "audit",
    request_body = ToVerify,
    responses((status = 200, description = "What was found, also where it is not whole", body = AuditReport))
)]
async fn verify_audit(call: Call, Body(asked): Body<ToVerify>) -> Outcome<Json<AuditReport>> {
    Ok(Json(call.admin.verify_audit(asked.checkpoint.as_deref()).await?.into()))
}

/// Say what the record is now, signed
///
/// Whoever keeps it elsewhere can show later that nothing before it was changed. The record is checked first.
#[utoipa::path(
    post,
    path = "/audit/checkpoint",
    tag = "audit",
    responses((status = 200, description = "The checkpoint", body = Vouched))
)]
async fn make_checkpoint(call: Call) -> Outcome<Json<Vouched>> {
    let (checkpoint, report) = call.admin.checkpoint().await?;
    Ok(Json(Vouched { checkpoint, head: report.head.to_string(), rows: report.rows }))
}
