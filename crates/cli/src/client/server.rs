//! A server, over HTTP: a token for the credential that was chosen, then the request with it.
//!
//! The token stays in memory. One more request for each command costs a millisecond on the server; a token in a file
//! would be one more secret to guard, and to forget when the credential is revoked.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use jeton_verify::fetch::{FetchFault, PlainHttp, Transport, TransportError};
use reqwest::Url;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::choice;
use super::request::Request;
use crate::args::TokenDialect;
use crate::commands::answer::Answer;
use crate::commands::token::ask::{self, Ask};
use crate::failure::Failure;

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Where tokens are given out, below the URL.
const TOKEN_PATH: [&str; 3] = ["oauth", "v2", "token"];

/// The largest answer that is read: a page of a list has about half a megabyte, an export what the log has.
const MOST: usize = 256 * 1024 * 1024;

/// A server that somebody is known to.
pub(super) struct Server {
    chosen: choice::Server,
    plain: PlainHttp,
    transport: Transport,
    token: OnceCell<Zeroizing<String>>,
}

impl Server {
    pub(super) fn new(chosen: choice::Server, danger_plain: bool) -> Result<Self, Failure> {
        let plain = if danger_plain { PlainHttp::DangerAnywhere } else { PlainHttp::LoopbackOnly };
        let transport = transport(&chosen.url, plain)?;
        Ok(Self { chosen, plain, transport, token: OnceCell::new() })
    }

    pub(super) fn chosen(&self) -> &choice::Server {
        &self.chosen
    }

    pub(super) async fn send(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, Failure> {
        let url = request.url(&self.chosen.url);
        let token = self.token.get_or_try_init(|| self.ask_for_token()).await?;
        let mut sent = self
            .transport
            .client()
            .request(request.method.clone(), url)
            .header(ACCEPT, "application/json, application/problem+json;q=0.9, */*;q=0.1")
            .header(AUTHORIZATION, format!("Bearer {}", token.as_str()));
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        if let Some(body) = &request.body {
            // Zeroed when reqwest lets go of it would be better; it has no such body.
            sent = sent.header(CONTENT_TYPE, "application/json").body(Bytes::from(body.to_string()));
        }
        let answered = tokio::time::timeout(TIMEOUT, Answer::within(sent, MOST)).await;
        answered.unwrap_or(Err(FetchFault::TimedOut)).map_err(|why| self.no_answer(&why))
    }

    async fn ask_for_token(&self) -> Result<Zeroizing<String>, Failure> {
        let choice::Server { url, client_id, client_id_from, secret, secret_from, .. } = &self.chosen;
        let mut token_url = url.clone();
        token_url
            .path_segments_mut()
            .expect("the URL of a server has a path")
            .pop_if_empty()
            .extend(TOKEN_PATH);
        let ask = Ask {
            dialect: TokenDialect::OAuth2,
            client_id: client_id.clone(),
            secret: secret.clone(),
            scope: None,
            audience: None,
            tracking_id: None,
        };
        let transport = transport(&token_url, self.plain)?;
        let asked = tokio::time::timeout(TIMEOUT, ask::send(&transport, &ask)).await;
        let answer = asked.unwrap_or(Err(FetchFault::TimedOut)).map_err(|why| self.no_answer(&why))?;
        let id = answer.header("x-request-id").map(|id| format!(" (request id {id})")).unwrap_or_default();
        match answer.status {
            200 => {}
            400 | 401 => {
                return Err(Failure::not_allowed(format!(
                    "{url} does not take the credential {client_id} ({client_id_from}) with the secret of \
                     {secret_from}{id}: `jeton login` again, or have an operator rotate it"
                )));
            }
            429 | 503 => {
                return Err(Failure::unavailable(format!(
                    "{url} gives out no token now{id}: try again later"
                )));
            }
            status => {
                return Err(Failure::failed(format!(
                    "{token_url} answered {status}{id}: is {url} the management listener of a Jeton server?"
                )));
            }
        }
        let token = answer.object().and_then(|mut object| match object["access_token"].take() {
            serde_json::Value::String(token) => Some(Zeroizing::new(token)),
            _ => None,
        });
        token
            .filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or_else(|| {
                Failure::failed(format!("{token_url} answered without a token{id}: is {url} a Jeton server?"))
            })
    }

    fn no_answer(&self, why: &FetchFault) -> Failure {
        let url = &self.chosen.url;
        match why {
            FetchFault::Tls => Failure::failed(format!(
                "no trusted TLS connection to {url}: if the server has a root certificate of its own, name the file \
                 with SSL_CERT_FILE"
            )),
            FetchFault::TooLarge => {
                Failure::failed(format!("the answer of {url} is far too large: ask for less"))
            }
            why => Failure::unavailable(format!(
                "no answer from {url} ({}): {why}. Check host and port, and whether the server runs",
                self.chosen.url_from
            )),
        }
    }
}

fn transport(url: &Url, plain: PlainHttp) -> Result<Transport, Failure> {
    Transport::new(url.as_str(), plain, b"").map_err(|why| match why {
        TransportError::PlainHttp => {
            Failure::usage(format!("{url}: {why}, or --danger-plain-url if that is meant"))
        }
        TransportError::Url => Failure::usage(format!("{url} is {why}")),
        TransportError::Roots | TransportError::Tls => Failure::failed(why.to_string()),
    })
}
