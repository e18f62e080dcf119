//! A data folder of the test's own, and the commands on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{Run, Server, jeton, words};

/// A data folder in a throw-away folder.
pub(crate) struct Store {
    folder: TempDir,
    path: PathBuf,
}

/// A credential with its secret.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Credential {
    /// What a creation or rotation printed as JSON.
    pub(crate) fn of(created: &Value) -> Self {
        let text = |name: &str| created[name].as_str().unwrap().to_owned();
        Self { id: text("client_id"), secret: text("client_secret") }
    }
}

impl Store {
    /// A place where no store is yet.
    pub(crate) fn unmade() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("data");
        Self { folder, path }
    }

    /// A store as the first start of a server leaves it.
    pub(crate) fn new() -> Self {
        let store = Self::unmade();
        store.start().stop();
        store
    }

    /// With two APIs (`voice`, whose scopes are `voice.billing` and `voice.numbers`; `mail` with `mail.send`) and the
    /// company `acme`.
    pub(crate) fn with_acme() -> Self {
        let store = Self::new();
        store.ok("api create voice --audience https://api.example/voice --scope voice.billing voice.numbers");
        store.ok("api create mail --audience https://api.example/mail --scope mail.send");
        store.ok("company create acme --name Acme");
        store
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The throw-away folder that the data folder is in.
    pub(crate) fn around(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with these words, on this store.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = jeton();
        command.arg("--data").arg(&self.path).args(words(line)).current_dir(self.folder.path());
        command
    }

    /// `serve` on free ports, one of them bound to the sandbox.
    pub(crate) fn serve(&self, more: &str) -> Command {
        self.command(&format!("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0 {more}"))
    }

    /// A server on this store.
    #[track_caller]
    pub(crate) fn start(&self) -> Server {
        Server::start(&mut self.serve(""), 2)
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        Run::of(&mut self.command(line))
    }

    /// Runs a command that must do what it is asked, and gives its standard output.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        self.run(line).ok()
    }

    /// The same with `-o json`.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("-o json {line}"))).unwrap()
    }

    /// Runs a command that must be refused with this exit code, with and without `-o json`, and gives what people
    /// are told.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, line: &str) -> String {
        let problem = self.run(&format!("-o json {line}")).problem(code);
        let told = self.run(line).refused(code);
        let detail = problem["detail"].as_str().unwrap();
        if code != 2 {
            assert_eq!(told.trim_end(), format!("jeton: {detail}"), "one sentence for both");
        }
        told
    }

    /// Makes a credential in production.
    #[track_caller]
    pub(crate) fn credential(&self, more: &str) -> Credential {
        self.credential_in("production", more)
    }

    /// Makes a credential of `acme`.
    #[track_caller]
    pub(crate) fn credential_in(&self, environment: &str, more: &str) -> Credential {
        let line = format!("credential create --company acme --environment {environment} {more}");
        Credential::of(&self.json(&line))
    }

    /// The ids of a list.
    #[track_caller]
    pub(crate) fn ids(&self, line: &str, field: &str) -> Vec<String> {
        let list = self.json(line);
        list.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
    }
}
