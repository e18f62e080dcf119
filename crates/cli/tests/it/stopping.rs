//! How a server ends: what is in flight is answered, and a second signal does not wait.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{PATIENCE, Server, Store, now};

const BODY: &[u8] = b"grant_type=client_credentials";

/// A token request of which the server has read the head, and whose body is still to come.
fn in_flight(server: &Server) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address("production")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = BODY.len();
    write!(
        stream,
        "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    )
    .unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    stream
}

#[test]
fn a_request_in_flight_is_answered() {
    let store = Store::new();
    let mut server = store.start();
    let mut request = in_flight(&server);
    server.signal(Signal::TERM);
    server.stderr.find("stopping").expect("it says so");
    assert!(!server.has_ended(), "it waits for the request");
    request.get_mut().write_all(BODY).unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 401") && answer.contains("invalid_client"), "{answer}");
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("\"outcome\":\"refused\""), "its line is written: {ended:?}");
}

#[test]
fn idle_connections_hold_nothing_up() {
    let store = Store::new();
    let server = store.start();
    let silent = TcpStream::connect(server.address("production")).unwrap();
    let mut idle = TcpStream::connect(server.address("production")).unwrap();
    idle.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut first = [0; 1];
    idle.read_exact(&mut first).unwrap();
    let told = now();
    server.stop();
    assert!(now() - told < Duration::from_secs(5), "well within the drain time");
    drop((silent, idle));
}

#[test]
fn a_second_signal_ends_at_once() {
    for second in [Signal::TERM, Signal::INT] {
        let store = Store::new();
        let mut server = store.start();
        let request = in_flight(&server);
        server.signal(Signal::TERM);
        server.stderr.find("stopping").expect("it says so");
        let told = now();
        server.signal(second);
        let ended = server.end();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(now() - told < Duration::from_secs(5), "the drain time is twice that");
        drop(request);
        store.start().stop();
    }
}

#[test]
fn no_new_connection_is_taken_while_it_ends() {
    let store = Store::new();
    let mut server = store.start();
    let address = server.address("production");
    let request = in_flight(&server);
    server.signal(Signal::TERM);
    server.stderr.find("stopping").expect("it says so");
    // The listener is closed as soon as its loop has seen the signal; until then a connection may still be queued.
    let deadline = now() + PATIENCE;
    while TcpStream::connect(&address).is_ok() {
        assert!(now() < deadline, "still listening");
    }
    drop(request);
    assert_eq!(server.end().code, Some(0));
}
