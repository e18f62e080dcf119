//! A `PostgreSQL` of the test's own with what every node of it is given, and the commands on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use jeton_testkit::Database;
use serde_json::Value;
use tempfile::TempDir;

use super::{Credential, Run, Server, jeton, words};

/// In every URL, and to be seen nowhere.
pub(crate) const PASSWORD: &str = "canary-5bb1f0";

/// A database, and a folder with a master key.
pub(crate) struct Shared {
    pub(crate) database: Database,
    folder: TempDir,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self::on(Database::create())
    }

    /// On a database that is there.
    pub(crate) fn on(database: Database) -> Self {
        let shared = Self { database, folder: TempDir::new().unwrap() };
        shared.make_master_key("master.key");
        shared
    }

    /// With an API `voice` and the company `acme`, and a node that serves them.
    pub(crate) fn with_acme() -> (Self, Server) {
        let shared = Self::new();
        let server = shared.start();
        shared.ok("api create voice --audience https://api.example/voice --scope voice.billing");
        shared.ok("company create acme --name Acme");
        (shared, server)
    }

    pub(crate) fn make_master_key(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        Run::of(jeton().args(["master-key", "create"]).arg(&path)).ok();
        path
    }

    /// The throw-away folder with the master key.
    pub(crate) fn around(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = jeton();
        command.args(words(line)).current_dir(self.folder.path());
        command.env("JETON_STORE__URL", self.database.url_with_password(PASSWORD));
        command.env("JETON_MASTER_KEY_FILE", self.folder.path().join("master.key"));
        command
    }

    pub(crate) fn serve(&self) -> Command {
        self.command("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0")
    }

    #[track_caller]
    pub(crate) fn start(&self) -> Server {
        Server::start(&mut self.serve(), 2)
    }

    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        without_password(Run::of(&mut self.command(line))).ok()
    }

    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("-o json {line}"))).unwrap()
    }

    #[track_caller]
    pub(crate) fn credential(&self, more: &str) -> Credential {
        let line = format!("credential create --company acme --environment production {more}");
        Credential::of(&self.json(&line))
    }
}

/// A run, once it is sure that it told nobody the password.
#[track_caller]
pub(crate) fn without_password(run: Run) -> Run {
    assert!(!format!("{run:?}").contains(PASSWORD), "{run:?}");
    run
}
