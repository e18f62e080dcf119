//! A `PostgreSQL` that one test has for itself: to stop, freeze, start again, follow and fail over.
//!
//! It is as durable as a real one. Like the [`Database`]s' it is taken away by a keeper when this process ends.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::postgres::{Database, as_its_user, programs, run};

/// Ends the server in `$1`, frozen or not, and takes it away when standard input ends.
const KEEPER: &str = r#"
trap '' PIPE
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ]; then
    kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children")
    kill -QUIT "$pid"
    while kill -0 "$pid"; do sleep 0.1; done
fi
rm -rf "$1"
"#;

/// An address of the loopback network that nobody else uses, so that nobody takes a port of it.
const ADDRESS: &str = "127.0.96.1";

/// The server.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    port: u16,
    /// The end of its standard input, which is held here, is the server's.
    keeper: Child,
}

impl PostgresServer {
    /// Makes one with these lines in its configuration, and starts it.
    pub fn start(settings: &str) -> Self {
        let server = Self::empty(5432);
        let mut initdb = server.program("initdb");
        run(initdb.arg("--pgdata").arg(server.data()).args([
            "--username=jeton",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]));
        server.configure("listen_addresses = ''");
        server.configure(settings);
        server.start_again();
        server
    }

    /// Makes one that also listens at an address, for who speaks TLS there and has the password of `jeton`, by SCRAM.
    pub fn start_with_tls(certificate: &str, key: &str, password: &str) -> (Self, SocketAddr) {
        let listener = TcpListener::bind((ADDRESS, 0)).expect("there are free ports");
        let address = listener.local_addr().expect("it is bound");
        drop(listener);
        let mut server = Self::start("password_encryption = 'scram-sha-256'");
        server.database().sql(&format!("ALTER ROLE jeton PASSWORD '{password}'"));
        server.stop_at_once();
        server.port = address.port();
        server.write("server.crt", certificate);
        server.write("server.key", key);
        server.configure(&format!("listen_addresses = '{ADDRESS}'\nport = {}\nssl = on", address.port()));
        server.write("pg_hba.conf", "local all all trust\nhostssl all all all scram-sha-256\n");
        server.start_again();
        (server, address)
    }

    /// Makes another that follows this one, and starts it. What is committed here reaches it some time later, unless
    /// this one is told to wait for it.
    #[must_use]
    pub fn standby(&self) -> Self {
        let standby = Self::empty(self.port);
        let mut copy = standby.program("pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--username=jeton", "--host"]);
        run(copy.arg(&self.folder).arg("--pgdata").arg(standby.data()));
        standby.configure("");
        standby.start_again();
        standby
    }

    /// Makes a standby a server of its own.
    pub fn promote(&self) {
        self.control("promote", &[]);
    }

    /// Ends it as a crash does: without a word to anybody.
    pub fn stop_at_once(&self) {
        self.control("stop", &["--mode=immediate"]);
    }

    /// Ends all its processes at once, by `kill -9`.
    pub fn kill(&self) {
        let main = self.main_process();
        signal(main, Signal::STOP);
        let all: Vec<Pid> = std::iter::once(main).chain(children(main)).collect();
        for process in &all {
            signal(*process, Signal::KILL);
        }
        while all.iter().any(|process| runs(*process)) {
            std::thread::yield_now();
        }
        // Who is dead and not buried yet still looks alive to the next one.
        for lock in
            [self.data().join("postmaster.pid"), self.folder.join(format!(".s.PGSQL.{}.lock", self.port))]
        {
            fs::remove_file(lock).expect("it held its locks");
        }
    }

    /// Starts it where it stopped.
    pub fn start_again(&self) {
        let log = self.folder.join("log");
        self.control("start", &["--log", log.to_str().expect("a throw-away folder has a plain name")]);
    }

    /// Freezes all its processes: connections stay, and nothing answers.
    pub fn freeze(&self) {
        // First the one that could make more.
        let main = self.main_process();
        signal(main, Signal::STOP);
        for child in children(main) {
            signal(child, Signal::STOP);
        }
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        let main = self.main_process();
        for child in children(main) {
            signal(child, Signal::CONT);
        }
        signal(main, Signal::CONT);
    }

    /// Its one database.
    pub fn database(&self) -> Database {
        Database::at(&self.folder, self.port, "postgres")
    }

    fn empty(port: u16) -> Self {
        let folder = tempfile::Builder::new().prefix("jeton-postgres-").tempdir();
        let folder = folder.expect("a folder can be made").keep();
        let everybody = fs::Permissions::from_mode(0o777);
        fs::set_permissions(&folder, everybody).expect("a folder of ours takes rights");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).process_group(0);
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self { folder, port, keeper: keeper.expect("there is a shell") }
    }

    /// Adds these lines to its configuration, where later ones win.
    fn configure(&self, settings: &str) {
        let file = OpenOptions::new().append(true).open(self.data().join("postgresql.conf"));
        let folder = self.folder.display();
        let text = format!("unix_socket_directories = '{folder}'\n{settings}\n");
        file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the configuration can be added to");
    }

    /// Writes a file that only the server's user reads.
    fn write(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        let its = fs::metadata(self.data()).expect("there is data");
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
            .and_then(|()| chown(&path, Some(its.uid()), Some(its.gid())))
            .expect("a file can be written");
    }

    fn control(&self, verb: &str, more: &[&str]) {
        let mut control = self.program("pg_ctl");
        control.args([verb, "--silent", "--wait", "--pgdata"]).arg(self.data()).args(more);
        // What it starts would hold them.
        control.stdout(Stdio::null()).stderr(Stdio::null());
        let done = control.status().expect("the programs of PostgreSQL are there");
        assert!(
            done.success(),
            "{verb}: {}",
            fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = as_its_user(&programs().join(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// The process that starts all others.
    pub fn main_process(&self) -> Pid {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let number = file.lines().next().and_then(|line| line.parse().ok());
        number.and_then(Pid::from_raw).expect("its file begins with its process")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends by itself, and tells nothing.
        let _ended = self.keeper.wait();
    }
}

fn children(of: Pid) -> Vec<Pid> {
    let raw = of.as_raw_nonzero();
    let path = format!("/proc/{raw}/task/{raw}/children");
    let list = fs::read_to_string(Path::new(&path)).unwrap_or_default();
    list.split_whitespace().filter_map(|number| Pid::from_raw(number.parse().ok()?)).collect()
}

/// Whether a process is there and has not ended: one whose end nobody has asked for yet has.
fn runs(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

fn signal(process: Pid, signal: Signal) {
    // One of the children may have ended meanwhile.
    let _gone = kill_process(process, signal);
}
