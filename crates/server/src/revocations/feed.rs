//! The feed of one environment: a head that is signed when somebody asks, at most once a second, and the chunks that it
//! names. `docs/revocation.md` has the format.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request};
use jeton_core::Algorithm;
use jeton_dialect::{ProblemKind, ServerFault};
use serde::Serialize;

use super::Revocations;
use crate::answer::{Answer, allow, problem};
use crate::metadata::{Document, FEED_PATH};
use crate::routes::Arrival;

/// What the head's `typ` says, so that it passes for no access token.
const TYP: &str = "revocations+jwt";

/// How long a head is the same for all who ask.
const HEAD: Duration = Duration::from_secs(1);

/// How long a head is good, in milliseconds.
const GOOD_FOR: i64 = 30_000;

/// How long a chunk is served that no head names any more: a reader may be fetching it.
const SUPERSEDED: Duration = Duration::from_mins(1);

/// A part of the feed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    Head,
    /// The chunk with this hash.
    Chunk(&'a str),
}

impl<'a> Part<'a> {
    /// What stands at this path, if it is the feed's.
    pub(crate) fn at(path: &'a str) -> Option<Self> {
        match path.strip_prefix(FEED_PATH)? {
            "" => Some(Self::Head),
            rest => rest.strip_prefix('/').map(Self::Chunk),
        }
    }
}

/// What is published.
#[derive(Debug, Default)]
pub(crate) struct Feed(Mutex<Published>);

#[derive(Debug, Default)]
struct Published {
    /// The head, and when it was signed.
    head: Option<(Duration, Document)>,
    /// By hash, with when a head last named it.
    chunks: BTreeMap<Box<str>, (Duration, Document)>,
}

#[derive(Serialize)]
struct Head<'a> {
    iss: &'a str,
    /// The store's sequence up to which it is complete.
    seq: i64,
    /// When the poll began that found it complete, in milliseconds.
    as_of: i64,
    exp: i64,
    chunks: Vec<&'a str>,
}

impl Feed {
    /// Answers a request for a part of it.
    pub(crate) fn answer<B>(&self, arrival: &Arrival<'_>, part: Part<'_>, request: &Request<B>) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let detail = "This document is read with GET or HEAD.";
            return allow(problem(ProblemKind::MethodNotAllowed, detail, arrival.request_id), "GET, HEAD");
        }
        // One signs for all who ask meanwhile: it takes less time than their requests do.
        let mut published = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let document = match part {
            Part::Head => published.head(arrival),
            Part::Chunk(hash) => Ok(published.chunk(arrival, hash)),
        };
        drop(published);
        match document {
            Ok(Some(document)) => document.answer(request.headers()),
            Ok(None) => problem(ProblemKind::NotFound, "There is no such chunk.", arrival.request_id),
            Err(Unsigned) => unavailable(arrival),
        }
    }
}

/// Nothing may be said: this node has not followed the store for too long, or has no key.
struct Unsigned;

impl Published {
    fn head(&mut self, arrival: &Arrival<'_>) -> Result<Option<Document>, Unsigned> {
        let app = arrival.app;
        if !app.directory().is_fresh() {
            return Err(Unsigned);
        }
        let now = app.clock().uptime();
        if let Some((made, document)) = &self.head
            && now.saturating_sub(*made) < HEAD
        {
            return Ok(Some(document.clone()));
        }
        let document = self.sign(arrival, app.revocations(), now)?;
        self.head = Some((now, document.clone()));
        Ok(Some(document))
    }

    /// Where no head named it lately, the next one may: the reader may have got it from another node.
    fn chunk(&mut self, arrival: &Arrival<'_>, hash: &str) -> Option<Document> {
        if !self.chunks.contains_key(hash) {
            self.head(arrival).ok()?;
        }
        self.chunks.get(hash).map(|(_, document)| document.clone())
    }

    fn sign(
        &mut self,
        arrival: &Arrival<'_>,
        revocations: &Revocations,
        now: Duration,
    ) -> Result<Document, Unsigned> {
        let app = arrival.app;
        let environment = &arrival.environment.name;
        // Both are taken before the entries are, which may be newer and never older.
        let (seq, as_of) = (app.directory().applied(), app.clock().now().minus(app.directory().poll_age()));
        let as_of = as_of.0.div_euclid(1000);
        let memory = revocations.read();
        let chunks = || memory.logs.get(environment).into_iter().flat_map(super::Log::chunks);
        for chunk in chunks() {
            let document = || {
                Document::new("text/plain; charset=utf-8", chunk.text().clone())
                    .kept("public, max-age=86400, immutable")
            };
            match self.chunks.get_mut(chunk.hash()) {
                Some((named, _)) => *named = now,
                None => drop(self.chunks.insert(chunk.hash().into(), (now, document()))),
            }
        }
        self.chunks.retain(|_, (named, _)| now.saturating_sub(*named) <= SUPERSEDED);
        let head = Head {
            iss: arrival.environment.issuer.as_str(),
            seq: seq.0,
            as_of,
            exp: (as_of + GOOD_FOR).div_euclid(1000) + i64::from((as_of + GOOD_FOR).rem_euclid(1000) > 0),
            chunks: chunks().map(super::log::Chunk::hash).collect(),
        };
        let payload = serde_json::to_vec(&head).map_err(|_| Unsigned)?;
        drop(memory);
        let keys = app.keys();
        let key = Algorithm::ALL.into_iter().find_map(|algorithm| keys.ring.signer(environment, algorithm));
        let signed = key.ok_or(Unsigned)?.sign_statement(TYP, &payload).map_err(|_| Unsigned)?;
        app.metrics().feed_heads.inc();
        Ok(Document::new("application/revocations+jwt", signed).kept("public, max-age=1"))
    }
}

fn unavailable(arrival: &Arrival<'_>) -> Answer {
    let detail = "This server does not know at present what was revoked.";
    let mut answer = problem(ProblemKind::ServiceUnavailable, detail, arrival.request_id);
    let ServerFault::Unavailable { retry_after_seconds } = ServerFault::STORE_OUT_OF_REACH else {
        return answer;
    };
    answer.headers_mut().insert(http::header::RETRY_AFTER, retry_after_seconds.into());
    answer
}
