//! The management listener: whether this server lives, whether it is ready, and what it counts.
//!
//! It is for the machine itself and for those who watch over it, so it writes no log line for a request, and takes only
//! a `Host` that no page on the web can make a browser send: an address, or `localhost` (DNS rebinding). A request
//! without one is no browser's.
//!
//! To add a path: an arm in [`route`]. To add a condition of readiness: a [`Check`] in [`checks`].

use std::fmt::Write as _;
use std::net::IpAddr;

use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, StatusCode};
use jeton_core::Algorithm;
use jeton_dialect::{ProblemKind, TrackingId};

use crate::answer::{Answer, allow, identify, not_to_be_kept, problem};
use crate::app::App;
use crate::metrics::{Now, text};
use crate::request_id;

/// One thing that must be so for the server to be ready.
struct Check {
    name: &'static str,
    /// What is wrong, if something is.
    fault: Option<String>,
}

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
    let path = request.uri().path();
    if !matches!(path, "/livez" | "/readyz" | "/metrics") {
        return problem(ProblemKind::NotFound, "There is nothing at this path.", request_id);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let answer = problem(ProblemKind::MethodNotAllowed, "This is read with GET or HEAD.", request_id);
        return allow(answer, "GET, HEAD");
    }
    match path {
        // Whoever answers lives. The store is not asked: starting anew would not bring it back.
        "/livez" => plain(StatusCode::OK, "alive\n".to_owned()),
        "/readyz" => readiness(app, is_verbose(request.uri().query())),
        _ => {
            let mut answer = plain(StatusCode::OK, metrics(app));
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(text::CONTENT_TYPE));
            answer
        }
    }
}

fn readiness(app: &App, verbose: bool) -> Answer {
    let checks = checks(app);
    let failing: Vec<&str> =
        checks.iter().filter(|check| check.fault.is_some()).map(|check| check.name).collect();
    let (status, mut text) = if failing.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", failing.join(", ")))
    };
    if verbose {
        for Check { name, fault } in &checks {
            // A `String` takes everything.
            let _ = match fault {
                None => writeln!(text, "[+] {name}: ok"),
                Some(fault) => writeln!(text, "[-] {name}: {fault}"),
            };
        }
    }
    plain(status, text)
}

fn checks(app: &App) -> [Check; 3] {
    let directory = app.directory();
    let store = (!directory.is_fresh()).then(|| {
        let age = directory.poll_age().as_secs();
        format!("the store has not been followed for {age} s")
    });
    let keys = app.keys();
    let signs = |name| {
        let algorithms = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];
        algorithms.into_iter().any(|algorithm| keys.ring.signer(name, algorithm).is_some())
    };
    let without: Vec<&str> = app
        .environments()
        .iter()
        .filter(|environment| !signs(&environment.name))
        .map(|environment| environment.name.as_str())
        .collect();
    let keys = (!without.is_empty()).then(|| format!("no key signs in {}", without.join(", ")));
    let stopping = app.is_stopping().then(|| "the server was told to stop".to_owned());
    [
        Check { name: "store", fault: store },
        Check { name: "keys", fault: keys },
        Check { name: "not stopping", fault: stopping },
    ]
}

/// Whether nothing is wrong.
pub(crate) fn is_ready(app: &App) -> bool {
    checks(app).iter().all(|check| check.fault.is_none())
}

fn metrics(app: &App) -> String {
    let directory = app.directory();
    let (revocations, feed_bytes) = app.revocations().size();
    let (cached_credentials, remembered_failures) = directory.sizes();
    app.metrics().render(&Now {
        poll_age: directory.poll_age(),
        sequence: directory.applied().0,
        ready: is_ready(app),
        cached_credentials,
        remembered_failures,
        guessers: app.guess_limits().len(),
        revocations,
        feed_bytes,
    })
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

fn is_verbose(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")))
}

fn plain(status: StatusCode, text: String) -> Answer {
    let mut answer = Answer::new(text.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    not_to_be_kept(&mut answer);
    answer
}
