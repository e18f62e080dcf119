//! `jeton token get`: what was typed, checked; then the request, and the token or what the refusal means.

use std::time::Duration;

use jeton_core::Random as _;
use jeton_core::id::{is_absolute_uri, is_scope_byte};
use jeton_verify::fetch::{FetchFault, PlainHttp, Transport, TransportError};
use serde_json::{Value, json};

use super::ask::{self, Ask};
use super::{input, refusal};
use crate::ambient::SystemRandom;
use crate::args::{Format, Get, TokenDialect};
use crate::commands::answer::Answer;
use crate::failure::Failure;
use crate::output;

/// How long the whole exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn run(get: Get, format: Format) -> Result<(), Failure> {
    let dialect = get.dialect;
    let plain = if get.danger_plain_http { PlainHttp::DangerAnywhere } else { PlainHttp::LoopbackOnly };
    let transport =
        Transport::new(&get.token_url, plain, b"").map_err(|why| unusable(&get.token_url, why))?;
    let ask = checked(get)?;
    let exchanged = tokio::time::timeout(TIMEOUT, ask::send(&transport, &ask)).await;
    let answer = exchanged.unwrap_or(Err(FetchFault::TimedOut)).map_err(|why| no_answer(&why, &ask))?;
    if answer.status != 200 {
        return Err(refusal::of(dialect, &answer, &ask));
    }
    let shown = token(dialect, &answer).ok_or_else(|| {
        Failure::failed(format!(
            "the server answered 200 without a token where the {} dialect has it: is --dialect right?{}",
            ask::name(dialect),
            refusal::ids(&answer, &ask),
        ))
    })?;
    if format.is_for_people() {
        output::say(shown["access_token"].as_str().unwrap_or_default())
    } else {
        output::one(format, &shown)
    }
}

/// What was typed, where it makes a request of its dialect.
fn checked(get: Get) -> Result<Ask, Failure> {
    let Get { dialect, client_id, secret, scope, audience, tracking_id, .. } = get;
    if client_id.is_empty() || client_id.contains(char::is_control) {
        return Err(Failure::usage("--client-id is empty, or has control characters"));
    }
    match dialect {
        TokenDialect::Gateway if audience.is_some() => {
            return Err(Failure::usage("the gateway dialect knows no --audience: ask by --scope"));
        }
        TokenDialect::Gateway if client_id.contains(':') => {
            return Err(Failure::usage("a client id with a colon cannot be sent by the gateway dialect"));
        }
        TokenDialect::Json if !scope.is_empty() => {
            return Err(Failure::usage("the json dialect knows no --scope: ask by --audience"));
        }
        _ => {}
    }
    if audience.as_deref().is_some_and(|audience| !is_absolute_uri(audience)) {
        return Err(Failure::usage("--audience is no absolute URI"));
    }
    let tracking_id = match (tracking_id, dialect) {
        (Some(id), _)
            if !(1..=128).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            return Err(Failure::usage("--tracking-id is not 1 to 128 visible ASCII characters"));
        }
        (None, TokenDialect::Gateway) => Some(generated()),
        (id, _) => id,
    };
    Ok(Ask {
        dialect,
        client_id,
        scope: scopes(&scope)?,
        audience,
        tracking_id,
        secret: input::secret(&secret)?,
    })
}

/// The scopes of one or several options, each of one or several words.
fn scopes(options: &[String]) -> Result<Option<String>, Failure> {
    let words: Vec<&str> = options.iter().flat_map(|option| option.split_whitespace()).collect();
    if words.iter().any(|word| !word.bytes().all(is_scope_byte)) {
        return Err(Failure::usage("--scope has a character that no scope has"));
    }
    Ok((!words.is_empty()).then(|| words.join(" ")))
}

/// Unique, and easy to find in two logs.
fn generated() -> String {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes);
    format!("jeton-{:032x}", u128::from_be_bytes(bytes))
}

/// The members of a good answer; for the `json` dialect, which has none, the token as one.
fn token(dialect: TokenDialect, answer: &Answer) -> Option<Value> {
    let shown = match dialect {
        TokenDialect::Gateway | TokenDialect::OAuth2 => answer.object()?,
        TokenDialect::Json => {
            let text = std::str::from_utf8(&answer.body).ok()?;
            // One JSON string where the server writes JSON, whatever it was asked for.
            json!({ "access_token": serde_json::from_str(text).unwrap_or_else(|_| text.to_owned()) })
        }
    };
    let token = shown["access_token"].as_str()?;
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(shown)
}

fn unusable(url: &str, why: TransportError) -> Failure {
    match why {
        TransportError::Url => Failure::usage(format!("--token-url is {why}")),
        TransportError::PlainHttp => {
            Failure::usage(format!("--token-url {url}: {why}, or --danger-plain-http if that is meant"))
        }
        TransportError::Roots | TransportError::Tls => Failure::failed(why.to_string()),
    }
}

fn no_answer(why: &FetchFault, ask: &Ask) -> Failure {
    let sent = ask.tracking_id.as_ref().map(|id| format!(" (tracking id {id})")).unwrap_or_default();
    match why {
        FetchFault::Tls => Failure::failed(format!(
            "no trusted TLS connection to the token URL: if the server has a root certificate of its own, name the \
             file with SSL_CERT_FILE{sent}"
        )),
        FetchFault::TooLarge => {
            Failure::failed(format!("the server's answer is far too large: is --token-url right?{sent}"))
        }
        why => Failure::unavailable(format!(
            "no answer from the token URL: {why}. Check host and port, then try again{sent}"
        )),
    }
}
