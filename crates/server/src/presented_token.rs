//! A token that a client gives back or asks about: `/oauth/v2/revoke` (RFC 7009) and `/oauth/v2/introspect` (RFC 7662).

use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, Method, Request};
use http_body::Body;
use jeton_core::authority::{ActiveToken, AuthenticatedClient, PresentedTo, identify, read_own};
use jeton_core::intent::{Actor, Change, Intent, RefusedReason};
use jeton_core::store::CommitError;
use jeton_core::{IssueError, Reason, Timestamp};
use jeton_dialect::revocation::NotRevoked;
use jeton_dialect::{Exchange, PresentedToken, Refusal, ServerFault, WireRequest, introspection, revocation};

use crate::access_log::Entry;
use crate::answer::{Answer, from_wire};
use crate::app::App;
use crate::body;
use crate::guess_limit::PatientDirectory;
use crate::refusal_delay::RequestRead;
use crate::revocations::News;
use crate::routes::Arrival;
use crate::token::{beyond, depends_on_who_exists};

/// When a client may revoke again that has done so too often.
const LATER: ServerFault = ServerFault::TooManyRequests { retry_after_seconds: 3600 };

/// How long an answer waits until this node has taken up what it stored.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(1);

/// What is wanted of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// That it be refused from now on.
    Revocation,
    /// What it is.
    Introspection,
}

/// What came of it.
enum Done {
    Revoked,
    Introspected(Option<Box<ActiveToken>>),
}

/// Answers a request that reached one of the two endpoints.
pub(crate) async fn answer<B>(
    arrival: &Arrival<'_>,
    wanted: Wanted,
    request: Request<B>,
    entry: &mut Entry,
) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let (head, body) = request.into_parts();
    let result = if head.method == Method::POST {
        judge(arrival, wanted, &head.headers, body, entry).await
    } else {
        Err(refused(ServerFault::MethodNotAllowed))
    };
    entry.reason = result.as_ref().err().map(reason);
    write(arrival, wanted, &head.headers, result.as_ref())
}

/// The answer where none could be found: after a panic, or when time ran out.
pub(crate) fn give_up(arrival: &Arrival<'_>, wanted: Wanted, reason: Reason) -> Answer {
    let fault = match reason {
        Reason::Unavailable => ServerFault::STORE_OUT_OF_REACH,
        _ => ServerFault::Internal,
    };
    write(arrival, wanted, &HeaderMap::new(), Err(&refused(fault)))
}

async fn judge<B>(
    arrival: &Arrival<'_>,
    wanted: Wanted,
    headers: &HeaderMap,
    body: B,
    entry: &mut Entry,
) -> Result<Done, NotRevoked>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let app = arrival.app;
    let body = body::collect(headers, body, app.limits()).await.map_err(refused)?;
    // Neither endpoint has a query.
    let wire = WireRequest { headers, query: None, body: &body };
    let presented = PresentedToken::read(&wire).map_err(refused)?;
    let read = RequestRead::now();
    let client = match authenticate(arrival, &presented, entry).await {
        Ok(client) => client,
        Err(refusal) => {
            if depends_on_who_exists(&refusal) {
                app.refusal_delay().hold(read).await;
            }
            return Err(NotRevoked::Refused(refusal));
        }
    };
    let token = {
        let keys = app.keys();
        let place = place(arrival, &keys);
        read_own(&place, &presented.token)
    };
    match wanted {
        Wanted::Introspection => {
            introspect(arrival, token).map(|token| Done::Introspected(token.map(Box::new))).map_err(refused)
        }
        Wanted::Revocation => revoke(arrival, &client, token).await.map(|()| Done::Revoked),
    }
}

fn place<'a>(arrival: &'a Arrival<'_>, keys: &'a crate::keys::Keys) -> PresentedTo<'a> {
    PresentedTo {
        environment: &arrival.environment.name,
        issuer: arrival.environment.issuer.as_str(),
        address: arrival.address,
        now: arrival.now,
        hash_keys: &keys.hash,
        slow_hashes: arrival.app.slow_hashes(),
        keys: &keys.ring,
    }
}

/// As a token request does, within the same limits on guessing.
async fn authenticate(
    arrival: &Arrival<'_>,
    presented: &PresentedToken,
    entry: &mut Entry,
) -> Result<AuthenticatedClient, Refusal> {
    let app = arrival.app;
    let keys = app.keys();
    let guess = app.guess_limits().begin(arrival.address, &arrival.environment.name, &presented.client);
    guess.admit().map_err(|limit| beyond(app, limit))?;
    let directory = PatientDirectory::new(app.directory(), &guess);
    let caller = identify(&place(arrival, &keys), &directory, &presented.client).await;
    match (&caller.result, &caller.known) {
        (Err(IssueError::InvalidClient(_)), _) => guess.failed().map_err(|limit| beyond(app, limit))?,
        (_, Some(known)) => guess.succeeded(known.client_id()),
        (_, None) => {}
    }
    entry.known = caller.known;
    Ok(caller.result?)
}

