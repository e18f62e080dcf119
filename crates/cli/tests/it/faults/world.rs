//! A store on either database, and its nodes: what a fault run breaks.

use std::path::Path;
use std::process::Command;

use jeton_testkit::Database;
use serde_json::{Value, json};

use crate::support::{Credential, Run, Server, Shared, Store, jeton, sql, without_password};

/// An API `voice` with the scope `voice.billing`, a company `acme` with room for many credentials, and no node running.
pub(crate) enum World {
    /// A data folder, for one node.
    Embedded(Store),
    /// A `PostgreSQL`, for several.
    Shared(Shared),
}

impl World {
    pub(crate) fn embedded() -> Self {
        Self::Embedded(Store::new()).filled()
    }

    /// On the `PostgreSQL` of all tests, which keeps nothing over a loss of power.
    pub(crate) fn shared() -> Self {
        Self::on(Database::create())
    }

    pub(crate) fn on(database: Database) -> Self {
        let world = Self::Shared(Shared::on(database));
        world.start().stop();
        world.filled()
    }

    fn filled(self) -> Self {
        self.ok("api create voice --audience https://api.example/voice --scope voice.billing");
        self.ok("company create acme --name Acme --limit 1000000");
        self
    }

    /// The binary with these words.
    pub(crate) fn command(&self, line: &str) -> Command {
        match self {
            Self::Embedded(store) => store.command(line),
            Self::Shared(shared) => shared.command(line),
        }
    }

    /// A node on free ports, which answers 401 however often it is asked for what it refuses.
    pub(crate) fn serve(&self) -> Command {
        let mut command = self.command("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0");
        command.env("JETON_LIMITS__FAILURES_PER_MINUTE", "1000000");
        command.env("JETON_LIMITS__FAILURES_AT_ONCE", "1000000");
        command
    }

    #[track_caller]
    pub(crate) fn start(&self) -> Server {
        Server::start(&mut self.serve(), 2)
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        without_password(Run::of(&mut self.command(line)))
    }

    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        self.run(line).ok()
    }

    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("-o json {line}"))).unwrap()
    }

    /// Makes a credential that may use `voice`.
    #[track_caller]
    pub(crate) fn credential(&self, id: &str) -> Credential {
        let line = "credential create --company acme --environment production --grant voice --client-id";
        Credential::of(&self.json(&format!("{line} {id}")))
    }

    /// Runs a statement as somebody else's hands would, and gives a line for each row, `|` between its columns.
    #[track_caller]
    pub(crate) fn sql(&self, statement: &str) -> Vec<String> {
        match self {
            Self::Embedded(store) => {
                let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let line = |row: Vec<Value>| row.into_iter().map(text).collect::<Vec<_>>().join("|");
                sql(store.path(), statement).into_iter().map(line).collect()
            }
            Self::Shared(shared) => shared.database.sql(statement),
        }
    }

    /// Whether the database is whole, by its own judgement and by Jeton's.
    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        match self {
            Self::Embedded(store) => assert_sound(store.path()),
            Self::Shared(shared) => {
                shared.database.sql("CREATE EXTENSION IF NOT EXISTS amcheck");
                // Each index holds every row of its table, and each page of a table is as it must be.
                shared.database.sql(
                    "SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                     JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND i.indisvalid",
                );
                let bad = shared.database.sql(
                    "SELECT c.relname, v.* FROM pg_class c, LATERAL verify_heapam(c.oid) v WHERE c.relkind = 'r'",
                );
                assert_eq!(bad, [] as [String; 0]);
            }
        }
        self.ok("db status");
    }
}

/// Whether `SQLite` finds a data folder's store whole, and Jeton too.
#[track_caller]
pub(crate) fn assert_sound(folder: &Path) {
    assert_eq!(sql(folder, "PRAGMA integrity_check"), [[json!("ok")]]);
    assert_eq!(sql(folder, "PRAGMA foreign_key_check"), [[]; 0] as [[Value; 0]; 0]);
    Run::of(jeton().args(["db", "status", "--full", "--data"]).arg(folder)).ok();
}
