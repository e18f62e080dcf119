//! What is wrong with a token, and with the body that it came in.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use jeton_core::Clock as _;
use jeton_testkit::{COMPANY, ResponseExt as _, TestServer, VOICE_AUDIENCE};
use serde_json::Value;

use super::case::{Case, Given};
use super::check::{Seen, json};

const ALL_GRANTED: &str = "voice.billing voice.numbers";

pub(crate) async fn faults(
    server: &TestServer,
    case: &Case,
    answer: &Response<Bytes>,
    given: &Given,
    want: &Value,
    seen: &mut Seen,
) -> Vec<String> {
    let lifetime = want.get("expires_in").and_then(Value::as_i64).unwrap_or(3600);
    let form: Vec<_> = form_urlencoded::parse(case.body.as_bytes()).into_owned().collect();
    let asked = form.iter().find(|(name, value)| name == "scope" && !value.is_empty());
    let token = answer.token();
    let mut faults = match want["in"].as_str() {
        Some("json") => members(&json(answer), lifetime, asked.is_some()),
        Some("text") if answer.text() == token => vec![],
        Some(_) if json(answer) == token.as_str() => vec![],
        _ => vec![format!("the token is not in {want}")],
    };
    let scopes = asked.map_or(ALL_GRANTED, |(_, value)| value);
    faults.extend(claims(server, given, &token, lifetime, scopes, seen).await);
    faults
}

fn members(body: &Value, lifetime: i64, scope_asked: bool) -> Vec<String> {
    let mut faults = Vec::new();
    if body["token_type"] != "Bearer" || body["expires_in"] != lifetime {
        faults.push(format!("token_type {}, expires_in {}", body["token_type"], body["expires_in"]));
    }
    let scope = body.get("scope").and_then(Value::as_str);
    if scope != (!scope_asked).then_some(ALL_GRANTED) {
        faults.push(format!("scope in the answer {scope:?}, asked: {scope_asked}"));
    }
    let known = ["access_token", "token_type", "expires_in", "scope"];
    let unknown = body.as_object().unwrap().keys().find(|name| !known.contains(&name.as_str()));
    faults.extend(unknown.map(|name| format!("member {name}")));
    faults
}

async fn claims(
    server: &TestServer,
    given: &Given,
    token: &str,
    lifetime: i64,
    scopes: &str,
    seen: &mut Seen,
) -> Vec<String> {
    let mut faults = Vec::new();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    if header["typ"] != "at+jwt" || header["alg"] != "ES256" || !header["kid"].is_string() {
        faults.push(format!("header {header}"));
    }
    // By the served keys: signature, issuer, audience, times.
    let verified = match server.verify(&given.environment, VOICE_AUDIENCE, token).await {
        Ok(verified) => verified,
        Err(why) => return vec![why.to_string()],
    };
    if verified.subject() != given.id || verified.client_id() != given.id {
        faults.push(format!("sub {}, client_id {}", verified.subject(), verified.client_id()));
    }
    if !verified.audiences().eq([VOICE_AUDIENCE]) {
        faults.push("aud names another API too".to_owned());
    }
    let wanted: BTreeSet<&str> = scopes.split(' ').collect();
    if verified.scopes().collect::<BTreeSet<_>>() != wanted {
        faults.push(format!("scopes {:?}, not {wanted:?}", verified.scopes().collect::<Vec<_>>()));
    }
    if verified.iat() != server.clock.now().seconds() || verified.exp() - verified.iat() != lifetime {
        faults.push(format!("iat {}, exp {}, not {lifetime} s", verified.iat(), verified.exp()));
    }
    if verified.company() != Some(COMPANY) {
        faults.push(format!("company {:?}", verified.company()));
    }
    if !seen.insert(verified.jti().to_owned()) {
        faults.push("jti came before".to_owned());
    }
    faults
}
