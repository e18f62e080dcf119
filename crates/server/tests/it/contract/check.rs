//! What is wrong with an answer, as sentences: all of it, so that one run shows everything.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Response;
use jeton_testkit::TestServer;
use serde_json::Value;

use super::case::{Case, Given};
use super::token;

/// Request ids and token ids, none of which may come twice.
pub(crate) type Seen = BTreeSet<String>;

pub(crate) async fn faults(
    server: &TestServer,
    case: &Case,
    answer: &Response<Bytes>,
    given: &Given,
    seen: &mut Seen,
) -> Vec<String> {
    let expected = case.expect["status"].as_u64().unwrap();
    let mut faults = headers(case, answer, given);
    faults.extend(ids(case, answer, seen));
    faults.extend(leaks(answer, given));
    if u64::from(answer.status().as_u16()) != expected {
        faults.push(format!("status {}, not {expected}: {:?}", answer.status(), answer.body()));
        return faults;
    }
    if case.method == "HEAD" {
        return faults;
    }
    if let Some(want) = case.expect.get("json").filter(|want| json(answer) != **want) {
        faults.push(format!("body {:?}, not {want}", answer.body()));
    }
    if let Some(want) = case.expect.get("oauth_error") {
        faults.extend(oauth_error(case, &json(answer), want));
    }
    if let Some(want) = case.expect.get("problem") {
        faults.extend(problem(&json(answer), want, &values(answer, "x-request-id")));
    }
    if let Some(want) = case.expect.get("token") {
        faults.extend(token::faults(server, case, answer, given, want, seen).await);
    }
    faults
}

fn headers(case: &Case, answer: &Response<Bytes>, given: &Given) -> Vec<String> {
    let mut faults = Vec::new();
    let expected = case.expect.get("headers").and_then(Value::as_object);
    let mut wanted = vec![("cache-control", "no-store"), ("pragma", "no-cache")];
    wanted
        .extend(expected.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
    for (name, want) in wanted {
        let got = values(answer, name);
        let [one] = got[..] else {
            faults.push(format!("{name}: {got:?}, not {want}"));
            continue;
        };
        if !is_same(name, one, want, &given.environment) {
            faults.push(format!("{name}: {one}, not {want}"));
        }
    }
    let absent = case.expect.get("absent").and_then(Value::as_array);
    for name in absent.into_iter().flatten().filter_map(Value::as_str) {
        if answer.headers().contains_key(name) {
            faults.push(format!("{name} comes back, though it was malformed"));
        }
    }
    let cors = answer.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
    faults.extend(cors.map(|name| format!("a CORS header: {name}")));
    faults
}

fn is_same(name: &str, got: &str, want: &str, realm: &str) -> bool {
    match name {
        "x-tracking-id" | "allow" => got == want,
        "content-type" => {
            let (kind, rest) = got.split_once(';').unwrap_or((got, ""));
            kind.trim().eq_ignore_ascii_case(want) && matches!(rest.trim(), "" | "charset=utf-8")
        }
        "www-authenticate" => got.starts_with(&format!("{want} realm=\"{realm}\"")),
        "cache-control" | "pragma" => got.split(',').any(|word| word.trim() == want),
        _ => got.eq_ignore_ascii_case(want),
    }
}

fn ids(case: &Case, answer: &Response<Bytes>, seen: &mut Seen) -> Vec<String> {
    let mut faults = Vec::new();
    let (requests, trackings) = (values(answer, "x-request-id"), values(answer, "x-tracking-id"));
    match requests[..] {
        [id] if !id.is_empty() && seen.insert(id.to_owned()) => {}
        _ => faults.push(format!("x-request-id {requests:?}: none, several or seen before")),
    }
    let expected = match case.sent("x-tracking-id")[..] {
        [] => requests,
        [one] if (1..=128).contains(&one.len()) && one.bytes().all(|byte| byte.is_ascii_graphic()) => {
            vec![one]
        }
        _ => vec![],
    };
    if trackings != expected {
        faults.push(format!("x-tracking-id {trackings:?}, not {expected:?}"));
    }
    faults
}

fn leaks(answer: &Response<Bytes>, given: &Given) -> Vec<String> {
    let mut faults = Vec::new();
    let headers: Vec<&str> = answer.headers().values().map(|value| value.to_str().unwrap()).collect();
    let body = String::from_utf8_lossy(answer.body());
    let hidden = [given.secret.as_str(), given.basic.as_str()];
    if hidden.iter().any(|word| body.contains(word) || headers.iter().any(|header| header.contains(word))) {
        faults.push("the secret stands in the answer".to_owned());
    }
    if headers.iter().any(|header| header.contains("eyJ")) {
        faults.push("a token stands in a header".to_owned());
    }
    faults
}

fn oauth_error(case: &Case, body: &Value, want: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if body.get("error") != Some(want) {
        faults.push(format!("error {body}, not {want}"));
    }
    let description = body["error_description"].as_str().unwrap_or_default();
    let sent = form_urlencoded::parse(case.body.as_bytes()).map(|(_, value)| value);
    let telling = |value: &str| value.len() > 5 && !value.contains('{') && value != "client_credentials";
    if sent.into_iter().any(|value| telling(&value) && description.contains(&*value)) {
        faults.push("error_description echoes the input".to_owned());
    }
    // RFC 6749 section 5.2.
    let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    if description.is_empty() || !description.bytes().all(allowed) {
        faults.push(format!("error_description {description:?}"));
    }
    faults
}

fn problem(body: &Value, want: &Value, request_ids: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    if body["status"] != want["status"] {
        faults.push(format!("problem status {}", body["status"]));
    }
    for name in ["type", "title", "detail", "instance"] {
        if body[name].as_str().is_none_or(str::is_empty) {
            faults.push(format!("problem {name} {}", body[name]));
        }
    }
    let extensions = &body["extensions"];
    if !request_ids.contains(&extensions["traceId"].as_str().unwrap_or_default()) {
        faults.push("traceId is not x-request-id".to_owned());
    }
    let errors = extensions.get("errors").and_then(Value::as_object);
    let is_list = |list: &Value| {
        list.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
    };
    if errors.is_some_and(|errors| !errors.values().all(is_list)) {
        faults.push("extensions.errors holds something else than lists of sentences".to_owned());
    }
    let field = want.get("field").and_then(Value::as_str);
    if field.is_some_and(|field| errors.is_none_or(|errors| !errors.contains_key(field))) {
        faults.push(format!("extensions.errors does not name {field:?}"));
    }
    faults
}

pub(crate) fn json(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or(Value::Null)
}

fn values<'a>(answer: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
    answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}
