//! A store of the test's own on either database, reached in the same way: for what must hold on both.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use jeton_testkit::Database;
use serde_json::Value;
use tempfile::TempDir;

use super::{Run, Server, jeton, words};

/// In every URL, and to be seen nowhere.
pub(crate) const PASSWORD: &str = "canary-5bb1f0";

/// The rows of each table as `psql` shows them, sorted; without what is the migrations' and the nodes' own.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// Runs a script, or statements one by one, and prints their rows as `psql` does.
const PROGRAM: &str = r"
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
if sys.argv[2] == 'script':
    connection.executescript(sys.argv[3])
else:
    for statement in sys.argv[3].split(';'):
        for row in connection.execute(statement).fetchall():
            show = lambda v: '' if v is None else '\\x' + v.hex() if isinstance(v, bytes) else str(v)
            print('|'.join(map(show, row)))
connection.commit()
connection.close()
";

/// Where a store is, with the master key beside it.
pub(crate) struct Place {
    around: TempDir,
    home: Home,
}

enum Home {
    Folder(PathBuf),
    Postgres(Database),
}

impl Place {
    /// A folder that is not there yet, and a database that is empty; each with a master key of its own.
    pub(crate) fn both() -> [Self; 2] {
        [Self::folder(), Self::postgres()]
    }

    pub(crate) fn folder() -> Self {
        let around = TempDir::new().unwrap();
        let home = Home::Folder(around.path().join("data"));
        Self { around, home }.with_new_key()
    }

    pub(crate) fn postgres() -> Self {
        Self { around: TempDir::new().unwrap(), home: Home::Postgres(Database::create()) }.with_new_key()
    }

    fn with_new_key(self) -> Self {
        Run::of(jeton().args(["master-key", "create"]).arg(self.key())).ok();
        self
    }

    /// The same kind of place with another's master key, and nothing else.
    pub(crate) fn with_key_of(self, other: &Self) -> Self {
        fs::copy(other.key(), self.key()).unwrap();
        self
    }

    /// With a store of an earlier schema.
    pub(crate) fn with_fixture(self, number: &str) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/fixtures").join(number);
        fs::copy(fixtures.join("master.key"), self.key()).unwrap();
        let text = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
        match &self.home {
            Home::Folder(folder) => {
                DirBuilder::new().mode(0o700).create(folder).unwrap();
                self.python("script", &text("sqlite.sql"));
                fs::set_permissions(folder.join("jeton.db"), Permissions::from_mode(0o600)).unwrap();
            }
            Home::Postgres(database) => drop(database.sql(&text("postgres.sql"))),
        }
        self
    }

    /// With an API `voice`, the company `acme`, and a credential `x` whose secret is [`Place::SECRET`].
    pub(crate) fn with_acme(self) -> Self {
        self.start().stop();
        self.ok("api create voice --audience https://api.example/voice --scope voice.billing");
        self.ok("company create acme --name Acme");
        self.credential("x");
        self
    }

    /// The secret of every credential of [`Place::credential`].
    pub(crate) const SECRET: &str = "nobodys-secret-but-this-tests-0001";

    /// Makes one in production.
    pub(crate) fn credential(&self, id: &str) {
        let line = format!(
            "credential create --company acme --environment production --client-id {id} --grant voice --secret-stdin"
        );
        Run::with_input(&mut self.command(&line), Self::SECRET.as_bytes()).ok();
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.around.path().join("master.key")
    }

    /// A throw-away folder, in which commands run.
    pub(crate) fn around(&self) -> &Path {
        self.around.path()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.home, Home::Postgres(_))
    }

    /// The option of `db copy` that leads here.
    pub(crate) fn as_target(&self) -> String {
        match &self.home {
            Home::Folder(folder) => format!("--to-folder {}", folder.display()),
            Home::Postgres(database) => {
                let file = self.around.path().join("url");
                fs::write(&file, format!("{}\n", database.url_with_password(PASSWORD))).unwrap();
                format!("--to-url-file {}", file.display())
            }
        }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = jeton();
        command.args(words(line)).current_dir(self.around.path());
        command.env("JETON_MASTER_KEY_FILE", self.key());
        match &self.home {
            Home::Folder(folder) => command.env("JETON_DATA", folder),
            Home::Postgres(database) => command.env("JETON_STORE__URL", database.url_with_password(PASSWORD)),
        };
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> Run {
        let run = Run::of(&mut self.command(line));
        assert!(!format!("{run:?}").contains(PASSWORD), "{run:?}");
        run
    }

    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        self.run(line).ok()
    }

    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("-o json {line}"))).unwrap()
    }

    #[track_caller]
    pub(crate) fn refused(&self, code: i32, line: &str) -> String {
        self.run(line).refused(code)
    }

    #[track_caller]
    pub(crate) fn start(&self) -> Server {
        Server::start(&mut self.command("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"), 2)
    }

    /// The rows of a statement, or what it does, as somebody else's hands do it.
    #[track_caller]
    pub(crate) fn sql(&self, statement: &str) -> Vec<String> {
        match &self.home {
            Home::Folder(_) => self.python("statement", statement),
            Home::Postgres(database) => database.sql(statement),
        }
    }

    #[track_caller]
    fn python(&self, how: &str, text: &str) -> Vec<String> {
        let Home::Folder(folder) = &self.home else { panic!("no folder") };
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).arg(folder.join("jeton.db")).args([how, text]);
        let output = command.output().expect("python3 is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Every row of every table, but for what nodes that run write of themselves.
    pub(crate) fn rows(&self) -> Rows {
        let tables = match &self.home {
            Home::Folder(_) => self.sql("SELECT name FROM sqlite_schema WHERE type = 'table'"),
            Home::Postgres(_) => self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"),
        };
        let nodes_own = ["_sqlx_migrations", "leases", "usage_writers"];
        let own = |table: &String| !nodes_own.contains(&table.as_str());
        let mut rows: Rows = tables.into_iter().filter(own).map(|table| (table, vec![])).collect();
        let all: Vec<_> = rows.keys().map(|table| format!("SELECT '{table}', * FROM {table}")).collect();
        let told = if all.is_empty() { vec![] } else { self.sql(&all.join(";")) };
        for line in told {
            let (table, row) = line.split_once('|').unwrap();
            rows.get_mut(table).unwrap().push(row.to_owned());
        }
        for rows in rows.values_mut() {
            rows.sort();
        }
        rows
    }

    /// The last commit.
    pub(crate) fn sequence(&self) -> i64 {
        self.sql("SELECT sequence FROM counter")[0].parse().unwrap()
    }
}
