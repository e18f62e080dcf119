//! `jeton health`: before a server that is ready, one that is not, one that is not there, and one that is something else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{PATIENCE, Run, Server, Store, jeton, now, words};

/// `jeton health` with these words, asking at an address.
fn health(at: &str, line: &str) -> Command {
    let mut command = jeton();
    command.env("JETON_LISTEN__MANAGEMENT", at).arg("health").args(words(line));
    command
}

/// A server whose management listener is at `address`, and where that is.
fn start(store: &Store, address: &str) -> (Server, String) {
    let mut serve = store.serve(&format!("--management-listen {address}"));
    let server = Server::start(&mut serve, 3);
    let (at, _) = server.listeners().into_iter().find(|(_, what)| what == "management").unwrap();
    (server, at)
}

/// What `jeton health` says of a listener that answers the first connection with these bytes.
fn told_of(answer: Vec<u8>) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let read = stream.read(&mut request).unwrap();
        // One that has read enough closes its end.
        let _closed = stream.write_all(&answer);
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let run = Run::of(&mut health(&at, ""));
    let request = answering.join().unwrap();
    assert!(request.to_lowercase().contains(&format!("\r\nhost: {at}\r\n")), "{request}");
    run
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn a_ready_server_is_said_in_one_line() {
    let store = Store::new();
    let (server, at) = start(&store, "127.0.0.1:0");
    assert_eq!(Run::of(&mut health(&at, "")).ok(), "ready\n");
    assert_eq!(Run::of(&mut health(&at, "--live")).ok(), "alive\n");
    assert_eq!(Run::of(&mut health("off", &format!("--management-listen {at}"))).ok(), "ready\n");
    let json = Run::of(health(&at, "--timeout 10").args(["-o", "json"])).ok();
    assert!(json.contains("\"status\": \"ready\""), "{json}");
    let mut with_proxy = health(&at, "");
    assert_eq!(Run::of(with_proxy.env("http_proxy", "http://192.0.2.1:9")).ok(), "ready\n");
    server.stop();
}

#[test]
fn a_listener_on_every_address_is_asked_on_this_machine() {
    let store = Store::new();
    let (server, at) = start(&store, "0.0.0.0:0");
    assert!(at.starts_with("0.0.0.0:"), "{at}");
    assert_eq!(Run::of(&mut health(&at, "")).ok(), "ready\n");
    server.stop();
}

#[test]
fn a_server_that_stops_lives_and_is_not_ready() {
    let store = Store::new();
    let mut serve = store.serve("--management-listen 127.0.0.1:0");
    let mut server = Server::start(serve.env("JETON_LIMITS__STOP_DELAY", "10m"), 3);
    let (at, _) = server.listeners().pop().unwrap();
    server.signal(Signal::TERM);
    server.stderr.find("stopping").expect("it says so");
    // It says so just before it begins to.
    let deadline = now() + PATIENCE;
    let run = loop {
        let run = Run::of(&mut health(&at, ""));
        if run.code != Some(0) {
            break run;
        }
        assert!(now() < deadline, "still ready");
    };
    let told = run.refused(6);
    assert!(told.contains("not ready") && told.contains("told to stop"), "{told}");
    let problem = Run::of(health(&at, "").args(["-o", "json"])).problem(6);
    assert_eq!(problem["status"], 503);
    assert_eq!(Run::of(&mut health(&at, "--live")).ok(), "alive\n");
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(1));
}

#[test]
fn nobody_there_is_said() {
    // While this one has the port, nobody gets it on another address of this machine.
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("127.0.0.2:{}", elsewhere.local_addr().unwrap().port());
    let told = Run::of(&mut health(&at, "")).refused(6);
    assert!(
        told.contains(&format!("nothing listens at {at}")) && told.contains("listen.management"),
        "{told}"
    );
}

#[test]
fn a_listener_that_is_off_or_unknown_is_a_matter_of_configuration() {
    let told = Run::of(&mut health("off", "")).refused(78);
    assert!(told.contains("JETON_LISTEN__MANAGEMENT") && told.contains("off"), "{told}");
    let told = Run::of(&mut health("127.0.0.1:0", "")).refused(78);
    assert!(told.contains("port 0"), "{told}");
    let told = Run::of(&mut health("nonsense", "")).refused(78);
    assert!(told.contains("nonsense"), "{told}");
}

#[test]
fn it_does_not_wait_longer_than_it_is_told() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap().to_string();
    let begun = now();
    let told = Run::of(&mut health(&at, "--timeout 100ms")).refused(6);
    assert!(told.contains("did not answer within 100ms"), "{told}");
    assert!(now() - begun < Duration::from_secs(5), "that is far more than 100 ms");
    for wrong in ["0s", "61s", "2 parsecs", "-1s", ""] {
        let told = Run::of(health(&at, "").args(["--timeout", wrong])).code;
        assert_eq!(told, Some(2), "{wrong:?}");
    }
}

#[test]
fn what_is_no_management_listener_is_not_believed() {
    let answers = [
        http("200 OK", "welcome\n"),
        http("200 OK", "ready, or so they say\n"),
        http("404 Not Found", "ready\n"),
        http("302 Found\r\nLocation: /readyz", "ready\n"),
        http("503 Service Unavailable", "sorry\n"),
        http("200 OK", &"ready\n".repeat(20_000)),
    ];
    for answer in answers {
        let told = told_of(answer).refused(1);
        assert!(told.contains("no management listener of Jeton"), "{told}");
    }
    let told = told_of(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()).refused(6);
    assert!(told.contains("no answer"), "{told}");
}

#[test]
fn an_answers_words_cannot_steer_a_terminal() {
    let told =
        told_of(http("503 Service Unavailable", "not ready: x\n[+] other: ok\n[-] x: \u{1b}[2J\u{7}\n"))
            .refused(6);
    assert!(told.contains("not ready: x:") && !told.contains(['\u{1b}', '\u{7}']), "{told:?}");
    assert!(!told.contains("other"), "only what is wrong: {told}");
}
