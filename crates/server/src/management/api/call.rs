//! One call: who makes it, on what, and under which condition. Every handler begins with one.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::header::IF_MATCH;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jeton_core::Timestamp;
use jeton_core::admin::{Admin, AdminError, Asked};
use jeton_core::id::{EnvironmentName, Text};
use jeton_core::key_life::RotationPolicy;
use jeton_core::model::Sequence;
use jeton_core::operator::OperatorScope;

use super::problem::{Problem, Slug, is_revision_changed};
use super::{ApiOptions, Caller};

/// Why something is changed, in the caller's words.
pub(super) const REASON: HeaderName = HeaderName::from_static("jeton-reason");

/// Whether it is only to be seen what would come of a change.
pub(super) const DRY_RUN: HeaderName = HeaderName::from_static("jeton-dry-run");

/// One call.
pub(super) struct Call {
    /// The use cases, asked for by the caller.
    pub(super) admin: Admin,
    /// Who.
    pub(super) caller: Caller,
    /// When signing keys take each other's place.
    pub(super) rotation: RotationPolicy,
    /// How long a secret is accepted beside its successor, where nobody says.
    pub(super) secret_overlap: Option<Duration>,
    /// Whether the request said which revision is to be changed.
    conditional: bool,
}

impl Call {
    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        self.admin.clock.now()
    }

    /// The problem that a use case's error is in this call.
    pub(super) fn problem(&self, error: AdminError) -> Problem {
        if self.conditional && is_revision_changed(&error) {
            return Problem::new(Slug::Changed, error.to_string());
        }
        error.into()
    }

    /// Refuses a caller without `operators.write` where operators' own credentials are: whoever changes one of them could
    /// give themselves any scope.
    pub(super) fn may_change_in(&self, environment: &EnvironmentName) -> Result<(), Problem> {
        if !environment.is_management() || self.caller.scopes.contains(OperatorScope::OperatorsWrite) {
            return Ok(());
        }
        Err(super::scopes::missing(OperatorScope::OperatorsWrite))
    }

    /// Refuses an entity tag where the target has none (RFC 9110 section 13.1.1): a key is what its id says, as long as it is.
    pub(super) fn expect_no_revision(&self, what: &str) -> Result<(), Problem> {
        if self.admin.asked.expected.is_none() {
            return Ok(());
        }
        Err(Problem::new(
            Slug::Changed,
            format!("a {what} has no revision: leave `If-Match` out, or say `*`"),
        ))
    }
}

impl FromRequestParts<Arc<ApiOptions>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, options: &Arc<ApiOptions>) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Problem::new(Slug::Unauthenticated, "Nobody is known to ask."))?;
        let expected = if_match(parts)?;
        let asked = Asked {
            actor: caller.actor.clone(),
            reason: reason(parts)?,
            address: caller.address,
            request_id: Some(caller.request_id.clone()),
            expected,
            creation: None,
            rehearsal: dry_run(parts)?,
        };
        let admin = Admin {
            store: Arc::clone(&options.store),
            master: (options.master)(),
            clock: Arc::clone(&options.clock),
            random: Arc::clone(&options.random),
            asked,
        };
        Ok(Self {
            admin,
            caller,
            rotation: options.rotation,
            secret_overlap: options.secret_overlap,
            conditional: expected.is_some(),
        })
    }
}

/// The revision that `If-Match` asks for (RFC 9110 section 13.1.1): `*` takes any, and a tag that never was ours none.
fn if_match(parts: &Parts) -> Result<Option<Sequence>, Problem> {
    let malformed = || Problem::malformed("`If-Match` takes one entity tag as `ETag` showed it, or `*`.");
    let mut values = parts.headers.get_all(IF_MATCH).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| malformed())?.trim(),
        (Some(_), Some(_)) => return Err(malformed()),
    };
    if value == "*" {
        return Ok(None);
    }
    let tag = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
    if tag.contains('"') {
        return Err(malformed());
    }
    // No target has a revision below 0.
    let canonical = |number: &i64| *number >= 0 && number.to_string() == tag;
    Ok(Some(Sequence(tag.parse().ok().filter(canonical).unwrap_or(-1))))
}

/// Whether it is only to be seen what would come of it.
fn dry_run(parts: &Parts) -> Result<bool, Problem> {
    let mut values = parts.headers.get_all(DRY_RUN).iter();
    match (values.next().map(HeaderValue::as_bytes), values.next()) {
        (None | Some(b"false"), None) => Ok(false),
        (Some(b"true"), None) => Ok(true),
        _ => Err(Problem::malformed("`Jeton-Dry-Run` takes `true` or `false`.")),
    }
}

fn reason(parts: &Parts) -> Result<Option<Text>, Problem> {
    let malformed = |why: &str| Problem::malformed(format!("`Jeton-Reason` cannot be read: {why}."));
    let mut values = parts.headers.get_all(REASON).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = std::str::from_utf8(value.as_bytes()).map_err(|_| malformed("it is no UTF-8"))?;
            text.parse().map(Some).map_err(|why: jeton_core::id::IdError| malformed(&why.to_string()))
        }
        (Some(_), Some(_)) => Err(malformed("it is there twice")),
    }
}