/// The token, if it is good. Memory that is too old cannot say so.
fn introspect(arrival: &Arrival<'_>, token: Option<ActiveToken>) -> Result<Option<ActiveToken>, ServerFault> {
    let app = arrival.app;
    if !app.directory().is_fresh() {
        return Err(ServerFault::STORE_OUT_OF_REACH);
    }
    Ok(token.filter(|token| !app.revocations().refuses(&arrival.environment.name, &token.jti, &token.rev)))
}

/// Says nothing of a token that is none of ours or not good any more: it is refused already (RFC 7009 section 2.2).
async fn revoke(
    arrival: &Arrival<'_>,
    client: &AuthenticatedClient,
    token: Option<ActiveToken>,
) -> Result<(), NotRevoked> {
    let (app, environment) = (arrival.app, &arrival.environment.name);
    let Some(token) = token else { return Ok(()) };
    let client_id = client.credential().client_id();
    if token.claims.client_id != client_id.as_str() {
        return Err(NotRevoked::OfAnother);
    }
    let _turn = app.revocations().turns.acquire().await.map_err(|_| refused(ServerFault::Internal))?;
    if app.revocations().refuses(environment, &token.jti, &token.rev) {
        return Ok(());
    }
    let change = Change {
        time: arrival.now,
        actor: Actor::Client(client_id.clone()),
        address: arrival.address,
        request_id: Some(arrival.request_id.to_owned()),
        reason: None,
        rehearsal: false,
        creation: None,
        master: Some(app.master()),
    };
    let intent = Intent::RevokeToken {
        environment: environment.clone(),
        client_id: client_id.clone(),
        jti: token.jti,
        expires: Timestamp::from_seconds(token.claims.exp),
        expected: None,
    };
    match app.store().commit(&change, &[intent]).await {
        Ok(_) => {
            // The next token may have to say another generation.
            app.directory().forget(environment, client_id);
            take_up(app).await;
            Ok(())
        }
        // Deleted meanwhile, and all its tokens with it.
        Err(CommitError::Refused(why)) if why.reason.is_not_found() => Ok(()),
        Err(CommitError::Refused(why)) => Err(refused(match why.reason {
            RefusedReason::TooManyRevocations { .. } => LATER,
            _ => ServerFault::Internal,
        })),
        Err(CommitError::Store(error)) => {
            tracing::warn!(%error, request_id = arrival.request_id, "a token could not be revoked");
            Err(refused(ServerFault::STORE_OUT_OF_REACH))
        }
    }
}

/// From its answer on, this node refuses what it revoked, and leaves it to no poll. Where that fails, the next poll does it,
/// and tells of the failure: the revocation is in the store, so the answer is the same.
async fn take_up(app: &App) {
    let following = app.revocations().follow(app.store(), News::Later, app.clock().now());
    if let Ok(followed) = tokio::time::timeout(TAKEN_UP_WITHIN, following).await {
        let _ = app.metrics().reads.revocations.count(followed);
    }
}

fn refused(why: impl Into<Refusal>) -> NotRevoked {
    NotRevoked::Refused(why.into())
}

fn reason(why: &NotRevoked) -> Reason {
    match why {
        NotRevoked::Refused(refusal) => refusal.reason(),
        NotRevoked::OfAnother => Reason::TokenOfAnother,
    }
}

fn write(
    arrival: &Arrival<'_>,
    wanted: Wanted,
    headers: &HeaderMap,
    result: Result<&Done, &NotRevoked>,
) -> Answer {
    let exchange = Exchange {
        request_id: arrival.request_id,
        environment: &arrival.environment.name,
        path: arrival.path,
        accept: headers.get_all(ACCEPT),
    };
    from_wire(match (wanted, result) {
        (_, Ok(Done::Introspected(token))) => introspection::write(&exchange, Ok(token.as_deref())),
        (Wanted::Introspection, Err(NotRevoked::Refused(refusal))) => {
            introspection::write(&exchange, Err(refusal))
        }
        (_, Ok(Done::Revoked)) => revocation::write(&exchange, Ok(())),
        (_, Err(why)) => revocation::write(&exchange, Err(why)),
    })
}
