//! Forward-auth: a gateway that cannot link Rust asks, before it lets a request through, whether its token is good.
//!
//! The question is the path, which the gateway's configuration writes: `/forward-auth/{api}/{scopes}`. What follows in path
//! or query, the method, the body and every header but `Authorization` are the caller's, who is not trusted, and decide
//! nothing. The answer has the status and challenge that an API owes its caller, and who calls where it is 200.
//!
//! To tell a gateway something more of a token: a header in [`identity`], and a line in every recipe of `deploy/gateways`
//! that overwrites it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Version};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use jeton_core::Reason;
use jeton_core::id::{ClientId, CompanyId};
use jeton_dialect::ProblemKind;
use jeton_verify::{Rejection, Scopes, VerifiedToken};

use crate::access_log::Entry;
use crate::answer::{Answer, not_to_be_kept, problem};
use crate::routes::Arrival;

mod guards;
mod question;

pub(crate) use guards::Guards;
pub(crate) use question::{AUTH_REQUEST_PATH, FORWARD_AUTH_PATH};
use question::{Question, read};

const X_JETON_CLIENT_ID: HeaderName = HeaderName::from_static("x-jeton-client-id");
const X_JETON_COMPANY: HeaderName = HeaderName::from_static("x-jeton-company");
const X_JETON_SCOPE: HeaderName = HeaderName::from_static("x-jeton-scope");

/// How much of a body that a gateway hands on is read and thrown away, so that the connection can be used again.
const DISCARDED_BYTES: usize = 64 * 1024;

/// How long such a body is waited for. Some gateways announce one and send none.
const BODY_WITHIN: Duration = Duration::from_millis(500);

/// When a request is worth another try that could not be judged.
const RETRY_AFTER_SECONDS: u32 = 5;

/// What the gateway understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// Every status: it hands the answer on to its caller.
    AnyStatus,
    /// 2xx, 401 and 403, and takes anything else for a fault of its own, as nginx does.
    ThreeStatuses,
}

impl Gateway {
    /// The gateways that ask at this path, if any do.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let is_below =
            |own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_below(FORWARD_AUTH_PATH) {
            Some(Self::AnyStatus)
        } else {
            is_below(AUTH_REQUEST_PATH).then_some(Self::ThreeStatuses)
        }
    }

    /// As the log and the metrics call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AnyStatus => "forward-auth",
            Self::ThreeStatuses => "auth-request",
        }
    }

    fn own_path(self) -> &'static str {
        match self {
            Self::AnyStatus => FORWARD_AUTH_PATH,
            Self::ThreeStatuses => AUTH_REQUEST_PATH,
        }
    }
}

/// Why a request is not to be let through.
enum Refused {
    /// By its token.
    Rejected(Rejection),
    /// By the gateway's configuration: a word for the log, a sentence for whoever wrote it.
    Misasked(&'static str, &'static str),
    /// Nobody knows which APIs there are.
    Unavailable,
    /// By a fault of ours.
    Internal,
}

