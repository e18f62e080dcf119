//! Nodes behind a network that a test breaks, and what such runs ask of them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use jeton_testkit::{Database, Target, TcpProxy};

use super::{World, limit};
use crate::support::{Answer, Credential, DIALECTS, Http, PATIENCE, Server, now, token};

/// How soon any answer comes, whatever the database does.
const ANSWERED: Duration = Duration::from_secs(1);

/// How long what is in memory may answer: 3 s in the tests, so that they are short, and what `JETON_FAULT_BOUND` says by
/// hand. Jeton's own is 30 s.
pub(super) fn bound() -> Duration {
    let seconds = std::env::var("JETON_FAULT_BOUND").map_or(3, |bound| bound.parse().expect("seconds"));
    Duration::from_secs(seconds)
}

/// A network to a database.
pub(super) fn network(database: &Database) -> TcpProxy {
    TcpProxy::start(Target::Unix(database.socket()))
}

/// A node that reaches its database over this network.
#[track_caller]
pub(super) fn node(world: &World, database: &Database, network: &TcpProxy) -> Server {
    let mut command = world.serve();
    command.env("JETON_STORE__URL", database.url_through(network.address()));
    command.env("JETON_LIMITS__MAX_STALENESS", format!("{}s", bound().as_secs()));
    Server::start(&mut command, 2)
}

/// Asks, and how long the answer took.
#[track_caller]
pub(super) fn timed(http: &mut Http, credential: &Credential) -> (Answer, Duration) {
    let begun = now();
    let answer = http.token(credential).unwrap();
    (answer, now() - begun)
}

/// Asks until the answer has this status; until then it may only be that nobody can say, or what it was before.
#[track_caller]
pub(super) fn until(
    status: u16,
    before: u16,
    node: &Server,
    credential: &Credential,
    since: Instant,
) -> Duration {
    let mut http = Http::to(node).unwrap();
    loop {
        let answer = http.token(credential).unwrap();
        let took = now() - since;
        if answer.status == status {
            return took;
        }
        assert!([503, before].contains(&answer.status) && took < PATIENCE, "{}: {answer:?}", credential.id);
    }
}

/// Every dialect says soon, and in its own words, that the node cannot answer for now.
#[track_caller]
pub(super) fn assert_cannot_say(node: &Server, credential: &Credential) {
    for (dialect, path) in DIALECTS.into_iter().zip([
        "/authentication/v1/oauth/token",
        "/oauth/v2/token",
        "/authentication/api/v1/oauth2/token",
    ]) {
        let begun = now();
        let answer = token(dialect, &format!("{}{path}", node.production()), credential);
        assert_soon(now() - begun);
        assert_eq!(answer.status, 503, "{dialect}: {answer:?}");
        assert!(answer.head.to_ascii_lowercase().contains("\r\nretry-after: "), "{dialect}: {answer:?}");
        let body = answer.json();
        match dialect {
            "gateway" => assert_eq!(body["code"], "001", "{body}"),
            "oauth2" => assert_eq!(body["error"], "temporarily_unavailable", "{body}"),
            _ => assert_eq!(body["status"], 503, "{body}"),
        }
    }
}

#[track_caller]
pub(super) fn assert_soon(took: Duration) {
    assert!(took < limit(ANSWERED), "an answer took {took:?}");
}

/// Somebody whom nobody knows.
pub(super) fn nobody(name: impl std::fmt::Display) -> Credential {
    Credential { id: format!("nobody-{name}"), secret: "never".to_owned() }
}

/// So many requests at once, each of another unknown client on a connection of its own: the status of each, how long
/// after the last request the last answer came, and what the node takes meanwhile.
pub(super) fn crowd(node: &Server, number: usize, round: usize) -> (Vec<u16>, Duration, [usize; 3]) {
    let address = node.address("production");
    let asked: Vec<TcpStream> = (0..number)
        .map(|at| {
            let Credential { id, secret } = nobody(format!("{round}-{at}"));
            let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let length = body.len();
            let request = format!(
                "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
                 application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    let (sent, takes) = (now(), takes(node));
    let status = |mut stream: TcpStream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no answer: {answer}"))
    };
    let statuses = asked.into_iter().map(status).collect();
    (statuses, now() - sent, takes)
}

/// Descriptors, threads and the most resident kilobytes of a node.
pub(super) fn takes(node: &Server) -> [usize; 3] {
    let process = node.pid().as_raw_nonzero();
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    [descriptors, number("Threads:"), number("VmHWM:")]
}
