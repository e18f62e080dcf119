//! From a request to the place that answers it: its authority gives the environment, its path the endpoint.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request};
use http_body::Body;
use jeton_core::{Reason, Timestamp};
use jeton_dialect::{ProblemKind, TrackingId};

use crate::access_log::{Entry, Line};
use crate::answer::{Answer, allow, identify, problem};
use crate::app::App;
use crate::client_address::client_address;
use crate::config::{Endpoint, Environment};
use crate::demo::Demo;
use crate::forward_auth::{self, Gateway};
use crate::metadata::{Document, INTROSPECT_PATH, JWKS_PATH, REVOKE_PATH};
use crate::presented_token::{self, Wanted};
use crate::revocations::{Feed, Part};
use crate::{management, request_id, token};

/// The connection that a request came in on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connection {
    /// The place, among the configured environments, of the one that its listener is bound to.
    pub bound: Option<usize>,
    /// Who is at the other end.
    pub peer: Option<IpAddr>,
    /// Which kind of listener it came in on.
    pub door: Door,
}

/// A kind of listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Door {
    /// Token endpoints and documents.
    #[default]
    Public,
    /// Probes and metrics, and what operators do.
    Management,
}

/// What a request is and where it is going, before its body is looked at.
pub(crate) struct Arrival<'a> {
    pub(crate) app: &'a App,
    pub(crate) environment: &'a Environment,
    pub(crate) path: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) now: Timestamp,
    /// Who sent it, as far as that is vouched for.
    pub(crate) address: Option<IpAddr>,
}

/// Where a request is going.
enum Route<'a> {
    Token(&'a Endpoint),
    Presented(Wanted),
    Feed(&'a Feed, Part<'a>),
    /// Of the environment at this place.
    ForwardAuth(Gateway, usize),
    KeySet,
    Metadata(&'a Document),
    Demo,
    Unknown,
}

impl App {
    /// Answers a request, whatever it is, and writes its one log line.
    pub async fn answer<B>(self: &Arc<Self>, connection: Connection, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        if connection.door == Door::Management {
            return management::answer(self, connection, request).await;
        }
        let now = self.clock().now();
        let request_id = request_id::mint(now, self.random());
        let headers = request.headers();
        let entry = Entry {
            tracking_id: TrackingId::read(headers).to_answer(&request_id).map(str::to_owned),
            request_id,
            address: connection.peer.map(|peer| client_address(peer, headers, self.trusted_proxies())),
            ..Entry::default()
        };
        let mut line = Line::begin(entry, self.clock(), self.metrics());
        let mut answer = self.dispatch(connection, request, now, &mut line.entry).await;
        identify(&mut answer, &line.entry.request_id, line.entry.tracking_id.as_deref());
        line.status = Some(answer.status());
        answer
    }

    async fn dispatch<B>(
        &self,
        connection: Connection,
        request: Request<B>,
        now: Timestamp,
        entry: &mut Entry,
    ) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let request_id = entry.request_id.clone();
        let path = request.uri().path().to_owned();
        let resolved = self.authorities().resolve(&request, connection.bound);
        let Some((at, environment)) = resolved.and_then(|at| Some((at, self.environments().get(at)?))) else {
            entry.endpoint = "none";
            let detail = "The host of the request is not one of this server's environments.";
            return problem(ProblemKind::MisdirectedRequest, detail, &request_id);
        };
        entry.environment = Some(environment.name.to_string());
        let arrival = Arrival {
            app: self,
            environment,
            path: &path,
            request_id: &request_id,
            now,
            address: entry.address,
        };
        let route = self.route(at, &path);
        entry.endpoint = route.name();
        if let Route::Token(endpoint) = &route {
            entry.token_request = Some((at, endpoint.dialect));
        }
        let in_time = {
            // Pinned here, and not moved into each of the two futures around it: it is large.
            let work = pin!(arrival.go(&route, request, entry));
            let work = AssertUnwindSafe(work).catch_unwind();
            tokio::time::timeout(self.limits().body + self.limits().answer, work).await
        };
        match in_time {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => arrival.give_up(&route, Reason::Internal, entry),
            Err(_elapsed) => arrival.give_up(&route, Reason::Unavailable, entry),
        }
    }

    fn route<'a>(&'a self, environment: usize, path: &'a str) -> Route<'a> {
        if let Some(endpoint) = self.endpoint(path) {
            Route::Token(endpoint)
        } else if path == REVOKE_PATH {
            Route::Presented(Wanted::Revocation)
        } else if path == INTROSPECT_PATH {
            Route::Presented(Wanted::Introspection)
        } else if let (Some(part), Some(feed)) = (Part::at(path), self.feed(environment)) {
            Route::Feed(feed, part)
        } else if let Some(gateway) = Gateway::at(path) {
            Route::ForwardAuth(gateway, environment)
        } else if path == JWKS_PATH {
            Route::KeySet
        } else if let Some(document) = self.metadata(environment, path) {
            Route::Metadata(document)
        } else if self.demo().is_some() && Demo::has(path) {
            Route::Demo
        } else {
            Route::Unknown
        }
    }
}

