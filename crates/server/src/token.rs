//! One token request: its method and body, then the dialect, the limits on guessing, the authority and the dialect again.

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body::Body;
use jeton_core::authority::{Issuance, IssuedToken, issue};
use jeton_core::token_request::TokenRequest;
use jeton_core::usage::Counted;
use jeton_core::{IssueError, Reason};
use jeton_dialect::{Exchange, Refusal, ServerFault, WireRequest};

use crate::access_log::Entry;
use crate::answer::{Answer, from_wire};
use crate::app::App;
use crate::body;
use crate::config::Endpoint;
use crate::guess_limit::{PatientDirectory, TooManyGuesses};
use crate::refusal_delay::RequestRead;
use crate::routes::Arrival;
use crate::usage::Event;

/// Answers a request that reached a token endpoint.
pub(crate) async fn answer<B>(
    arrival: &Arrival<'_>,
    endpoint: &Endpoint,
    request: Request<B>,
    entry: &mut Entry,
) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let (head, body) = request.into_parts();
    let result = if head.method == Method::POST {
        read_and_issue(arrival, endpoint, &head.headers, head.uri.query(), body, entry).await
    } else {
        Err(ServerFault::MethodNotAllowed.into())
    };
    match &result {
        Ok(token) => entry.jti = Some(token.jti.clone()),
        Err(refusal) => entry.reason = Some(refusal.reason()),
    }
    count(arrival, endpoint, head.headers.get(USER_AGENT), entry);
    write(arrival, endpoint, &head.headers, result.as_ref())
}

/// The answer where none could be found: after a panic, or when time ran out.
pub(crate) fn give_up(arrival: &Arrival<'_>, endpoint: &Endpoint, reason: Reason, entry: &Entry) -> Answer {
    count(arrival, endpoint, None, entry);
    let fault = match reason {
        Reason::Unavailable => ServerFault::STORE_OUT_OF_REACH,
        _ => ServerFault::Internal,
    };
    write(arrival, endpoint, &HeaderMap::new(), Err(&fault.into()))
}

/// Counts a request that has its answer.
fn count(arrival: &Arrival<'_>, endpoint: &Endpoint, user_agent: Option<&HeaderValue>, entry: &Entry) {
    arrival.app.usage().count(&Event {
        now: arrival.now,
        environment: &arrival.environment.name,
        endpoint: &endpoint.path,
        known: entry.known.as_ref(),
        outcome: entry.reason.map_or(Counted::Issued, Counted::Refused),
        address: entry.address,
        user_agent: user_agent.map(HeaderValue::as_bytes),
        tracking_id: entry.tracking_id.as_deref(),
    });
}

async fn read_and_issue<B>(
    arrival: &Arrival<'_>,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    query: Option<&str>,
    body: B,
    entry: &mut Entry,
) -> Result<IssuedToken, Refusal>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let app = arrival.app;
    let body = body::collect(headers, body, app.limits()).await?;
    let request = endpoint.dialect.read(&WireRequest { headers, query, body: &body })?;
    let read = RequestRead::now();
    let result = issue_within_limits(arrival, endpoint, &request, entry).await;
    if result.as_ref().is_err_and(depends_on_who_exists) {
        app.refusal_delay().hold(read).await;
    }
    result
}

/// Whether a refusal could tell, by its time, which client ids there are. The others answer clients that are known.
pub(crate) fn depends_on_who_exists(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Issue(IssueError::InvalidClient(_)) | Refusal::Server(ServerFault::TooManyRequests { .. })
    )
}

async fn issue_within_limits(
    arrival: &Arrival<'_>,
    endpoint: &Endpoint,
    request: &TokenRequest,
    entry: &mut Entry,
) -> Result<IssuedToken, Refusal> {
    let app = arrival.app;
    let keys = app.keys();
    let issuance = Issuance {
        environment: &arrival.environment.name,
        issuer: arrival.environment.issuer.as_str(),
        lifetime: endpoint.lifetime,
        address: arrival.address,
        now: arrival.now,
        hash_keys: &keys.hash,
        keys: &keys.ring,
        slow_hashes: app.slow_hashes(),
        slow_signatures: app.slow_signatures(),
        random: app.random(),
    };
    let guess = app.guess_limits().begin(arrival.address, &arrival.environment.name, &request.client);
    guess.admit().map_err(|limit| beyond(app, limit))?;
    if !app.keys_may_sign() {
        return Err(IssueError::Unavailable.into());
    }
    let outcome = issue(&issuance, &PatientDirectory::new(app.directory(), &guess), request).await;
    match (&outcome.result, &outcome.known) {
        (Err(IssueError::InvalidClient(_)), _) => guess.failed().map_err(|limit| beyond(app, limit))?,
        (_, Some(known)) => guess.succeeded(known.client_id()),
        (_, None) => {}
    }
    if let Some(rehash) = outcome.rehash {
        app.rehashes().keep(rehash);
    }
    entry.known = outcome.known;
    Ok(outcome.result?)
}

/// Beyond the limits on guessing, whoever it is.
pub(crate) fn beyond(app: &App, limit: TooManyGuesses) -> Refusal {
    app.metrics().guesses_refused.inc();
    ServerFault::TooManyRequests { retry_after_seconds: limit.retry_after_seconds() }.into()
}

fn write(
    arrival: &Arrival<'_>,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    result: Result<&IssuedToken, &Refusal>,
) -> Answer {
    let exchange = Exchange {
        request_id: arrival.request_id,
        environment: &arrival.environment.name,
        path: arrival.path,
        accept: headers.get_all(ACCEPT),
    };
    from_wire(endpoint.dialect.write(&exchange, result))
}
