//! The example service of four voice APIs, on tokens of the real server, whose keys and revocations it finds by the issuer.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey};
use tokio::sync::oneshot;

use crate::faults::limit;
use crate::support::{Answer, bearer, claims, curl, form_token, get, key_set, now};
use crate::token::Demo;

/// The example, until the test ends.
pub(crate) struct VoiceApi {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl VoiceApi {
    pub(crate) fn start(issuer: &str, audience: &str) -> Self {
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

/// What stands after the realm for whoever brought no token: where to get one, and no error.
const NOTHING_TRIED: &str =
    ", resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/voice\"\r\n";

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
    assert_refused(&get(&url), 401, NOTHING_TRIED);
    assert_refused(&curl(&["-u", "a:b", &url]), 401, NOTHING_TRIED);
    assert_refused(&get(&format!("{url}?access_token={token}")), 401, NOTHING_TRIED);
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

/// How soon an API refuses what was taken back, counted from the acknowledgement.
const REFUSED: Duration = Duration::from_secs(5);

impl VoiceApi {
    /// Waits until a token is refused that was good before.
    #[track_caller]
    fn until_refused(&self, token: &str, line: &str) {
        let acknowledged = now();
        loop {
            let answer = self.call("/billing", token);
            let took = now() - acknowledged;
            if answer.status == 401 {
                assert_refused(&answer, 401, ", error=\"invalid_token\"");
                assert!(answer.body.contains("The access token has been revoked."), "{answer:?}");
                return;
            }
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(took < limit(REFUSED), "{line}: {took:?}");
        }
    }
}

#[test]
fn what_was_taken_back_is_refused_and_no_resume_brings_it_back() {
    let demo = Demo::start();
    let api = VoiceApi::start(&demo.issuer(), "https://api.example/voice");
    let id = &demo.credential.id;
    let mut old = vec![];
    for (line, undo) in [
        ("token revoke --environment production --credential ID --jti JTI", None),
        ("token revoke --environment production --credential ID", None),
        (
            "credential suspend ID --environment production",
            Some("credential resume ID --environment production"),
        ),
        ("company suspend demo", Some("company resume demo")),
        ("token revoke --company demo", None),
    ] {
        let (token, sister) = (good_token(&demo), good_token(&demo));
        assert_eq!((api.call("/billing", &token).status, api.call("/billing", &sister).status), (200, 200));
        let jti = claims(&key_set(&demo.issuer()), &token).jti;
        demo.ok(&line.replace(" ID", &format!(" {id}")).replace("JTI", &jti));
        api.until_refused(&token, line);
        // Only the one token is taken back by its own id.
        let one = line.contains("--jti");
        assert_eq!(api.call("/billing", &sister).status, if one { 200 } else { 401 }, "{line}");
        if let Some(undo) = undo {
            demo.ok(&undo.replace(" ID", &format!(" {id}")));
        }
        let new = good_token(&demo);
        old.push(token);
        for old in &old {
            assert_refused(&api.call("/billing", old), 401, ", error=\"invalid_token\"");
        }
        assert_eq!(api.call("/billing", &new).status, 200, "after {line}");
    }
}

/// A token, as soon as the server gives one.
#[track_caller]
fn good_token(demo: &Demo) -> String {
    let begun = now();
    loop {
        let answer = form_token(&demo.issuer(), &demo.credential);
        if answer.status == 200 {
            return answer.token();
        }
        assert!(answer.status == 401 && now() - begun < limit(REFUSED), "{answer:?}");
    }
}
