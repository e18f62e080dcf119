//! Real curl, and what it was answered.

use std::process::Command;

use jeton_jose::{AccessTokenClaims, JwkSet, UnverifiedToken, VerifyingKey};
use serde_json::{Value, json};

use super::Credential;

/// The dialects.
pub(crate) const DIALECTS: [&str; 3] = ["gateway", "oauth2", "json"];

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The token of a 200.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        if self.body.starts_with('{') {
            self.json()["access_token"].as_str().unwrap().to_owned()
        } else {
            self.body.clone()
        }
    }
}

/// Runs curl with these arguments, past the tester's own settings and proxies.
#[track_caller]
pub(crate) fn curl(arguments: &[&str]) -> Answer {
    let mut command = Command::new("curl");
    command.args(["-q", "-sS", "-i", "--noproxy", "*", "--max-time", "30"]).args(arguments);
    let output = command.output().expect("curl is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "curl {arguments:?}: {said}");
    let mut rest = String::from_utf8(output.stdout).unwrap();
    loop {
        let (head, body) = rest.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let (head, body) = (head.to_owned(), body.to_owned());
        // 1xx: the answer is still to come.
        if status >= 200 {
            return Answer { status, head, body };
        }
        rest = body;
    }
}

#[track_caller]
pub(crate) fn get(url: &str) -> Answer {
    curl(&[url])
}

/// A call of an API with a token.
#[track_caller]
pub(crate) fn bearer(url: &str, token: &str) -> Answer {
    curl(&["-H", &format!("Authorization: Bearer {token}"), url])
}

/// Asks for a token at the `oauth2` dialect's own path.
#[track_caller]
pub(crate) fn form_token(origin: &str, credential: &Credential) -> Answer {
    token("oauth2", &format!("{origin}/oauth/v2/token"), credential)
}

/// Asks for a token.
#[track_caller]
pub(crate) fn token(dialect: &str, url: &str, Credential { id, secret }: &Credential) -> Answer {
    let pair = format!("{id}:{secret}");
    let body = json!({ "clientId": id, "clientSecret": secret }).to_string();
    let form = ["-u", &pair, "-d", "grant_type=client_credentials", url];
    match dialect {
        "gateway" => curl(&[&["-H", "x-tracking-id: t-1"], form.as_slice()].concat()),
        "oauth2" => curl(&form),
        "json" => curl(&["-H", "Content-Type: application/json", "-d", &body, url]),
        other => panic!("no dialect {other}"),
    }
}

/// The published keys.
#[track_caller]
pub(crate) fn key_set(origin: &str) -> JwkSet {
    JwkSet::parse(get(&format!("{origin}/.well-known/jwks.json")).body.as_bytes()).unwrap()
}

/// The claims of a token that one of these keys signed.
#[track_caller]
pub(crate) fn claims(keys: &JwkSet, token: &str) -> AccessTokenClaims<'static> {
    let token = UnverifiedToken::parse(token).unwrap();
    let key = keys.get(token.kid()).expect("the token's key is published");
    token.verify(&VerifyingKey::from_jwk(key).unwrap()).unwrap().claims().clone()
}
