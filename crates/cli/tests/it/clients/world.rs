//! The server that these tests speak with. `--dev`, for its issuers are the addresses that it is really reached at, as
//! libraries demand that find everything by the issuer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jeton_jose::Algorithm;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Credential, Run, Server, bearer, claims, get, jeton, key_set, now, words};

/// What the README promises for a change to be served.
const SECOND: Duration = Duration::from_secs(1);

/// A demo, and in its store a company of the test's own.
pub(super) struct World {
    pub(super) server: Server,
    folder: PathBuf,
    _around: TempDir,
}

impl World {
    #[track_caller]
    pub(super) fn start() -> Self {
        Self::start_with("")
    }

    /// With this configuration beside what a demo has.
    #[track_caller]
    pub(super) fn start_with(configuration: &str) -> Self {
        let around = TempDir::new().unwrap();
        let file = around.path().join("jeton.toml");
        fs::write(&file, configuration).unwrap();
        let mut command = jeton();
        command.env("TMPDIR", around.path()).current_dir(around.path());
        command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"));
        command.args(words("--management-listen 127.0.0.1:0 --config")).arg(file);
        let server = Server::start(&mut command, 3);
        let said = server.stdout.so_far();
        let file = said.lines().find_map(|line| line.strip_prefix("demo credentials: ")).unwrap();
        let folder = PathBuf::from(file).parent().unwrap().to_owned();
        let world = Self { server, folder, _around: around };
        world.run("company create acme --name Acme --limit 1000", "");
        world
    }

    /// An API of each algorithm, once the server publishes its keys.
    #[track_caller]
    pub(super) fn with_apis() -> Self {
        let world = Self::start();
        for algorithm in Algorithm::ALL {
            let (id, audience) = (id(algorithm), audience(algorithm));
            world.run(
                &format!("api create {id} --audience {audience} --scope {id}.read --alg {algorithm}"),
                "",
            );
        }
        let made = now();
        let served = |origin: String| {
            let keys = key_set(&origin);
            Algorithm::ALL.iter().all(|wanted| keys.keys().iter().any(|key| key.algorithm() == *wanted))
        };
        while !(served(world.server.production()) && served(world.server.sandbox())) {
            assert!(now() - made < SECOND, "not served within a second");
        }
        world
    }

    /// A credential with a generated secret.
    #[track_caller]
    pub(super) fn credential(&self, environment: &str, grant: &str) -> Credential {
        let line = "credential create --company acme";
        Credential::of(&self.run(&format!("{line} --environment {environment} --grant {grant}"), ""))
    }

    /// A credential in production with this secret.
    #[track_caller]
    pub(super) fn credential_with(&self, secret: &str) -> Credential {
        let line = "credential create --company acme --environment production --grant voice --secret-stdin";
        Credential::of(&self.run(line, secret))
    }

    /// How many token requests production has answered, by its own count.
    #[track_caller]
    pub(super) fn token_requests(&self) -> u64 {
        let metrics = get(&format!("http://{}/metrics", self.server.address("management")));
        let lines = metrics.body.lines().filter(|line| line.starts_with("jeton_token_requests_total{"));
        let counts = lines.filter(|line| line.contains(r#"environment="production""#));
        counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    }

    #[track_caller]
    pub(super) fn run(&self, line: &str, input: &str) -> Value {
        let mut command = jeton();
        command.args(["-o", "json", "--data"]).arg(&self.folder).args(words(line));
        serde_json::from_str(&Run::with_input(&mut command, input.as_bytes()).ok()).unwrap()
    }

    /// The data folder, which goes with the world.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a program is told in order to get a token of production.
    pub(super) fn ask_for_token(&self, path: &str, credential: &Credential, method: &str) -> Value {
        let issuer = self.server.production();
        json!({
            "issuer": issuer,
            "token_url": format!("{issuer}{path}"),
            "client_id": credential.id,
            "client_secret": credential.secret,
            "method": method,
        })
    }

    /// Expects a token of this client that production's keys vouch for, and that the demo API takes.
    #[track_caller]
    pub(super) fn assert_token(&self, said: &Value, credential: &Credential) {
        let token = said["token"].as_str().unwrap_or_else(|| panic!("no token: {said}"));
        let issuer = self.server.production();
        let claims = claims(&key_set(&issuer), token);
        assert_eq!((&*claims.iss, &*claims.client_id), (&*issuer, &*credential.id));
        assert_eq!(bearer(&format!("{issuer}/demo/voice/billing"), token).status, 200);
    }
}

/// The id of an algorithm's API.
pub(super) fn id(algorithm: Algorithm) -> String {
    algorithm.as_str().to_lowercase()
}

/// Its audience.
pub(super) fn audience(algorithm: Algorithm) -> String {
    format!("https://api.example/{algorithm}")
}
