//! `/usage`: what was counted of token requests.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use jeton_core::Timestamp;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::operator::OperatorScope::UsageRead;
use jeton_core::usage::{Span, TopFilter, TopRow, UsageFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Outcome, time};
use super::call::Call;
use super::input::InQuery;
use super::list::List;
use super::scopes::Guarded;
use super::{ApiOptions, schema};
use crate::config::parse_time;

/// The longest time that may be said: a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);

pub(super) fn routes() -> OpenApiRouter<Arc<ApiOptions>> {
    Guarded::default()
        .needing(UsageRead, routes!(show_usage))
        .needing(UsageRead, routes!(top_usage))
        .into_router()
}

/// So many requests of one kind in one span of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageRow)]
struct Row {
    /// When the span began.
    #[schema(required, format = "date-time")]
    time: Option<String>,
    /// The path of the endpoint.
    endpoint: String,
    /// The secret that was right.
    #[schema(required)]
    secret: Option<String>,
    /// How it ends.
    #[schema(required)]
    secret_ends_with: Option<String>,
    /// How the requests ended: `issued`, or why not.
    outcome: String,
    /// How many.
    count: i64,
}

/// The requests of one credential.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopRow)]
struct Top {
    /// Where.
    environment: String,
    /// Whose; `null` for everybody whom the store does not know.
    #[schema(required, value_type = Option<schema::ClientId>)]
    client_id: Option<ClientId>,
    /// How many tokens were issued.
    issued: i64,
    /// How many requests were refused.
    refused: i64,
}

/// By which times to count, in UTC.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    /// Minutes are kept for 48 hours.
    Minute,
    /// Hours are kept for 90 days.
    #[default]
    Hour,
    /// Days are kept for two years.
    Day,
}

/// How long ago: a number with `ms`, `s`, `m`, `h` or `d`; without one it is seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Ago(Duration);

/// Whose counts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// Where.
    #[param(value_type = schema::EnvironmentName)]
    environment: EnvironmentName,
    /// Whose.
    #[param(value_type = schema::ClientId)]
    client_id: ClientId,
    /// From so long ago on, such as `7d`; 24h without a word.
    #[param(value_type = Option<String>, pattern = "^([0-9]{1,9}s?|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d|[0-9]{1,12}ms)$")]
    since: Option<Ago>,
    /// By which times to count.
    #[param(inline)]
    by: Option<By>,
}

/// Whom to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TopQuery {
    /// In one environment.
    #[param(value_type = Option<schema::EnvironmentName>)]
    environment: Option<EnvironmentName>,
    /// Those that were refused the most.
    #[serde(default)]
    #[param(required = false)]
    refused: bool,
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 20)]
    limit: Option<TopLimit>,
    /// From so long ago on, such as `7d`; 24h without a word.
    #[param(value_type = Option<String>, pattern = "^([0-9]{1,9}s?|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d|[0-9]{1,12}ms)$")]
    since: Option<Ago>,
    /// By which times to count.
    #[param(inline)]
    by: Option<By>,
}

/// How many rows.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
struct TopLimit(u32);

impl TryFrom<u32> for TopLimit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=1000).contains(&limit) { Ok(Self(limit)) } else { Err("these are 1 to 1000 rows") }
    }
}

impl TryFrom<String> for Ago {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = parse_time(&text).filter(|time| *time <= LONGEST);
        time.map(Self).ok_or("a time is a number with `s`, `m`, `h` or `d`, such as `7d`; 100 years at most")
    }
}

impl From<TopRow> for Top {
    fn from(row: TopRow) -> Self {
        let TopRow { environment, client_id, issued, refused } = row;
        Self { environment, client_id, issued, refused }
    }
}

/// Show how often a credential got tokens or was refused, and why
///
/// Counts are 10 s late, a minute at the most.
#[utoipa::path(
    get,
    path = "/usage",
    tag = "usage",
    params(UsageQuery),
    responses((status = 200, description = "What was counted, oldest first", body = List<Row>))
)]
async fn show_usage(call: Call, InQuery(query): InQuery<UsageQuery>) -> Outcome<Json<List<Row>>> {
    let UsageQuery { environment, client_id, since, by } = query;
    let (span, since) = bounds(&call, since, by);
    let filter = UsageFilter { span, since, environment, client_id };
    let (credential, rows) = call.admin.usage(&filter).await?;
    let last_four = |secret: &str| {
        let found = credential.secrets.iter().find(|own| own.id.as_str() == secret);
        found.map(|secret| secret.last_four.to_string())
    };
    let row = |row: jeton_core::usage::UsageRow| Row {
        time: time(row.key.start),
        endpoint: row.key.endpoint,
        secret_ends_with: last_four(&row.key.secret),
        secret: Some(row.key.secret).filter(|secret| !secret.is_empty()),
        outcome: row.key.outcome,
        count: row.count,
    };
    Ok(List::whole(rows.into_iter().map(row).collect()))
}

/// Show who sent the most requests, or was refused the most
///
/// Counts are 10 s late, a minute at the most.
#[utoipa::path(
    get,
    path = "/usage/top",
    tag = "usage",
    params(TopQuery),
    responses((status = 200, description = "They, the most first", body = List<Top>))
)]
async fn top_usage(call: Call, InQuery(query): InQuery<TopQuery>) -> Outcome<Json<List<Top>>> {
    let TopQuery { environment, refused, limit, since, by } = query;
    let (span, since) = bounds(&call, since, by);
    let limit = limit.map_or(20, |limit| limit.0);
    let rows = call.admin.top_usage(&TopFilter { span, since, environment, refused, limit }).await?;
    Ok(List::whole(rows.into_iter().map(Top::from).collect()))
}

/// The whole span that the beginning lies in counts.
fn bounds(call: &Call, since: Option<Ago>, by: Option<By>) -> (Span, Timestamp) {
    let span = match by.unwrap_or_default() {
        By::Minute => Span::Minute,
        By::Hour => Span::Hour,
        By::Day => Span::Day,
    };
    let since = since.map_or(Duration::from_hours(24), |ago| ago.0);
    (span, span.start(call.now().minus(since)))
}
