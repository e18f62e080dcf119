//! Asking for a token, in each dialect.

use std::time::Duration;
use std::{env, fmt, fs};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use form_urlencoded::Serializer;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// Who asks, and where.
pub(crate) struct Settings {
    dialect: Dialect,
    url: String,
    id: String,
    secret: String,
    audience: Option<String>,
}

#[derive(Clone, Copy)]
enum Dialect {
    Gateway,
    OAuth2,
    Json,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) struct NoToken(String);

// [fetch]
/// A token, and how long it lives.
pub(crate) async fn fetch(http: &Client, settings: &Settings) -> Result<(String, Duration), NoToken> {
    let Settings { dialect, url, id, secret, audience } = settings;
    let request = http.post(url);
    let mut grant = Serializer::new(String::new());
    grant.append_pair("grant_type", "client_credentials");
    let form = (CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = match dialect {
        Dialect::Gateway => request
            .header(AUTHORIZATION, basic(&format!("{id}:{secret}")))
            .header("x-tracking-id", tracking_id())
            .header(form.0, form.1)
            .body(grant.finish()),
        Dialect::OAuth2 => {
            if let Some(audience) = audience {
                grant.append_pair("resource", audience);
            }
            // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
            let pair = format!("{}:{}", form_encoded(id), form_encoded(secret));
            request.header(AUTHORIZATION, basic(&pair)).header(form.0, form.1).body(grant.finish())
        }
        Dialect::Json => {
            let body = json!({ "clientId": id, "clientSecret": secret, "audienceUrl": audience });
            request
                .header(CONTENT_TYPE, "application/json")
                .header(ACCEPT, "text/plain")
                .body(body.to_string())
        }
    };
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    if status != StatusCode::OK {
        return Err(NoToken(format!("{} {}", status.as_u16(), text.chars().take(500).collect::<String>())));
    }
    let read = match dialect {
        Dialect::Json => bare(text),
        Dialect::Gateway | Dialect::OAuth2 => object(&text),
    };
    read.ok_or_else(|| NoToken("the answer holds no token".to_owned()))
}

/// The token of a JSON object.
fn object(text: &str) -> Option<(String, Duration)> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let life = Duration::from_secs(answer["expires_in"].as_u64()?);
    Some((answer["access_token"].as_str()?.to_owned(), life))
}

/// A token that came alone: its claims say how long it lives.
fn bare(token: String) -> Option<(String, Duration)> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    let life = claims["exp"].as_u64()?.checked_sub(claims["iat"].as_u64()?)?;
    Some((token, Duration::from_secs(life)))
}
// [/fetch]

fn basic(pair: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[expect(clippy::disallowed_methods, reason = "a program that runs has real randomness")]
fn tracking_id() -> String {
    Uuid::new_v4().to_string()
}

impl Settings {
    /// From the variables of the process.
    pub(crate) fn read() -> Result<Self, String> {
        let dialect = match variable("JETON_DIALECT")?.as_str() {
            "gateway" => Dialect::Gateway,
            "oauth2" => Dialect::OAuth2,
            "json" => Dialect::Json,
            other => return Err(format!("no dialect: JETON_DIALECT={other}")),
        };
        let secret = match env::var("JETON_CLIENT_SECRET_FILE") {
            Ok(file) => fs::read_to_string(&file).map_err(|why| format!("{file}: {why}"))?,
            Err(_) => variable("JETON_CLIENT_SECRET")?,
        };
        Ok(Self {
            dialect,
            url: variable("JETON_TOKEN_URL")?,
            id: variable("JETON_CLIENT_ID")?,
            secret: secret.trim_end_matches(['\r', '\n']).to_owned(),
            audience: env::var("JETON_AUDIENCE").ok(),
        })
    }
}

pub(crate) fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("not set: {name}"))
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<reqwest::Error> for NoToken {
    fn from(why: reqwest::Error) -> Self {
        Self(why.to_string())
    }
}
