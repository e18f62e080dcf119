//! Calls an API with Jeton's tokens. `clients/README.md` says what it reads and prints.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program says what came of its calls, and what did not"
)]

mod fetch;
mod tokens;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fetch::{NoToken, Settings};
use futures_util::future::try_join_all;
use reqwest::{Client, StatusCode, redirect};
use rustls::crypto::aws_lc_rs as provider;
use tokens::Tokens;
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a call has no status.
enum Failure {
    NoToken(Arc<NoToken>),
    Unreachable(reqwest::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let (settings, api) = match Settings::read().and_then(|read| Ok((read, fetch::variable("API_URL")?))) {
        Ok(read) => read,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    drop(provider::default_provider().install_default());
    // A redirect would carry secret and token to wherever it leads.
    let http = Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).build();
    let http = http.expect("the TLS provider was installed above");
    let tokens = Tokens::new(http.clone(), settings);
    let mut code = ExitCode::SUCCESS;
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let callers = line.trim().parse().unwrap_or(1);
        match try_join_all((0..callers).map(|_| call(&http, &api, &tokens))).await {
            Ok(statuses) => {
                println!("{}", statuses.iter().map(StatusCode::as_str).collect::<Vec<_>>().join(" "));
                if !statuses.iter().all(StatusCode::is_success) {
                    code = ExitCode::FAILURE;
                }
            }
            Err(Failure::NoToken(why)) => {
                eprintln!("no token: {why}");
                return ExitCode::from(3);
            }
            Err(Failure::Unreachable(why)) => {
                eprintln!("{api}: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    code
}

// [call]
/// The status of the API's answer. A 401 has one new token fetched, and one call more.
async fn call(http: &Client, url: &str, tokens: &Tokens) -> Result<StatusCode, Failure> {
    let token = tokens.get(None).await?;
    match get(http, url, &token).await? {
        StatusCode::UNAUTHORIZED => Ok(get(http, url, &tokens.get(Some(&token)).await?).await?),
        status => Ok(status),
    }
}
// [/call]

async fn get(http: &Client, url: &str, token: &str) -> Result<StatusCode, reqwest::Error> {
    Ok(http.get(url).bearer_auth(token).send().await?.status())
}

impl From<Arc<NoToken>> for Failure {
    fn from(why: Arc<NoToken>) -> Self {
        Self::NoToken(why)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(why: reqwest::Error) -> Self {
        Self::Unreachable(why)
    }
}
