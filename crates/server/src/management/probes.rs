//! Whether this server lives, whether it is ready, and what it counts: for the machine itself and for those who watch over
//! it, so no log line is written for a request.
//!
//! To add a condition of readiness: a [`Check`] in [`checks`].

use std::fmt::Write as _;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use jeton_core::Algorithm;
use jeton_dialect::ProblemKind;

use crate::answer::{Answer, allow, not_to_be_kept, problem};
use crate::app::App;
use crate::metrics::{Now, text};

/// One thing that must be so for the server to be ready.
struct Check {
    name: &'static str,
    /// What is wrong, if something is.
    fault: Option<String>,
}

/// Whether it is a probe's path.
pub(super) fn has(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics")
}

/// Answers a request for one of them.
pub(super) fn answer<B>(app: &App, request: &Request<B>, request_id: &str) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let answer = problem(ProblemKind::MethodNotAllowed, "This is read with GET or HEAD.", request_id);
        return allow(answer, "GET, HEAD");
    }
    match request.uri().path() {
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
        .served()
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
