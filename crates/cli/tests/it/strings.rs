//! Bytes that text should not have, in every string that the wire and the commands take, on both databases: refused as
//! what the caller did wrong, and alike. (A database that knows no NUL in texts is where others answer 500.)
//!
//! To add a string: its place in a request below, or its line among the commands.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::ffi::OsStringExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Place, Run, Server};

/// NUL, a control character, a byte that is no UTF-8, a surrogate by itself, and a character of four bytes.
const HOSTILE: [&[u8]; 5] = [b"\0", b"\x01", b"\xff", b"\xed\xa0\x80", "😀".as_bytes()];

/// The same as JSON writes them; and as bytes, which JSON forbids.
const HOSTILE_JSON: [&[u8]; 7] =
    [b"\\u0000", b"\\u0001", b"\xff", b"\\ud800", "😀".as_bytes(), b"\\ud83d\\ude00", b"\0"];

/// A right request, but for one string.
struct Request {
    what: String,
    path: &'static str,
    head: String,
    body: Vec<u8>,
    /// Whether it is right all the same where the string is one that nobody reads.
    may_be_right: bool,
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn percent(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect()
}

/// In the place of a string: what is right, and then what is hostile.
fn form(at: &str, hostile: &[u8]) -> Vec<u8> {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "x"),
        ("client_secret", Place::SECRET),
        ("scope", "voice.billing"),
        ("resource", "https://api.example/voice"),
        ("unknown", "value"),
    ];
    let mut body = vec![];
    for (name, value) in fields {
        body.extend_from_slice(if body.is_empty() { b"" } else { b"&" });
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(if at == name { hostile } else { b"" });
    }
    body
}

fn forms() -> Vec<Request> {
    let mut requests = vec![];
    for at in ["grant_type", "client_id", "client_secret", "scope", "resource", "unknown"] {
        for (index, hostile) in HOSTILE.iter().enumerate() {
            for (how, bytes) in [("raw", hostile.to_vec()), ("encoded", percent(hostile))] {
                requests.push(Request {
                    what: format!("form, {at}, {how} {index}"),
                    path: "/oauth/v2/token",
                    head: FORM.to_owned(),
                    body: form(at, &bytes),
                    may_be_right: at == "unknown",
                });
            }
        }
    }
    requests
}

/// The pair of a Basic header, for both contracts that take one.
fn pairs() -> Vec<Request> {
    let mut requests = vec![];
    for (contract, path) in [("gateway", "/authentication/v1/oauth/token"), ("oauth2", "/oauth/v2/token")] {
        for (index, hostile) in HOSTILE.iter().enumerate() {
            for (at, how, bytes) in [
                ("id", "raw", hostile.to_vec()),
                ("id", "encoded", percent(hostile)),
                ("secret", "raw", hostile.to_vec()),
                ("secret", "encoded", percent(hostile)),
            ] {
                let (in_id, in_secret) =
                    if at == "id" { (&bytes[..], &b""[..]) } else { (&b""[..], &bytes[..]) };
                let pair = [b"x", in_id, b":", Place::SECRET.as_bytes(), in_secret].concat();
                let authorization = format!("Authorization: Basic {}\r\n", STANDARD.encode(&pair));
                requests.push(Request {
                    what: format!("{contract}, {at}, {how} {index}"),
                    path,
                    head: format!("{FORM}{authorization}x-tracking-id: t-1\r\n"),
                    body: b"grant_type=client_credentials".to_vec(),
                    may_be_right: false,
                });
            }
        }
    }
    requests
}

fn objects() -> Vec<Request> {
    let mut requests = vec![];
    for at in ["id", "secret", "audience", "name", "value"] {
        for (index, hostile) in HOSTILE_JSON.iter().enumerate() {
            let here = |place: &str| if place == at { *hostile } else { b"" };
            let body = [
                br#"{"clientId":"x"#,
                here("id"),
                br#"","clientSecret":""#,
                Place::SECRET.as_bytes(),
                here("secret"),
                br#"","audienceUrl":"https://api.example/voice"#,
                here("audience"),
                br#"","name"#,
                here("name"),
                br#"":"value"#,
                here("value"),
                br#""}"#,
            ];
            requests.push(Request {
                what: format!("json, {at}, {index}"),
                path: "/authentication/api/v1/oauth2/token",
                head: "Content-Type: application/json\r\n".to_owned(),
                body: body.concat(),
                may_be_right: at == "name" || at == "value",
            });
        }
    }
    requests
}

