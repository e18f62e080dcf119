//! A PostgreSQL of our own, which listens in a folder and nowhere else. Its data stays where it is.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::now;
use super::scratch::Scratch;
use crate::packages::{self, Program};
use crate::process::{self, Outcome, output_of, program, succeeds};

/// What it comes from.
pub(crate) const PROGRAM: Program =
    Program { name: "/usr/lib/postgresql/*/bin/postgres", asked: "--version", package: "postgresql" };

/// As PostgreSQL is where nobody has configured it: what was acknowledged is on the disk.
pub(crate) const DURABLE: &[&str] = &[];

/// What fills faster, and leaves nothing behind where the machine goes down.
pub(crate) const FOR_FILLING: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=1GB",
    "maintenance_work_mem=1GB",
];

/// How long it may take to begin.
const PATIENCE: Duration = Duration::from_mins(1);

/// It runs until it is dropped.
pub(crate) struct Postgres {
    child: Child,
    socket: Scratch,
}

/// Makes an empty one in a folder, whose path its user must be able to enter.
pub(crate) fn make(data: &Path) -> Outcome {
    fs::create_dir(data).map_err(|why| format!("{}: {why}", data.display()))?;
    give_to_its_user(data)?;
    let mut make = as_its_user("initdb", data)?;
    make.args(["--username=jeton", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
    make.arg(data).stdout(Stdio::null());
    process::run(make).map_err(|why| {
        format!(
            "{why}: where PostgreSQL's user may not enter {}, set CARGO_TARGET_DIR to a folder that it may",
            data.display()
        )
    })
}

/// Brings to the disk what was written without waiting for it.
pub(crate) fn sync(data: &Path) -> Outcome {
    let mut sync = as_its_user("initdb", data)?;
    sync.args(["--sync-only", "--pgdata"]).arg(data).stdout(Stdio::null());
    process::run(sync)
}

impl Postgres {
    /// Starts it with these settings, on one core or on all.
    pub(crate) fn start(data: &Path, settings: &[&str], core: Option<&str>) -> Outcome<Self> {
        let socket = Scratch::named("-postgres")?;
        give_to_its_user(socket.folder())?;
        let mut command = as_its_user("postgres", data)?;
        command.arg("-D").arg(data).arg("-k").arg(socket.folder()).args(["-c", "listen_addresses="]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        if let Some(core) = core {
            let mut pinned = program("taskset", &["-c", core]);
            pinned.arg(command.get_program()).args(command.get_args()).current_dir(data);
            command = pinned;
        }
        let log = socket.path("log");
        let file = fs::File::create(&log).map_err(|why| format!("{log}: {why}"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().map_err(|why| format!("PostgreSQL cannot be started: {why}"))?;
        let mut this = Self { child, socket };
        let deadline = now() + PATIENCE;
        while !succeeds(this.client("pg_isready")?) {
            if now() > deadline || !matches!(this.child.try_wait(), Ok(None)) {
                return Err(format!(
                    "PostgreSQL does not start: {}",
                    fs::read_to_string(&log).unwrap_or_default()
                ));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(this)
    }

    /// The URL of its one database.
    pub(crate) fn url(&self) -> String {
        let folder = self.socket.folder().display().to_string().replace('/', "%2F");
        format!("postgres://jeton@{folder}:5432/postgres")
    }

    /// A file in the folder that it listens in, for as long as it runs.
    pub(crate) fn path(&self, name: &str) -> String {
        self.socket.path(name)
    }

    /// A program that connects to it.
    pub(crate) fn client(&self, name: &str) -> Outcome<Command> {
        let mut client =
            program(programs()?.join(name), &["--username=jeton", "--dbname=postgres", "--host"]);
        client.arg(self.socket.folder());
        Ok(client)
    }

    /// The process that starts all others.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

/// Which one it is.
pub(crate) fn version() -> Outcome<String> {
    let said = output_of(program(programs()?.join("postgres"), &["--version"]))?;
    let version = said.split_whitespace().nth(2).ok_or("PostgreSQL does not say which it is")?;
    Ok(format!("PostgreSQL {version}"))
}

/// The folder of one that is installed: Debian has one for each version, outside of the search path.
fn programs() -> Outcome<PathBuf> {
    let all = packages::versions(PROGRAM.name);
    let newest = all.iter().max_by_key(|path| path.split('/').find_map(|part| part.parse::<u32>().ok()));
    let folder = newest.and_then(|path| Path::new(path).parent()).ok_or("PostgreSQL is not installed")?;
    Ok(folder.to_owned())
}

/// One of its programs as who may run it: PostgreSQL refuses to be root.
fn as_its_user(name: &str, data: &Path) -> Outcome<Command> {
    let path = programs()?.join(name);
    let mut command = if packages::is_root() {
        let mut command = program("setpriv", &["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.arg(path);
        command
    } else {
        program(path, &[])
    };
    // It need not be able to enter the folder that we are in.
    command.current_dir(data);
    Ok(command)
}

fn give_to_its_user(folder: &Path) -> Outcome {
    if !packages::is_root() {
        return Ok(());
    }
    let number = |which| -> Outcome<u32> {
        let said = output_of(program("id", &[which, "postgres"]))?;
        said.trim().parse().map_err(|_| "there is no user postgres".to_owned())
    };
    chown(folder, Some(number("-u")?), Some(number("-g")?))
        .map_err(|why| format!("{}: {why}", folder.display()))
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may have ended before. SIGINT has it end its clients' sessions and then itself, in order.
        let _ = program("kill", &["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