/// Answers a gateway of the environment at this place.
pub(crate) async fn answer<B>(
    arrival: &Arrival<'_>,
    gateway: Gateway,
    environment: usize,
    request: Request<B>,
    entry: &mut Entry,
) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
{
    let (head, body) = request.into_parts();
    let has_ended = discard(body).await;
    let mut answer = match judge(arrival, gateway, environment, &head.headers) {
        Ok(token) => {
            entry.bearer = bearer(&token);
            let_through(&token)
        }
        Err(refused) => {
            refused.note(entry);
            refuse(arrival, gateway, &refused)
        }
    };
    if !has_ended && head.version < Version::HTTP_2 {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// The answer where none could be found: after a panic, or when time ran out.
pub(crate) fn give_up(arrival: &Arrival<'_>, gateway: Gateway, reason: Reason) -> Answer {
    let refused = if reason == Reason::Unavailable { Refused::Unavailable } else { Refused::Internal };
    refuse(arrival, gateway, &refused)
}

fn judge(
    arrival: &Arrival<'_>,
    gateway: Gateway,
    environment: usize,
    headers: &HeaderMap,
) -> Result<VerifiedToken, Refused> {
    let app = arrival.app;
    if !app.guards().is_fresh() {
        return Err(Refused::Unavailable);
    }
    let Some(Question { api, scopes }) = read(gateway.own_path(), arrival.path) else {
        let detail =
            "The path is the API's id and the scopes that are needed, separated by commas, or - for none.";
        return Err(Refused::Misasked("malformed_path", detail));
    };
    let guards = app.guards().of(environment);
    let Some(guard) = guards.get(api) else {
        return Err(Refused::Misasked("unknown_api", "There is no API of this id."));
    };
    if !scopes.iter().all(|scope| guard.has_scope(scope)) {
        let detail = "The API has no scope of this name, so no token could have it.";
        return Err(Refused::Misasked("unknown_scope", detail));
    }
    let given = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let token = guard.verifier().authorize(given, &Scopes::none()).map_err(Refused::Rejected)?;
    if scopes.iter().all(|scope| token.has_scope(scope)) {
        return Ok(token);
    }
    // Scopes that an API has are well formed.
    let needed = Scopes::new(scopes.iter().map(Cow::as_ref)).map_err(|_| Refused::Internal)?;
    Err(Refused::Rejected(Rejection::InsufficientScope(needed)))
}

/// Throws a body away, and says whether that was all of it.
async fn discard<B>(mut body: B) -> bool
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return true;
    }
    let discarding = async {
        let mut discarded = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > DISCARDED_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(BODY_WITHIN, discarding).await.unwrap_or(false)
}

/// Who calls, for the log. A token that we signed names a client and a company of ours.
fn bearer(token: &VerifiedToken) -> Option<(ClientId, CompanyId)> {
    Some((token.client_id().parse().ok()?, token.company()?.parse().ok()?))
}

fn let_through(token: &VerifiedToken) -> Answer {
    let mut answer = Answer::new(Full::default());
    answer.headers_mut().extend(identity(token));
    not_to_be_kept(&mut answer);
    answer
}

/// Who calls, for the API behind the gateway. All three are always there, and empty where there is nothing to say: what a
/// gateway copies then overwrites what came from outside.
fn identity(token: &VerifiedToken) -> [(HeaderName, HeaderValue); 3] {
    let scope = token.scopes().collect::<Vec<_>>().join(" ");
    [
        (X_JETON_CLIENT_ID, header_value(token.client_id())),
        (X_JETON_COMPANY, header_value(token.company().unwrap_or_default())),
        (X_JETON_SCOPE, header_value(&scope)),
    ]
}

/// What we sign is visible ASCII and spaces; anything else would be no name that anybody was given.
fn header_value(text: &str) -> HeaderValue {
    let is_safe = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let value = if is_safe { HeaderValue::from_str(text).ok() } else { None };
    value.unwrap_or_else(|| HeaderValue::from_static(""))
}

fn refuse(arrival: &Arrival<'_>, gateway: Gateway, refused: &Refused) -> Answer {
    let kind = match (refused.kind(), gateway) {
        (kind, Gateway::AnyStatus)
        | (kind @ (ProblemKind::Unauthorized | ProblemKind::Forbidden), Gateway::ThreeStatuses) => kind,
        // The caller can mend it, by another `Authorization`.
        (ProblemKind::BadRequest, Gateway::ThreeStatuses) => ProblemKind::Unauthorized,
        // No 401: its token may be good, and shall not be thrown away.
        (_, Gateway::ThreeStatuses) => ProblemKind::Forbidden,
    };
    let mut answer = problem(kind, refused.detail(), arrival.request_id);
    let headers = answer.headers_mut();
    match refused {
        Refused::Rejected(rejection) if rejection.status() != 503 => {
            let challenge = rejection.www_authenticate(arrival.environment.name.as_str());
            // Challenges are visible ASCII and spaces.
            let challenge = HeaderValue::try_from(challenge).expect("a challenge is a header value");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        Refused::Rejected(_) | Refused::Unavailable => {
            headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        Refused::Misasked(..) | Refused::Internal => {}
    }
    answer
}

impl Refused {
    fn kind(&self) -> ProblemKind {
        match self {
            Self::Rejected(Rejection::BadRequest(_)) => ProblemKind::BadRequest,
            Self::Rejected(Rejection::NoToken | Rejection::InvalidToken(_)) => ProblemKind::Unauthorized,
            Self::Rejected(Rejection::InsufficientScope(_)) => ProblemKind::Forbidden,
            Self::Rejected(Rejection::Unavailable | Rejection::RevocationsUnavailable)
            | Self::Unavailable => ProblemKind::ServiceUnavailable,
            Self::Misasked(..) => ProblemKind::NotFound,
            Self::Internal => ProblemKind::InternalServerError,
        }
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.description(),
            Self::Misasked(_, detail) => detail,
            Self::Unavailable => Rejection::Unavailable.description(),
            Self::Internal => "The request could not be answered.",
        }
    }

    /// Says truly why, in the line of the log.
    fn note(&self, entry: &mut Entry) {
        match self {
            Self::Rejected(Rejection::Unavailable | Rejection::RevocationsUnavailable)
            | Self::Unavailable => {
                entry.reason = Some(Reason::Unavailable);
            }
            Self::Internal => entry.reason = Some(Reason::Internal),
            Self::Rejected(Rejection::NoToken) => entry.rejection = Some("no_token"),
            Self::Rejected(Rejection::BadRequest(_)) => entry.rejection = Some("malformed_authorization"),
            Self::Rejected(Rejection::InvalidToken(why)) => entry.rejection = Some(why.code()),
            Self::Rejected(Rejection::InsufficientScope(_)) => entry.rejection = Some("insufficient_scope"),
            Self::Misasked(word, _) => entry.rejection = Some(word),
        }
    }
}
