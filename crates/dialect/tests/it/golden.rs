//! Whole exchanges, as files under `tests/golden/<dialect>/`.
//!
//! A file is the request as a client sends it; then what the dialect read of it, and what the core or the server
//! said; then the answer, without the headers that the server adds to every one of them.
//!
//! To add an exchange: write a file with the request alone, add its name to the list below with what the core says,
//! and run the tests once with `JETON_GOLDEN=write`, which fills in the rest of every file. Then read the difference.
//! A file that no list names fails the tests.

mod exchanges;
mod presented;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName};
use jeton_core::id::EnvironmentName;
use jeton_core::token_request::TokenRequest;
use jeton_core::{IssueError, IssuedToken};
use jeton_dialect::{Dialect, Exchange, Refusal, ServerFault, WireRequest, WireResponse};

use crate::support::header_value;

/// What is said of a request beside what the dialect reads of it.
#[derive(Clone, Copy)]
enum Says {
    /// Nothing: the dialect refuses it.
    Nothing,
    /// The core issues a token with these scopes, if any. Whether they were asked for stands in the request.
    Token(Option<&'static str>),
    /// The core refuses it.
    Refused(IssueError),
    /// The server refuses it before the dialect sees it, or after the core has failed.
    Server(ServerFault),
}

const START_OF_READ: &str = "\n--- read\n";
const START_OF_ANSWER: &str = "\n--- answer\n";
const REQUEST_ID: &str = "0199c1a2-7d3e-7f00-8a4b-5e6f70819203";
const TOKEN: &str = "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJhcHAifQ.c2lnbmF0dXJl";

#[test]
fn gateway() {
    check(Dialect::Gateway, exchanges::GATEWAY);
}

#[test]
fn oauth2() {
    check(Dialect::OAuth2, exchanges::OAUTH2);
}

#[test]
fn json() {
    check(Dialect::Json, exchanges::JSON);
}

fn check(dialect: Dialect, exchanges: &[(&str, Says)]) {
    check_files(dialect.as_str(), exchanges, |request, says| play(dialect, request, *says));
}

/// Plays every file of a folder, and compares.
fn check_files<S>(
    folder: &str,
    exchanges: &[(&str, S)],
    play: impl Fn(&str, &S) -> Result<String, &'static str>,
) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let rewrite = std::env::var_os("JETON_GOLDEN").is_some_and(|value| value == "write");
    let mut differing = Vec::new();
    for (name, says) in exchanges {
        let path = folder.join(format!("{name}.http"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let request = text.split_once(START_OF_READ).map_or(text.trim_end(), |(request, _)| request);
        let played = play(request, says).unwrap_or_else(|why| panic!("{name}: {why}"));
        if rewrite {
            fs::write(&path, played).expect("a folder that can be written");
        } else if played != text {
            differing.push(format!("{name}\n{played}"));
        }
    }
    assert!(differing.is_empty(), "JETON_GOLDEN=write writes:\n{}", differing.join("\n\n"));

    let named: BTreeSet<String> = exchanges.iter().map(|(name, _)| format!("{name}.http")).collect();
    let files = fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let files: BTreeSet<String> = files.map(|name| name.into_string().expect("UTF-8")).collect();
    assert_eq!(named.len(), exchanges.len(), "an exchange is named twice");
    assert_eq!(files.difference(&named).collect::<Vec<_>>(), [""; 0], "files that no list names");
}

/// The whole file: the request, what was read of it, and the answer.
fn play(dialect: Dialect, request: &str, says: Says) -> Result<String, &'static str> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no request line")?;
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let headers = headers(lines);
    let wire = WireRequest { headers: &headers, query, body: body.as_bytes() };

    let (read, result) = match (says, dialect.read(&wire)) {
        (Says::Server(fault), _) => (format!("server: {}", fault.reason()), Err(fault.into())),
        (Says::Nothing, Err(fault)) => (format!("refused: {}", fault.reason()), Err(fault.into())),
        (Says::Nothing, Ok(_)) => return Err("the dialect reads it, so the core must say something"),
        (_, Err(_)) => return Err("the dialect refuses it, so the core is not asked"),
        (Says::Refused(error), Ok(read)) => {
            (format!("{}\ncore: {}", told(&read), error.reason()), Err(Refusal::Issue(error)))
        }
        (Says::Token(scope), Ok(read)) => {
            (format!("{}\ncore: a token", told(&read)), Ok(token(dialect, scope, &read)))
        }
    };

    let environment: EnvironmentName = "production".parse().map_err(|_| "the environment")?;
    let accept = headers.get_all(ACCEPT);
    let exchange = Exchange { request_id: REQUEST_ID, environment: &environment, path, accept };
    let response = dialect.write(&exchange, result.as_ref());
    Ok(format!("{request}{START_OF_READ}{read}{START_OF_ANSWER}{}", raw(&response)))
}

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').expect("a header line");
        let name: HeaderName = name.parse().expect("a header name");
        headers.append(name, header_value(value.trim().as_bytes()));
    }
    headers
}

/// The read request, with everything in it that the core looks at.
fn told(request: &TokenRequest) -> String {
    let mut readings = request.client.readings().map(|reading| {
        let client_id = reading.client_id.as_ref().map_or("(no client id)", |id| id.as_str());
        format!("client: {client_id}, secret {:?}", String::from_utf8_lossy(reading.secret.expose()))
    });
    if readings[0] == readings[1] {
        readings[1].clear();
    } else {
        readings[1].insert(0, '\n');
    }
    let scope = request.scope.as_deref().unwrap_or("(none asked)");
    let (grant_type, target) = (request.grant_type, &request.target);
    format!("{}\ngrant_type: {grant_type:?}\nscope: {scope}\ntarget: {target:?}", readings.concat())
}

fn token(dialect: Dialect, scope: Option<&str>, read: &TokenRequest) -> IssuedToken {
    let expires_in = u32::try_from(dialect.default_lifetime().as_secs()).expect("an hour or less");
    IssuedToken {
        token: TOKEN.to_owned(),
        expires_in,
        scope: scope.map(str::to_owned),
        scope_asked: read.scope.is_some(),
        jti: "6f70819203".to_owned(),
    }
}

fn raw(response: &WireResponse) -> String {
    let mut text = format!("HTTP/1.1 {}\n", response.status);
    for (name, value) in &response.headers {
        writeln!(text, "{name}: {}", value.to_str().expect("ASCII")).expect("a string takes everything");
    }
    let body = std::str::from_utf8(&response.body).expect("UTF-8");
    format!("{text}\n{body}\n")
}
