//! The management listener: probes, and the management API for those who run Jeton.
//!
//! It takes only a `Host` that no page on the web can make a browser send: an address, or `localhost` (DNS rebinding). A
//! request without one is no browser's.
//!
//! To add a path: an arm in [`route`].

pub mod api;
mod probes;

use std::net::IpAddr;

use http::Request;
use http::header::HOST;
use http::uri::Authority;
use jeton_dialect::{ProblemKind, TrackingId};

use crate::answer::{Answer, identify, problem};
use crate::app::App;
use crate::request_id;

pub use api::{ApiOptions, Caller, ManagementApi};
pub(crate) use probes::is_ready;

/// Answers a request that came in on the management listener.
pub(crate) fn answer<B>(app: &App, request: &Request<B>) -> Answer {
    let request_id = request_id::mint(app.clock().now(), app.random());
    let mut answer = route(app, request, &request_id);
    identify(&mut answer, &request_id, TrackingId::read(request.headers()));
    answer
}

fn route<B>(app: &App, request: &Request<B>, request_id: &str) -> Answer {
    if !is_addressed_to_us(request) {
        let detail = "The management listener is reached by its address, or as localhost.";
        return problem(ProblemKind::MisdirectedRequest, detail, request_id);
    }
    if probes::has(request.uri().path()) {
        return probes::answer(app, request, request_id);
    }
    problem(ProblemKind::NotFound, "There is nothing at this path.", request_id)
}

fn is_addressed_to_us<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let authority = match (request.uri().authority(), hosts.next(), hosts.next()) {
        (_, _, Some(_)) => return false,
        (Some(authority), _, _) => authority.clone(),
        (None, Some(host), None) => match Authority::try_from(host.as_bytes()) {
            Ok(authority) => authority,
            Err(_) => return false,
        },
        (None, None, None) => return true,
    };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}
