//! `deploy/jeton.service`: judged by systemd's own tools, and its words run as they stand; and what a service manager is
//! told by a server.

use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::{Nobody, block, read};
use crate::support::{PATIENCE, Run, Server, Store, clean, files, get, mode, words};

const UNIT: &str = "deploy/jeton.service";

/// The last value of a key.
fn value(key: &str) -> String {
    let unit = read(UNIT);
    let mut values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next_back().unwrap_or_else(|| panic!("the unit says {key}")).to_owned()
}

/// One of systemd's tools, run on the unit with the binary that was built.
fn analyze(arguments: &[&str]) -> Run {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("jeton.service");
    let text = read(UNIT).replace("/usr/local/bin/jeton", env!("CARGO_BIN_EXE_jeton"));
    std::fs::write(&unit, text).unwrap();
    let mut command = Command::new("systemd-analyze");
    clean(&mut command);
    Run::of(command.args(arguments).arg(&unit))
}

#[test]
fn systemd_has_nothing_to_say_against_it() {
    let run = analyze(&["verify", "--man=no"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn it_is_hardened() {
    // On a scale of 0 to 100, of which most units without hardening get 96.
    let run = analyze(&["security", "--offline=true", "--no-pager", "--threshold=20"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn its_limits_suit_the_servers_own() {
    let shown = Store::unmade().ok("config show");
    let default = |key: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.unwrap_or_else(|| panic!("{key} in {shown}")).trim_matches(['"', 's']).parse::<u32>().unwrap()
    };
    let stop: u32 = value("TimeoutStopSec").trim_end_matches('s').parse().unwrap();
    assert!(stop > default("stop_delay") + default("drain"), "{stop}");
    let descriptors: u32 = value("LimitNOFILE").parse().unwrap();
    assert!(descriptors >= default("connections") + 128, "{descriptors}");
}

#[test]
fn its_user_is_the_one_that_is_made() {
    let users = read("deploy/jeton.sysusers");
    let line = users.lines().find(|line| line.starts_with("u ")).unwrap();
    assert_eq!(line.split_whitespace().nth(1).unwrap(), value("User"));
}

/// A socket that a service manager would listen at.
fn manager(folder: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn told(manager: &UnixDatagram) -> String {
    let mut message = [0; 4096];
    let read = manager.recv(&mut message).expect("the service manager is told something");
    String::from_utf8(message[..read].to_vec()).unwrap()
}

#[test]
fn a_manager_is_told_when_it_serves_and_when_it_stops() {
    let store = Store::new();
    let manager_at = store.around().join("notify");
    let manager = manager(store.around());
    let mut serve = store.serve("--management-listen 127.0.0.1:0");
    let mut server = Server::spawn(serve.env("NOTIFY_SOCKET", manager_at));
    let ready = told(&manager);
    assert!(ready.starts_with("READY=1\n"), "{ready}");
    // From now on everything answers, so what systemd starts next may ask.
    let (_, status) = ready.split_once("STATUS=listening on ").expect("where is said");
    let origins: Vec<&str> = status.trim().split(", ").collect();
    assert_eq!(origins.len(), 2, "{status}");
    for origin in origins {
        let port = origin.rsplit_once(':').unwrap().1;
        assert_eq!(get(&format!("http://localhost:{port}/.well-known/jwks.json")).status, 200);
    }
    let line = server.stdout.find("for management").unwrap();
    let management = line.split(' ').find(|word| word.starts_with("http://")).unwrap();
    assert_eq!(get(&format!("{management}/readyz")).status, 200);
    server.signal(Signal::TERM);
    assert!(told(&manager).starts_with("STOPPING=1\n"));
    assert_eq!(server.end().code, Some(0));
    manager.set_nonblocking(true).unwrap();
    assert!(manager.recv(&mut [0; 64]).is_err(), "and nothing else");
}

#[test]
fn a_manager_is_told_nothing_by_a_server_that_does_not_start() {
    let store = Store::new();
    let manager = manager(store.around());
    std::fs::write(store.path().join("master.key"), "junk").unwrap();
    let mut serve = store.serve("");
    Run::of(serve.env("NOTIFY_SOCKET", store.around().join("notify"))).refused(78);
    manager.set_nonblocking(true).unwrap();
    assert!(manager.recv(&mut [0; 64]).is_err(), "it was never ready");
}

#[test]
fn a_manager_that_is_gone_stops_no_server() {
    let store = Store::new();
    let mut serve = store.serve("");
    let mut server = Server::start(serve.env("NOTIFY_SOCKET", store.around().join("nowhere")), 2);
    server.stderr.find("the service manager cannot be told").expect("it says so");
    assert!(TcpStream::connect(server.address("production")).is_ok());
    server.stop();
}

/// As systemd would, with the guide's configuration: a user without rights, the folder that `StateDirectory` makes, and
/// the master key as a credential that nobody else can read.
#[test]
fn its_words_start_a_server_on_the_guides_configuration() {
    let jeton = Nobody::new(4_000_000_002);
    let made = Run::of(&mut jeton.run(&words("/usr/local/bin/jeton master-key create credential")));
    assert_eq!(made.code, Some(0), "{made:?}");
    jeton.own(&jeton.path("credential"), 0o400);
    std::fs::create_dir(jeton.path("state")).unwrap();
    jeton.own(&jeton.path("state"), u32::from_str_radix(&value("StateDirectoryMode"), 8).unwrap());
    jeton.certify("tls.crt", "tls.key");
    let configuration = block("toml", "[[tls]]")
        .replace("/var/lib/jeton", &jeton.text("state"))
        .replace("/etc/jeton/master.key", &jeton.text("operators.key"))
        .replace("/etc/jeton", jeton.folder.path().to_str().unwrap())
        .replace("0.0.0.0:443", "127.0.0.1:0");
    jeton.write("jeton.toml", &configuration, 0o400);
    let exec: Vec<String> = words(&value("ExecStart").replace("/etc/jeton/jeton.toml", "jeton.toml"));
    let environment = value("Environment");
    let (name, file) = environment.split_once('=').unwrap();
    let credential = value("LoadCredential").split_once(':').unwrap().0.to_owned();
    assert_eq!(file, format!("%d/{credential}"), "what is handed over is what is read");
    let manager = manager(jeton.folder.path());
    jeton.own(&jeton.path("notify"), 0o600);
    let mut serve = jeton.run(&exec);
    serve.env(name, jeton.path("credential")).env("NOTIFY_SOCKET", jeton.path("notify"));
    let server = Server::start(&mut serve, 1);
    assert!(told(&manager).starts_with("READY=1\nSTATUS=listening on https://127.0.0.1:"));
    assert_eq!(mode(&jeton.path("state")), 0o700);
    let names: Vec<String> = files(&jeton.path("state"))
        .iter()
        .map(|file| file.file_name().unwrap().display().to_string())
        .collect();
    assert!(names.contains(&"jeton.db".to_owned()) && !names.contains(&"master.key".to_owned()), "{names:?}");
    for file in files(&jeton.path("state")) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    // Beside it, a command of the same user, who reads the key where the configuration says.
    std::fs::copy(jeton.path("credential"), jeton.path("operators.key")).unwrap();
    jeton.own(&jeton.path("operators.key"), 0o440);
    let command = words("/usr/local/bin/jeton --config jeton.toml company create acme --name Acme");
    Run::of(&mut jeton.run(&command)).ok();
    server.stop();
}
