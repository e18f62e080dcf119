//! A server from a client's side: its name, its certificate, the connection, its clock, its metadata and keys, and a
//! token request.

use std::time::Duration;

use jeton_core::Clock as _;
use jeton_verify::fetch::{FetchFault, PlainHttp, RemoteKeys, Transport};
use reqwest::Url;
use reqwest::header::DATE;
use zeroize::Zeroizing;

use super::certificate;
use super::finding::Finding;
use super::in_words;
use crate::ambient::SystemClock;
use crate::args::TokenDialect;
use crate::commands::answer::Answer;
use crate::commands::token::ask::{self, Ask};

/// How long one step may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How far the clocks may be apart: what verifiers bear.
const SKEW: i64 = 30;

pub(super) async fn look(issuer: &str, login: Option<(String, Zeroizing<String>)>) -> Vec<Finding> {
    let transport = match Transport::new(issuer, PlainHttp::LoopbackOnly, b"") {
        Ok(transport) => transport,
        Err(why) => {
            let fix = "write the issuer as it stands in tokens, such as https://auth.example";
            return vec![Finding::bad("issuer", why.to_string(), fix)];
        }
    };
    let mut findings = vec![name(transport.url()).await];
    findings.extend(certificate::of_server(transport.url(), TIMEOUT).await);
    let metadata = match metadata(issuer, transport.url()).await {
        Ok(answer) => answer,
        Err(why) => {
            findings.push(no_connection(&why));
            return findings;
        }
    };
    let scheme = if transport.url().scheme() == "https" { "with TLS that is trusted" } else { "without TLS" };
    findings.push(Finding::good("connection", format!("it answers, {scheme}")));
    findings.push(clock(&metadata));
    findings.push(keys(issuer).await);
    findings.push(match token_endpoint(&metadata) {
        Some(url) => match login {
            Some(login) => token(&url, login).await,
            None => knock(&url).await,
        },
        None => Finding::bad(
            "token endpoint",
            "the metadata names none",
            "is this the issuer? `jeton token get` takes the endpoint's URL itself",
        ),
    });
    findings
}

async fn name(url: &Url) -> Finding {
    let check = "name";
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let asked = tokio::net::lookup_host((host.trim_matches(['[', ']']), port));
    match tokio::time::timeout(TIMEOUT, asked).await {
        Ok(Ok(found)) => {
            let found: Vec<String> = found.map(|at| at.ip().to_string()).collect();
            Finding::good(check, format!("{host} is {}", found.join(", ")))
        }
        // Behind a proxy, it is the proxy that looks names up.
        _ => Finding::unknown(check, format!("{host} is not found from here, as it may be behind a proxy")),
    }
}

/// The issuer's metadata, from the place of RFC 8414 section 3.1.
async fn metadata(issuer: &str, url: &Url) -> Result<Answer, FetchFault> {
    let mut at = url.clone();
    at.set_path(&format!("/.well-known/oauth-authorization-server{}", url.path().trim_end_matches('/')));
    let transport =
        Transport::new(issuer, PlainHttp::LoopbackOnly, b"").map_err(|_| FetchFault::Unreachable)?;
    let asked = Answer::to(transport.client().get(at));
    tokio::time::timeout(TIMEOUT, asked).await.unwrap_or(Err(FetchFault::TimedOut))
}

fn no_connection(why: &FetchFault) -> Finding {
    let fix = match why {
        FetchFault::Tls => {
            "if the server has a root certificate of its own, name the file with SSL_CERT_FILE; else have its \
             certificate renewed"
        }
        FetchFault::Unreachable => "see whether host and port are right, and whether a firewall is between",
        _ => "try again, and see what is between",
    };
    Finding::bad("connection", why.to_string(), fix)
}

/// How far apart the clocks are, by the server's `Date`.
fn clock(answer: &Answer) -> Finding {
    let check = "clock";
    let there = answer.header(DATE.as_str()).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(there) = there else { return Finding::unknown(check, "the server does not say its time") };
    let apart = there.timestamp().as_second() - SystemClock.now().seconds();
    if apart.abs() <= SKEW {
        return Finding::good(check, format!("{} s from the server's", apart.abs()));
    }
    let which = if apart > 0 { "behind" } else { "ahead of" };
    Finding::bad(
        check,
        format!("{} {which} the server's", in_words(apart.abs())),
        "set it by NTP: a client keeps tokens for too long, and an API refuses good ones",
    )
}

/// Whether metadata and keys are to be had as a verifier gets them.
async fn keys(issuer: &str) -> Finding {
    let check = "metadata and keys";
    let fix = "give the issuer to the byte as it stands in its metadata and in the tokens' `iss`";
    let keys = match RemoteKeys::of_issuer(issuer).start() {
        Ok(keys) => keys,
        Err(why) => return Finding::bad(check, why.to_string(), fix),
    };
    match keys.ready().await {
        Ok(()) => Finding::good(check, "they are the issuer's, and can be used"),
        Err(why) => Finding::bad(check, why.to_string(), fix),
    }
}

fn token_endpoint(answer: &Answer) -> Option<String> {
    answer.object()?["token_endpoint"].as_str().map(str::to_owned)
}

/// A token request without anything in it, which every token endpoint refuses.
async fn knock(url: &str) -> Finding {
    let check = "token endpoint";
    let fix = "is the metadata's `token_endpoint` reached from here? See what answers in its place";
    let Ok(transport) = Transport::new(url, PlainHttp::LoopbackOnly, b"") else {
        return Finding::bad(check, format!("{url} is no URL that a client may use"), fix);
    };
    let asked = Answer::to(transport.client().post(transport.url().clone()));
    match tokio::time::timeout(TIMEOUT, asked).await.unwrap_or(Err(FetchFault::TimedOut)) {
        Ok(answer) if matches!(answer.status, 400 | 401) && answer.object().is_some() => {
            Finding::good(check, format!("{url} is there; say --client-id to try a credential"))
        }
        Ok(answer) => Finding::bad(check, format!("{url} answers {}, as none does", answer.status), fix),
        Err(why) => Finding::bad(check, format!("{url}: {why}"), fix),
    }
}

async fn token(url: &str, (client_id, secret): (String, Zeroizing<String>)) -> Finding {
    let check = "token";
    let Ok(transport) = Transport::new(url, PlainHttp::LoopbackOnly, b"") else {
        return Finding::bad(check, format!("{url} is no URL that a client may use"), "see the metadata");
    };
    let ask = Ask {
        dialect: TokenDialect::OAuth2,
        client_id,
        secret,
        scope: None,
        audience: None,
        tracking_id: None,
    };
    let asked = ask::send(&transport, &ask);
    match tokio::time::timeout(TIMEOUT, asked).await.unwrap_or(Err(FetchFault::TimedOut)) {
        Ok(answer) if answer.status == 200 => Finding::good(check, format!("{url} gave one")),
        Ok(answer) => {
            let id =
                answer.header("x-request-id").map(|id| format!(" (request id {id})")).unwrap_or_default();
            Finding::bad(
                check,
                format!("{url} answered {}{id}", answer.status),
                "`jeton token get` says what the refusal means; the operator finds the reason by the request id",
            )
        }
        Err(why) => Finding::bad(check, format!("{url}: {why}"), "try again"),
    }
}