/// The status and, of a refusal, the body.
fn ask(server: &Server, request: &Request) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address("production")).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n",
        request.path,
        request.head,
        request.body.len()
    );
    stream.write_all(&[head.as_bytes(), &request.body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // What differs from one request to the next: a token, and a trace's id, which comes last.
    let (body, _) = body.split_once("\"traceId\"").unwrap_or((body, ""));
    (status, if status < 400 { String::new() } else { body.to_owned() })
}

#[test]
fn every_string_of_the_wire() {
    let [folder, postgres] = Place::both().map(Place::with_acme);
    // More refusals than one address may have in a minute.
    let servers = [&folder, &postgres].map(|place| {
        let mut command = place.command("serve --listen 127.0.0.1:0");
        Server::start(command.env("JETON_LIMITS__FAILURES_AT_ONCE", "1000000"), 1)
    });
    for request in forms().into_iter().chain(pairs()).chain(objects()) {
        let [one, two] = [0, 1].map(|at| ask(&servers[at], &request));
        assert_eq!(one, two, "{}: alike on both databases", request.what);
        let refused = (400..500).contains(&one.0) && one.0 != 429;
        assert!(refused || (request.may_be_right && one.0 == 200), "{}: {one:?}", request.what);
    }
    for server in servers {
        server.stop();
    }
}

/// Every text that a command takes, with `*` where the hostile bytes stand.
const COMMANDS: [&str; 14] = [
    "company create a* --name Acme",
    "company create a --name Acme*",
    "company update acme --name Acme*",
    "company suspend acme* --reason why",
    "company suspend nobody --reason why*",
    "api create a* --audience urn:a",
    "api create a --audience urn:a*",
    "api create a --audience urn:a --scope s*",
    "credential create --company acme* --environment production",
    "credential create --company acme --environment production*",
    "credential create --company acme --environment production --client-id c*",
    "credential update x --environment production --label label*",
    "credential get x* --environment production",
    "grant add x --environment production voice:voice.billing*",
];

#[test]
fn every_string_of_the_commands() {
    let places = Place::both().map(Place::with_acme);
    for line in COMMANDS {
        // A command line has no NUL.
        for hostile in &HOSTILE[1..] {
            let runs = [0, 1].map(|at| {
                let mut command = places[at].command("");
                let words = line.split(' ').map(|word| {
                    let (before, after) = word.split_once('*').unwrap_or((word, ""));
                    let hostile = if word.contains('*') { *hostile } else { b"" };
                    OsString::from_vec([before.as_bytes(), hostile, after.as_bytes()].concat())
                });
                let run = Run::of(command.args(words));
                (run.code, run.stderr)
            });
            assert_eq!(runs[0], runs[1], "{line} {hostile:?}: alike on both databases");
            assert!(matches!(runs[0].0, Some(0 | 2 | 3 | 5)), "{line} {hostile:?}: {runs:?}");
        }
    }
    for hostile in HOSTILE {
        let line = "credential create --company acme --environment production --client-id s --secret-stdin";
        let secret = [Place::SECRET.as_bytes(), hostile].concat();
        let runs = [0, 1].map(|at| Run::with_input(&mut places[at].command(line), &secret));
        let runs = runs.map(|run| (run.code, run.stderr));
        assert_eq!(runs[0], runs[1], "a secret with {hostile:?}");
        assert!(matches!(runs[0].0, Some(0 | 2 | 5)), "{runs:?}");
    }
    let named = |place: &Place| place.sql("SELECT id, name FROM companies ORDER BY id");
    assert_eq!(named(&places[0]), named(&places[1]), "what was taken is the same");
}
