//! `jeton token`: against a real server, against servers that misbehave, and with tokens made by hand.

mod explain;
mod get;
mod misbehaving;
mod revoke;
mod tls;
mod verify;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use jeton_jose::{AccessTokenClaims, Algorithm, JwkSet, SigningKey};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Credential, Run, Server, jeton, words};

const AUDIENCE: &str = "https://api.example/voice";

/// `serve --dev`, whose credential has `voice.billing` and `voice.numbers`.
pub(crate) struct Demo {
    pub(crate) server: Server,
    pub(crate) credential: Credential,
    folder: PathBuf,
    _around: TempDir,
}

impl Demo {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let around = TempDir::new().unwrap();
        let mut command = jeton();
        command.env("TMPDIR", around.path()).current_dir(around.path());
        command.args(words("serve --dev --listen 127.0.0.1:0 --management-listen off"));
        let server = Server::start(&mut command, 1);
        let said = server.stdout.so_far();
        let file = said.lines().find_map(|line| line.strip_prefix("demo credentials: ")).unwrap();
        let file = PathBuf::from(file);
        let values: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let credential = Credential::of(&values["production"]);
        Self { server, credential, folder: file.parent().unwrap().to_owned(), _around: around }
    }

    pub(crate) fn issuer(&self) -> String {
        self.server.production()
    }

    /// The binary with these words, on the demo's store.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        Run::of(jeton().arg("--data").arg(&self.folder).args(words(line))).ok()
    }

    fn endpoint(&self, dialect: &str) -> String {
        let path = match dialect {
            "gateway" => "/authentication/v1/oauth/token",
            "oauth2" => "/oauth/v2/token",
            "json" => "/authentication/api/v1/oauth2/token",
            other => panic!("no dialect {other}"),
        };
        format!("{}{path}", self.issuer())
    }

    /// `token get` with the right secret.
    #[track_caller]
    fn get(&self, dialect: &str, more: &str) -> Run {
        get(dialect, &self.endpoint(dialect), &self.credential, more)
    }

    #[track_caller]
    pub(crate) fn token(&self) -> String {
        self.get("oauth2", "").ok().trim_end().to_owned()
    }
}

/// `token get`, with the secret in a variable.
#[track_caller]
fn get(dialect: &str, url: &str, credential: &Credential, more: &str) -> Run {
    Run::of(get_command(dialect, url, credential).args(words(more)))
}

fn get_command(dialect: &str, url: &str, credential: &Credential) -> Command {
    let mut command = jeton();
    command.env("THE_SECRET", &credential.secret).args(["token", "get", "--token-url", url]);
    command.args(["--dialect", dialect, "--client-id", &credential.id, "--secret-env", "THE_SECRET"]);
    command
}

/// `token verify` or `explain` with this on standard input.
#[track_caller]
fn judge(line: &str, input: &str) -> Run {
    Run::with_input(jeton().arg("token").args(words(line)), input.as_bytes())
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the binary's own clock is real")]
    let now = SystemTime::now();
    i64::try_from(now.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// An issuer of the test's own, whose key set is in a file.
struct Issuer {
    key: SigningKey,
    folder: TempDir,
}

impl Issuer {
    const NAME: &str = "https://auth.example";

    fn new() -> Self {
        let issuer =
            Self { key: SigningKey::generate(Algorithm::Es256).unwrap().0, folder: TempDir::new().unwrap() };
        let set = JwkSet::new(vec![issuer.key.public_jwk().clone()]).unwrap();
        fs::write(issuer.folder.path().join("keys.json"), set.to_json()).unwrap();
        issuer
    }

    /// Serves its metadata, which names `more` too, and its key set, and says where. All else is 404.
    fn serve(&self, more: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let metadata =
            format!(r#"{{"issuer":"{url}","jwks_uri":"{url}/keys"{}}}"#, more.replace("URL", &url));
        let keys = fs::read_to_string(self.folder.path().join("keys.json")).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while stream.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let (status, body) = match head.split(' ').nth(1) {
                    Some("/.well-known/oauth-authorization-server") => ("200 OK", metadata.as_str()),
                    Some("/keys") => ("200 OK", keys.as_str()),
                    _ => ("404 Not Found", ""),
                };
                let length = body.len();
                // Whoever asked may have gone.
                let _gone = write!(
                    stream.get_mut(),
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        url
    }

    /// The options that name it.
    fn options(&self) -> String {
        format!("--issuer {} --jwks '{}'", Self::NAME, self.folder.path().join("keys.json").display())
    }

    /// A token that is good for an hour, but for what is changed.
    fn token(&self, change: impl FnOnce(&mut AccessTokenClaims<'static>)) -> String {
        let mut claims = AccessTokenClaims {
            iss: Self::NAME.into(),
            sub: "client-1".into(),
            client_id: "client-1".into(),
            aud: vec![AUDIENCE.into()],
            iat: now(),
            nbf: None,
            exp: now() + 3600,
            jti: "token-1".into(),
            scope: Some("voice.billing".into()),
            company: Some("acme".into()),
            rev: None,
        };
        change(&mut claims);
        self.key.sign(&claims).unwrap()
    }
}
