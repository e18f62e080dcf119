//! Stores that are filled once and kept below Cargo's target folder, since filling one takes a while.
//!
//! They are thrown away with that folder. One that an older Jeton made is migrated by hand, or removed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Binaries;
use super::side::{Algorithm, Side};
use crate::measure::postgres::{self, Postgres};
use crate::measure::server::Server;
use crate::process::{self, Outcome, program};
use crate::workspace;

/// What a store is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Database {
    /// The embedded store
    Sqlite,
    /// A `PostgreSQL` on this machine
    Postgresql,
}

/// A filled store.
pub(crate) struct Filled {
    pub(crate) database: Database,
    /// The data folder, Jeton's or PostgreSQL's.
    pub(crate) data: String,
    /// Lines of client id and secret.
    pub(crate) secrets: String,
    /// The first of them alone.
    pub(crate) first: String,
    /// How many of these lines there are.
    pub(crate) credentials: u32,
    /// With PostgreSQL.
    master_key: String,
}

/// A store that a server can be started on.
pub(crate) struct Opened {
    options: [String; 2],
    /// Where it is one.
    pub(crate) postgres: Option<Postgres>,
}

impl Opened {
    /// The options that name it to a command of Jeton.
    pub(crate) fn options(&self) -> [&str; 2] {
        self.options.each_ref().map(String::as_str)
    }
}

impl Filled {
    /// With the credentials that this side is asked with.
    pub(crate) fn for_side(side: Side, binaries: &Binaries, credentials: u32) -> Outcome<Self> {
        let algorithm = match side {
            Side::Jeton(algorithm, _) | Side::Ceiling(algorithm) => algorithm,
            Side::Hello | Side::ForwardAuth | Side::OidcProvider | Side::Authlib => Algorithm::Es256,
        };
        Self::of(algorithm, binaries, credentials)
    }

    /// The embedded store with so many credentials, of an API that signs with this algorithm.
    pub(crate) fn of(algorithm: Algorithm, binaries: &Binaries, credentials: u32) -> Outcome<Self> {
        Self::in_database(Database::Sqlite, algorithm, binaries, credentials, credentials)
    }

    /// With so many credentials, of which so many are known with their secrets, from all over the store.
    pub(crate) fn in_database(
        database: Database,
        algorithm: Algorithm,
        binaries: &Binaries,
        stored: u32,
        credentials: u32,
    ) -> Outcome<Self> {
        let kind = if database == Database::Sqlite { "" } else { "postgresql-" };
        let name = format!("{kind}{}-{stored}-{credentials}", algorithm.name());
        let folder = once(&name, |folder| {
            println!("{} is filled with {stored} credentials", database.name());
            Self::within(folder, database, credentials).fill(algorithm, binaries, stored)
        })?;
        Ok(Self::within(&folder, database, credentials))
    }

    fn within(folder: &Path, database: Database, credentials: u32) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        let [data, secrets, first, master_key] = ["data", "secrets", "first", "master.key"].map(path);
        Self { database, data, secrets, first, credentials, master_key }
    }

    /// Starts what the store needs to be there, on one core or on all.
    pub(crate) fn open(&self, core: Option<&str>) -> Outcome<Opened> {
        self.open_with(postgres::DURABLE, core)
    }

    fn open_with(&self, settings: &[&str], core: Option<&str>) -> Outcome<Opened> {
        if self.database == Database::Sqlite {
            return Ok(Opened { options: ["--data".to_owned(), self.data.clone()], postgres: None });
        }
        let postgres = Postgres::start(Path::new(&self.data), settings, core)?;
        let configuration = postgres.path("jeton.toml");
        let text =
            format!("[store]\nurl = \"{}\"\n[master_key]\nfile = \"{}\"\n", postgres.url(), self.master_key);
        fs::write(&configuration, text).map_err(|why| format!("{configuration}: {why}"))?;
        Ok(Opened { options: ["--config".to_owned(), configuration], postgres: Some(postgres) })
    }

    fn fill(&self, algorithm: Algorithm, binaries: &Binaries, stored: u32) -> Outcome {
        if self.database == Database::Postgresql {
            postgres::make(Path::new(&self.data))?;
            // What it says is for who keeps it.
            process::output_of(program(&binaries.jeton, &["master-key", "create", &self.master_key]))?;
        }
        let opened = self.open_with(postgres::FOR_FILLING, None)?;
        // It makes the tables and the keys.
        let listen = ["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        let server = Server::start(&binaries.jeton, &[opened.options().as_slice(), &listen].concat(), &[])?;
        while !server.is_ready() {}
        drop(server);
        let mut fill = program(&binaries.fill, &["--secrets", &self.secrets]);
        fill.args(["--algorithm", algorithm.name(), "--credentials", &stored.to_string()]);
        fill.args(["--sample", &self.credentials.to_string()]);
        let client = if let Some(postgres) = &opened.postgres {
            let url = postgres.path("url");
            fs::write(&url, postgres.url()).map_err(|why| format!("{url}: {why}"))?;
            fill.args(["--master-key", &self.master_key, "--postgres", &url]);
            let mut client = postgres.client("psql")?;
            client.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
            client
        } else {
            fill.args(["--data", &self.data]);
            program("sqlite3", &["-bail", &format!("{}/jeton.db", self.data)])
        };
        piped(fill, client)?;
        drop(opened);
        if self.database == Database::Postgresql {
            postgres::sync(Path::new(&self.data))?;
        }
        let secrets = fs::read_to_string(&self.secrets).map_err(|why| format!("{}: {why}", self.secrets))?;
        let mut first = OpenOptions::new();
        let first = first.write(true).create_new(true).mode(0o600).open(&self.first);
        first
            .and_then(|mut first| first.write_all(secrets.lines().next().unwrap_or_default().as_bytes()))
            .map_err(|why| format!("{}: {why}", self.first))
    }
}

/// Runs two programs, of which the second reads what the first one writes.
fn piped(mut from: Command, mut to: Command) -> Outcome {
    let cannot = |what: &'static str| move |why: std::io::Error| format!("{what} a store: {why}");
    let mut from = from.stdout(Stdio::piped()).spawn().map_err(cannot("filling"))?;
    let script = from.stdout.take().expect("it was asked for above");
    // `sqlite3` tells of each setting.
    let read = process::run({
        to.stdin(script).stdout(Stdio::null());
        to
    });
    let wrote = from.wait().map_err(cannot("waiting for what fills"))?;
    // Where the second ends, the first cannot go on, and says less.
    read?;
    if wrote.success() { Ok(()) } else { Err(format!("bench-fill failed ({wrote})")) }
}

/// A folder of this name that is filled once: one that was left half-done is begun anew.
fn once(name: &str, fill: impl FnOnce(&Path) -> Outcome) -> Outcome<PathBuf> {
    let folder = workspace::target_folder().join("bench").join(name);
    let whole = folder.join("whole");
    if !whole.exists() {
        let cannot = |why: std::io::Error| format!("{}: {why}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(cannot)?;
        }
        fs::create_dir_all(&folder).map_err(cannot)?;
        fill(&folder)?;
        fs::write(&whole, "").map_err(cannot)?;
    }
    Ok(folder)
}
