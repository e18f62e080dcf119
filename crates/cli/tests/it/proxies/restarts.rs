//! Two nodes behind HAProxy are restarted, one after the other, and no request fails. `cargo xtask restarts` does it
//! 200 times.
//!
//! What an operator sets for it: checks of readiness, and a `limits.stop_delay` that is longer than they take. HAProxy
//! retries nothing here, so that it hides nothing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

use super::proxy::Proxy;
use crate::support::{Credential, Server, Store};

/// How often each node is restarted.
const ROUNDS: usize = 2;

/// Much longer than two checks take, on a busy machine too.
const STOP_DELAY: &str = "2s";

/// A node that comes back where it was. Its address is its own among those of the loopback network, so that nobody
/// takes its ports while it is away.
struct Node {
    name: &'static str,
    server: Server,
    public: String,
    management: String,
}

impl Node {
    fn start(store: &Store, name: &'static str, public: &str, management: &str) -> Self {
        let mut command = store.command(&format!("serve --listen {public} --management-listen {management}"));
        let server = Server::start(command.env("JETON_LIMITS__STOP_DELAY", STOP_DELAY), 2);
        let place = |wanted: bool| {
            let mut listeners = server.listeners().into_iter();
            listeners.find(|(_, leads_to)| (leads_to == "management") == wanted).unwrap().0
        };
        let (public, management) = (place(false), place(true));
        Self { name, server, public, management }
    }

    /// Tells it to stop, and starts it again once it has.
    fn restart(self, store: &Store, haproxy: &mut Proxy) -> Self {
        let Self { name, mut server, public, management } = self;
        server.signal(Signal::TERM);
        haproxy.log.find(&format!("Server jeton/{name} is DOWN")).expect("it is seen to stop");
        assert!(!server.has_ended(), "it goes on serving until HAProxy knows");
        let ended = server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let again = Self::start(store, name, &public, &management);
        haproxy.log.find(&format!("Server jeton/{name} is UP")).expect("it is seen to be ready");
        again
    }
}

fn haproxy(nodes: &[Node; 2]) -> Proxy {
    let servers = nodes.each_ref().map(|Node { name, public, management, .. }| {
        let (_, port) = management.rsplit_once(':').unwrap();
        format!("server {name} {public} check port {port}")
    });
    Proxy::haproxy(&format!(
        "
global
    log stdout format raw local0
defaults
    mode http
    timeout connect 10s
    timeout client 30s
    timeout server 30s
    retries 0
frontend front
    bind unix@{{folder}}/front
    default_backend jeton
backend jeton
    log global
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server inter 100ms fall 2 rise 1
    {}
",
        servers.join("\n    ")
    ))
}

#[test]
fn no_request_fails_while_nodes_restart() {
    let store = Store::with_acme();
    let credential = store.credential("--grant voice");
    let start = |name, address: &str| Node::start(&store, name, address, address);
    let mut nodes = [start("one", "127.0.99.1:0"), start("two", "127.0.99.2:0")];
    let mut proxy = haproxy(&nodes);
    let front = proxy.path("front");
    let connect = || UnixStream::connect(&front).unwrap();
    let done = AtomicBool::new(false);
    let load = |mut send: Box<dyn FnMut(usize) -> String + Send>| {
        let mut answered = 0;
        while !done.load(Ordering::Relaxed) {
            let answer = send(answered);
            assert!(answer.starts_with("HTTP/1.1 200 "), "after {answered} answers: {answer:?}");
            answered += 1;
        }
        answered
    };
    let token = token_request(&credential);
    let requests = [KEYS, &token];
    std::thread::scope(|scope| {
        let mut kept = BufReader::new(connect());
        let kept = scope.spawn(|| load(Box::new(move |number| exchange(&mut kept, requests[number % 2]))));
        let new = scope.spawn(|| {
            load(Box::new(move |number| exchange(&mut BufReader::new(connect()), requests[number % 2])))
        });
        // Whoever waits for a load that has failed would wait for ever.
        let _stop = StopAtEnd(&done);
        for _ in 0..ROUNDS {
            nodes = nodes.map(|node| node.restart(&store, &mut proxy));
        }
        done.store(true, Ordering::Relaxed);
        for load in [kept, new] {
            assert!(load.join().unwrap() > 10 * ROUNDS, "there was load");
        }
    });
}

/// Ends the load where the test ends early.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

const KEYS: &str = "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn token_request(Credential { id, secret }: &Credential) -> String {
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    format!(
        "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request; gives the head of its answer, or as much as came.
fn exchange(stream: &mut BufReader<UnixStream>, request: &str) -> String {
    // Where it cannot be sent, no answer comes.
    let _ = stream.get_mut().write_all(request.as_bytes());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).is_ok_and(|read| read > 0) {
            continue;
        }
        return format!("closed after {head:?}");
    }
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    if stream.read_exact(&mut body).is_err() {
        return "closed within a body".to_owned();
    }
    head
}
