//! The example service of four voice APIs, on tokens of the real server, whose keys it finds by the issuer.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey};
use tokio::sync::oneshot;

use crate::support::{Answer, bearer, curl, get};
use crate::token::Demo;

/// The example, until the test ends.
struct VoiceApi {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl VoiceApi {
    fn start(issuer: &str, audience: &str) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = voice_api::Options { issuer: issuer.into(), audience: audience.into(), listen };
        let (ready, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let api = voice_api::start(&options).await.unwrap();
                ready.send(api.address().unwrap()).unwrap();
                tokio::select! {
                    ended = api.run() => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        let address = address.recv().expect("it starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    #[track_caller]
    fn call(&self, path: &str, token: &str) -> Answer {
        bearer(&self.url(path), token)
    }
}

impl Drop for VoiceApi {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, challenge: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let head = answer.head.to_lowercase();
    assert!(head.contains(&format!("www-authenticate: bearer realm=\"voice\"{challenge}")), "{answer:?}");
    assert!(head.contains("cache-control: no-store"), "{answer:?}");
    assert_eq!(answer.json()["status"], status);
}

#[test]
fn each_service_asks_for_its_own_scope() {
    let demo = Demo::start();
    let api = VoiceApi::start(&demo.issuer(), "https://api.example/voice");
    let token = demo.token();
    for path in ["/numbers", "/billing"] {
        let answer = api.call(path, &token);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["client_id"], demo.credential.id.as_str());
        assert_eq!(answer.json()["company"], "demo");
    }
    for (path, scope) in [("/addresses", "voice.addresses"), ("/customers", "voice.customers")] {
        let answer = api.call(path, &token);
        assert_refused(&answer, 403, ", error=\"insufficient_scope\"");
        assert!(answer.head.contains(&format!("scope=\"{scope}\"")), "{answer:?}");
    }
    assert_eq!(api.call("/elsewhere", &token).status, 404);
}

#[test]
fn requests_without_one_good_token_are_turned_away() {
    let demo = Demo::start();
    let api = VoiceApi::start(&demo.issuer(), "https://api.example/voice");
    let token = demo.token();
    let url = api.url("/billing");
    assert_refused(&get(&url), 401, "\r\n");
    assert_refused(&curl(&["-u", "a:b", &url]), 401, "\r\n");
    assert_refused(&get(&format!("{url}?access_token={token}")), 401, "\r\n");
    assert_refused(&bearer(&url, "not-a-token"), 401, ", error=\"invalid_token\"");
    assert_refused(&bearer(&url, &token[..token.len() - 2]), 401, ", error=\"invalid_token\"");
    assert_refused(&curl(&["-H", "Authorization: Bearer", &url]), 400, ", error=\"invalid_request\"");
    let header = format!("Authorization: Bearer {token}");
    assert_refused(&curl(&["-H", &header, "-H", &header, &url]), 400, ", error=\"invalid_request\"");
}

#[test]
fn tokens_of_another_environment_api_or_key_are_none_here() {
    let demo = Demo::start();
    let token = demo.token();
    let messages = VoiceApi::start(&demo.issuer(), "https://api.example/messages");
    assert_refused(&messages.call("/billing", &token), 401, ", error=\"invalid_token\"");

    // The sandbox answers at a host of its own, with keys of its own.
    let sandbox = demo.issuer().replace("//", "//sandbox.");
    let api = VoiceApi::start(&sandbox, "https://api.example/voice");
    assert_refused(&api.call("/billing", &token), 401, ", error=\"invalid_token\"");

    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let forged = stranger.sign(&AccessTokenClaims {
        iss: sandbox.into(),
        sub: "x".into(),
        client_id: "x".into(),
        aud: vec!["https://api.example/voice".into()],
        iat: 0,
        nbf: None,
        exp: jeton_jose::MAX_NUMERIC_DATE,
        jti: "x".into(),
        scope: Some("voice.billing".into()),
        company: None,
        rev: None,
    });
    assert_refused(&api.call("/billing", &forged.unwrap()), 401, ", error=\"invalid_token\"");
}
