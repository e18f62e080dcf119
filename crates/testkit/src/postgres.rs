//! A throw-away `PostgreSQL` for this process, with a `PgBouncer` in front of it, and a database for each
//! test.
//!
//! It listens in a folder and nowhere else, writes nothing durably, and ends with this process, however that ends: its
//! keeper waits for the end of a pipe whose other end is here. Nothing of it holds this process's own outputs.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// Makes the cluster in `$1`, runs it, and takes it away when its standard input ends. `$2` is the folder of the
/// programs; what follows runs them as who may, since `PostgreSQL` refuses to be root.
const KEEPER: &str = r#"
folder=$1 programs=$2; shift 2
PATH=$PATH:/usr/sbin
# Whoever reads may be gone, and the rest must be taken away all the same.
trap '' PIPE
# PgBouncer would take QUIT for a reason to wait.
trap 'kill -QUIT $server; kill -KILL $pooler; wait; rm -rf "$folder"' EXIT
fail() { cat "$folder/log"; exit 1; }
"$@" "$programs/initdb" --pgdata "$folder/data" --username jeton --auth trust --encoding UTF8 \
    --locale C --no-sync >"$folder/log" 2>&1 || fail
"$@" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=400 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off >>"$folder/log" 2>&1 &
server=$!
until "$programs/pg_isready" --quiet --host "$folder"; do
    kill -0 "$server" || fail
done
cat >"$folder/pooler.ini" <<END
[databases]
* = host=$folder user=jeton
[pgbouncer]
pool_mode = transaction
unix_socket_dir = $folder/pooler
listen_addr =
auth_type = any
max_client_conn = 1000
default_pool_size = 2
END
mkdir -m 777 "$folder/pooler"
"$@" pgbouncer --quiet "$folder/pooler.ini" >>"$folder/log" 2>&1 &
pooler=$!
until "$programs/pg_isready" --quiet --host "$folder/pooler" --port 6432; do
    kill -0 "$pooler" || fail
done
echo ready
cat >/dev/null
"#;

/// The cluster of this process.
struct Cluster {
    folder: PathBuf,
    made: AtomicU32,
    /// The end of its standard input, which is held here, is the cluster's.
    _keeper: Mutex<Child>,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// A database that nobody else uses; empty at first.
#[derive(Debug, Clone)]
pub struct Database {
    folder: PathBuf,
    port: u16,
    name: String,
}

impl Database {
    /// Makes it.
    #[track_caller]
    pub fn create() -> Self {
        let cluster = CLUSTER.get_or_init(start);
        let name = format!("test{}", cluster.made.fetch_add(1, Ordering::Relaxed));
        let database = Self::at(&cluster.folder, 5432, &name);
        let mut create = database.client("createdb");
        run(create.args(["--maintenance-db", "postgres"]).arg(&database.name));
        database
    }

    /// One that is there, in the server of this folder.
    pub(crate) fn at(folder: &Path, port: u16, name: &str) -> Self {
        Self { folder: folder.to_owned(), port, name: name.to_owned() }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.url_of("jeton")
    }

    /// Its URL with a password, for which this server does not ask.
    pub fn url_with_password(&self, password: &str) -> String {
        self.url_of(&format!("jeton:{password}"))
    }

    fn url_of(&self, user: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{folder}:{}/{}", self.port, self.name)
    }

    /// Its URL through a `PgBouncer` that gives every transaction another session.
    pub fn pooled_url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://jeton@{folder}%2Fpooler:6432/{}", self.name)
    }

    /// Its URL through somebody who listens at an address, and leads to [`Self::socket`].
    pub fn url_through(&self, address: SocketAddr) -> String {
        format!("postgres://jeton@{address}/{}?sslmode=disable", self.name)
    }

    /// Where its server listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// What `psql` answers to a statement: a line for each row, `|` between its columns.
    #[track_caller]
    pub fn sql(&self, statement: &str) -> Vec<String> {
        let mut client = self.client("psql");
        client.args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set", "ON_ERROR_STOP=1"]);
        let told = run(client.args(["--dbname", &self.name, "--command", statement]));
        told.lines().map(str::to_owned).collect()
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(programs().join(program));
        command.arg("--host").arg(&self.folder).args(["--port", &self.port.to_string()]);
        command.args(["--username", "jeton"]).stdin(Stdio::null());
        command
    }
}

#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().expect("the programs of PostgreSQL are there");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("PostgreSQL was told to speak UTF-8")
}

fn start() -> Cluster {
    let folder = tempfile::Builder::new().prefix("jeton-postgres-").tempdir();
    let folder = folder.expect("a folder can be made").keep();
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(programs());
    if rustix::process::geteuid().is_root() {
        let everybody = fs::Permissions::from_mode(0o777);
        fs::set_permissions(&folder, everybody).expect("a folder of ours takes rights");
        keeper.args(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    } else {
        keeper.arg("env");
    }
    // A group of its own: Ctrl-C is for the tests, and their end is the keeper's.
    keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut keeper = keeper.spawn().expect("there is a shell");
    let mut said = keeper.stdout.take().expect("it was asked for");
    let mut first = [0; 6];
    if said.read_exact(&mut first).is_err() || first != *b"ready\n" {
        let mut why = first.to_vec();
        // What can be read of the reason is told; that there is none is told as well.
        let _rest = said.read_to_end(&mut why);
        let why = String::from_utf8_lossy(&why).into_owned();
        panic!("no PostgreSQL; `cargo xtask test --only set-up` installs it and pgbouncer: {why}");
    }
    Cluster { folder, made: AtomicU32::new(0), _keeper: Mutex::new(keeper) }
}

/// A program as who may run it: `PostgreSQL` refuses to be root.
pub(crate) fn as_its_user(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// The folder of the newest `PostgreSQL` here: Debian has one for each version, outside of the search path.
pub(crate) fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path()).max_by_key(|path| number(path));
    newest.map_or_else(PathBuf::new, |path| path.join("bin"))
}

fn number(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}
