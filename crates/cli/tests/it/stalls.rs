//! Descriptors run out: the server neither spins nor ends, and serves again as soon as there are some. C16 of the fault
//! checklist.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::{PATIENCE, Server, Store, get, now};

/// The processor time that a process has taken.
fn processor_time(process: Pid) -> Duration {
    let text = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid())).unwrap();
    // proc_pid_stat(5): the name, which may hold anything, ends with the last parenthesis; utime and stime are the 14th
    // and 15th field.
    let (_, rest) = text.rsplit_once(") ").unwrap();
    let ticks: u64 = rest.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / clock_ticks_per_second())
}

#[test]
fn without_descriptors_it_waits_and_does_not_spin() {
    let store = Store::unmade();
    let mut command = store.serve("--management-listen off");
    command.env("JETON_LIMITS__FIRST_BYTE", "3s");
    let mut server = Server::start(&mut command, 2);
    // After the start, so that its own limit on connections does not save it.
    let few = Rlimit { current: Some(64), maximum: Some(64) };
    prlimit(Some(server.pid()), Resource::Nofile, few).unwrap();
    let connect = || TcpStream::connect(server.address("production")).unwrap();
    let mut silent: Vec<TcpStream> = (0..100).map(|_| connect()).collect();
    server.stderr.find("cannot be accepted").expect("it says so");

    let (begun, taken) = (now(), processor_time(server.pid()));
    silent[0].set_read_timeout(Some(PATIENCE)).unwrap();
    // The first one is closed in its time, and until then nothing can be accepted.
    assert_eq!(silent[0].read(&mut [0]).unwrap_or(0), 0);
    let (waited, taken) = (now() - begun, processor_time(server.pid()).saturating_sub(taken));
    assert!(taken < waited.max(Duration::from_secs(1)) / 5, "{taken:?} of {waited:?}");

    drop(silent);
    assert_eq!(get(&format!("{}/.well-known/jwks.json", server.production())).status, 200);
    let ended = server.stop();
    assert!(ended.stderr.matches("cannot be accepted").count() < 20, "not a line for each: {ended:?}");
}

#[test]
fn few_descriptors_from_the_start_are_enough() {
    let store = Store::unmade();
    let mut bash = std::process::Command::new("bash");
    crate::support::clean(&mut bash);
    bash.args([
        "-c",
        "ulimit -n 64; exec \"$0\" serve --listen 127.0.0.1:0 --management-listen off --data \"$1\"",
    ]);
    bash.arg(env!("CARGO_BIN_EXE_jeton")).arg(store.path());
    let server = Server::start(&mut bash, 1);
    let url = format!("{}/.well-known/jwks.json", server.production());
    let silent: Vec<_> = (0..20).map(|_| TcpStream::connect(server.address("production")).unwrap()).collect();
    assert_eq!(get(&url).status, 200);
    drop(silent);
    let ended = server.stop();
    assert!(!ended.stderr.contains("cannot be accepted"), "{ended:?}");
}
