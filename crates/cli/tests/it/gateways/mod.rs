//! The recipes of `deploy/gateways`, as they stand there, tried with the gateways themselves: real nginx, Caddy, HAProxy and Apache
//! between a client and an API, asking a real Jeton.
//!
//! `suite` says what holds behind every gateway; `bypass` is what strangers try (F39 of the security checklist). To add a
//! gateway: its recipe, and a file here that starts it and calls both.

mod apache;
mod api;
mod bypass;
mod caddy;
mod haproxy;
mod nginx;
mod suite;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey};

use api::Api;

use crate::proxies::Proxy;
use crate::support::{Credential, PATIENCE, Run, Server, Store, claims, curl, form_token, get, key_set, now};

/// Jeton and an API, for a gateway to stand between.
struct World {
    store: Store,
    server: Server,
    api: Api,
    /// With the scopes of both routes, and with that of `/numbers/` alone.
    wide: Credential,
    narrow: Credential,
    /// For another API.
    other: Credential,
}

impl World {
    fn start() -> Self {
        let store = Store::with_acme();
        let wide = store.credential("--grant voice");
        let narrow = store.credential("--grant voice:voice.numbers");
        let other = store.credential("--grant mail");
        let server = store.start();
        Self { store, server, api: Api::start(), wide, narrow, other }
    }

    /// A recipe with the names and addresses of this world in place of those that its reader replaces too.
    fn recipe(&self, name: &str) -> String {
        let text = crate::deploy::read(&format!("deploy/gateways/{name}"));
        text.replace("127.0.0.1:8080", &self.server.address("production"))
            .replace("127.0.0.1:3000", &self.api.address.to_string())
            .replace("auth.example.com", "localhost")
    }

    #[track_caller]
    fn token(&self, credential: &Credential) -> String {
        form_token(&self.server.production(), credential).token()
    }

    /// A token like a good one but for its end, which has come. A key that was taken in signs it.
    #[track_caller]
    fn expired(&self) -> String {
        let (key, pkcs8) = SigningKey::generate(Algorithm::Es256).unwrap();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(&*pkcs8));
        let mut import = self.store.command("key import --environment production --alg ES256");
        Run::with_input(&mut import, pem.as_bytes()).ok();
        let good = claims(&key_set(&self.server.production()), &self.token(&self.wide));
        let begun = now();
        while key_set(&self.server.production()).get(key.kid()).is_none() {
            assert!(now() - begun < PATIENCE, "the key is taken up");
        }
        let (iat, exp) = (good.iat - 7200, good.iat - 3600);
        key.sign(&AccessTokenClaims { iat, exp, ..good }).unwrap()
    }
}

/// An answer that came through a gateway.
#[derive(Debug)]
struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: String,
}

impl Answer {
    fn of(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head: head.to_lowercase(), body: body.to_owned() })
    }

    /// The challenges that it has.
    fn challenges(&self) -> Vec<&str> {
        self.head.lines().filter_map(|line| line.strip_prefix("www-authenticate: ")).collect()
    }
}

/// Sends a GET with these further lines, and reads its answer.
#[track_caller]
fn ask(gateway: &Proxy, path: &str, lines: &[&str]) -> Answer {
    send(gateway, "GET", path, lines)
}

#[track_caller]
fn send(gateway: &Proxy, method: &str, path: &str, lines: &[&str]) -> Answer {
    let has_end = lines.iter().any(|line| line.to_lowercase().starts_with("connection:"));
    let end = if has_end { "" } else { "Connection: close\r\n" };
    let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n{end}{lines}\r\n");
    let answer = gateway.exchange(request.as_bytes());
    Answer::of(&answer).unwrap_or_else(|| panic!("{request:?}: {answer:?}"))
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// What people who follow the page see first: Jeton itself, asked as the gateway asks it.
#[test]
fn jeton_answers_curl_as_the_page_says() {
    let world = World::start();
    let url = format!("{}/forward-auth/voice/voice.billing", world.server.production());
    assert_eq!(get(&url).status, 401);
    let answer = curl(&["-H", &bearer(&world.token(&world.wide)), &url]);
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains(&format!("x-jeton-client-id: {}", world.wide.id)), "{answer:?}");
    assert_eq!(curl(&["-H", &bearer(&world.token(&world.narrow)), &url]).status, 403);
}