impl Route<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Token(endpoint) => endpoint.dialect.as_str(),
            Self::Presented(Wanted::Revocation) => "revoke",
            Self::Presented(Wanted::Introspection) => "introspect",
            Self::Feed(..) => "revocations",
            Self::ForwardAuth(gateway, _) => gateway.name(),
            Self::KeySet => "jwks",
            Self::Metadata(_) => "metadata",
            Self::Demo => "demo",
            Self::Unknown => "none",
        }
    }
}

impl Arrival<'_> {
    async fn go<B>(&self, route: &Route<'_>, request: Request<B>, entry: &mut Entry) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        match route {
            Route::Token(endpoint) => token::answer(self, endpoint, request, entry).await,
            Route::Presented(wanted) => presented_token::answer(self, *wanted, request, entry).await,
            Route::Feed(feed, part) => feed.answer(self, *part, &request),
            Route::ForwardAuth(gateway, environment) => {
                forward_auth::answer(self, *gateway, *environment, request, entry).await
            }
            Route::KeySet => match self.app.keys().sets.get(&self.environment.name) {
                Some(set) => self.document(set, &request),
                None => self.unknown(),
            },
            Route::Metadata(document) => self.document(document, &request),
            Route::Demo => match self.app.demo() {
                Some(demo) => demo.answer(&self.environment.name, request).await,
                None => self.unknown(),
            },
            Route::Unknown => self.unknown(),
        }
    }

    pub(crate) fn document<B>(&self, document: &Document, request: &Request<B>) -> Answer {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return document.answer(request.headers());
        }
        let detail = "This document is read with GET or HEAD.";
        let answer = problem(ProblemKind::MethodNotAllowed, detail, self.request_id);
        allow(answer, "GET, HEAD")
    }

    pub(crate) fn unknown(&self) -> Answer {
        problem(ProblemKind::NotFound, "There is nothing at this path.", self.request_id)
    }

    /// What is left to say after a panic, or when time ran out.
    fn give_up(&self, route: &Route<'_>, reason: Reason, entry: &mut Entry) -> Answer {
        entry.reason = Some(reason);
        match route {
            Route::Token(endpoint) => token::give_up(self, endpoint, reason, entry),
            Route::Presented(wanted) => presented_token::give_up(self, *wanted, reason),
            Route::ForwardAuth(gateway, _) => forward_auth::give_up(self, *gateway, reason),
            Route::Feed(..) | Route::KeySet | Route::Metadata(_) | Route::Demo | Route::Unknown => {
                let detail = "The request could not be answered.";
                problem(ProblemKind::InternalServerError, detail, self.request_id)
            }
        }
    }
}
