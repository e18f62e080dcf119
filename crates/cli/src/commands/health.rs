//! `jeton health`: what the management listener says of the server, as an exit code. It is for health checks where
//! there is no curl, so it needs no data and no rights.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use jeton_server::config::Resolved;
use jeton_verify::fetch::{FetchFault, PlainHttp, Transport};
use serde_json::json;

use super::answer::Answer;
use super::token::printable;
use crate::args::{Format, Health, Overrides};
use crate::configuration::Given;
use crate::failure::Failure;
use crate::output;

/// What is asked for: where, and the first line of a good answer.
struct Question {
    path: &'static str,
    good: &'static str,
}

const LIVE: Question = Question { path: "/livez", good: "alive" };
const READY: Question = Question { path: "/readyz?verbose", good: "ready" };

/// How long `doctor` waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks.
pub(crate) async fn run(health: Health, given: &Given, format: Format) -> Result<(), Failure> {
    let Health { live, timeout, management_listen } = health;
    let question = if live { LIVE } else { READY };
    let at = address(management_listen, given)?;
    let url = ask(&question, at, timeout).await?;
    if format.is_for_people() {
        output::say(question.good)
    } else {
        output::one(format, &json!({ "status": question.good, "asked": url }))
    }
}

/// Whether the server whose management listener is there is ready; if not, why.
pub(super) async fn ask_whether_ready(at: SocketAddr) -> Result<(), Failure> {
    ask(&READY, at, TIMEOUT).await.map(drop)
}

/// Says where it asked.
async fn ask(question: &Question, at: SocketAddr, timeout: Duration) -> Result<String, Failure> {
    // The address as `Host`, which the listener takes. Nothing that is sent or answered is a secret.
    let url = format!("http://{at}{}", question.path);
    let transport = Transport::new(&url, PlainHttp::DangerAnywhere, b"")
        .map_err(|why| Failure::failed(format!("{url}: {why}")))?;
    let asked = Answer::to(transport.client().get(transport.url().clone()));
    let answer = match tokio::time::timeout(timeout, asked).await {
        Ok(answer) => answer.map_err(|why| no_answer(&why, at))?,
        Err(_) => {
            return Err(Failure::unavailable(format!(
                "{at} did not answer within {timeout:?}: see the server's log, or give it longer with --timeout"
            )));
        }
    };
    judge(question, &answer, at)?;
    Ok(url)
}

/// Where the management listener of a server with this configuration is reached from its own machine.
fn address(chosen: Option<String>, given: &Given) -> Result<SocketAddr, Failure> {
    let overrides =
        Overrides { listen: vec![], issuer: vec![], management_listen: chosen, danger_plain_http: false };
    let resolved = given.resolve(Some(&overrides))?;
    let origin = resolved.origin("listen.management");
    if resolved.config.management.is_none() {
        return Err(Failure::configuration(format!(
            "{origin}: listen.management is \"off\", so nobody can say how the server is: give it an address"
        )));
    }
    reached_at(&resolved).ok_or_else(|| {
        Failure::configuration(format!(
            "{origin}: listen.management has port 0, for which the server takes any: name the port that it printed"
        ))
    })
}

/// The same, where it is known before the server starts.
pub(super) fn reached_at(resolved: &Resolved) -> Option<SocketAddr> {
    let mut address = resolved.config.management.filter(|address| address.port() != 0)?;
    // Who listens everywhere is reached here.
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Some(address)
}

fn judge(question: &Question, answer: &Answer, at: SocketAddr) -> Result<(), Failure> {
    let body = String::from_utf8_lossy(&answer.body);
    let first = body.lines().next().unwrap_or_default();
    match answer.status {
        200 if first == question.good => Ok(()),
        503 if first.starts_with("not ready") => {
            let reasons: Vec<String> =
                body.lines().filter_map(|line| line.strip_prefix("[-] ")).map(printable).collect();
            let reasons = if reasons.is_empty() { printable(first) } else { reasons.join("; ") };
            Err(Failure::unavailable(format!(
                "not ready: {reasons}. `jeton doctor` says what to do about it"
            )))
        }
        status => Err(Failure::failed(format!(
            "what listens at {at} is no management listener of Jeton: {} is answered {status} there. Name \
             the one that the server printed, with --management-listen",
            question.path
        ))),
    }
}

fn no_answer(why: &FetchFault, at: SocketAddr) -> Failure {
    match why {
        FetchFault::Unreachable => Failure::unavailable(format!(
            "nothing listens at {at}: is the server running, and is that the listen.management of its configuration?"
        )),
        FetchFault::TooLarge => Failure::failed(format!(
            "what listens at {at} is no management listener of Jeton, as its answer is far too large: name the one that the \
             server printed, with --management-listen"
        )),
        why => Failure::unavailable(format!("no answer from {at}: {why}. See the server's log")),
    }
}
