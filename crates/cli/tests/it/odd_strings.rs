//! Strings that databases and parsers are known to stumble over, in every place that takes one: the same answer on both
//! databases, and never the server's fault.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::ffi::OsStringExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::faults::World;
use crate::support::{Server, words};

/// NUL, which `PostgreSQL` keeps in no text; a control character; a byte that is no UTF-8; half a character of UTF-16,
/// as bytes; and a character of four bytes.
const ODD: [&[u8]; 5] = [b"\0", b"\x01", b"\xFF", b"\xED\xA0\x80", "\u{1F600}".as_bytes()];

/// The same in JSON, where half a character can be written in letters.
const ODD_JSON: [&[u8]; 7] =
    [br"\u0000", br"\u0001", b"\x01", b"\xFF", br"\ud800", br"\ud83d\ude00", "\u{1F600}".as_bytes()];

fn odd(part: &[u8]) -> Vec<u8> {
    [b"a", part, b"b"].concat()
}

fn form_encoded(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 15)]).collect()
}

fn digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap()
}

/// A request with this body, and these lines in its head.
fn post(path: &str, head: &[u8], content_type: &str, body: &[u8]) -> Vec<u8> {
    let start = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
    );
    let length = format!("Content-Length: {}\r\n", body.len());
    [start.as_bytes(), length.as_bytes(), head, b"\r\n", body].concat()
}

/// One place that takes a string, with an odd one in it.
fn requests() -> Vec<Vec<u8>> {
    const GATEWAY: &str = "/authentication/v1/oauth/token";
    const FORM: &str = "application/x-www-form-urlencoded";
    let whole = ["grant_type=client_credentials", "client_id=x", "client_secret=y", "scope=voice.billing"];
    let mut requests = vec![];
    for part in ODD {
        let value = odd(part);
        for at in 0..=whole.len() {
            for name in
                ["grant_type", "client_id", "client_secret", "scope", "resource", "audience", "unknown"]
            {
                let mut fields = whole.map(str::to_owned).to_vec();
                fields.retain(|field| !field.starts_with(&format!("{name}=")));
                fields.insert(at.min(fields.len()), format!("{name}={}", form_encoded(&value)));
                let body = fields.join("&");
                requests.push(post("/oauth/v2/token", b"", FORM, body.as_bytes()));
            }
        }
        for pair in [[value.as_slice(), b":y"].concat(), [b"x:", value.as_slice()].concat()] {
            let head = format!("Authorization: Basic {}\r\nx-tracking-id: t\r\n", STANDARD.encode(pair));
            for path in ["/oauth/v2/token", GATEWAY] {
                requests.push(post(path, head.as_bytes(), FORM, b"grant_type=client_credentials"));
            }
        }
        let head = [b"x-tracking-id: ", value.as_slice(), b"\r\n"].concat();
        requests.push(post(GATEWAY, &head, FORM, b"grant_type=client_credentials"));
    }
    for part in ODD_JSON {
        for name in ["clientId", "clientSecret", "audienceUrl", "unknown"] {
            let members = [("clientId", "x"), ("clientSecret", "y"), ("audienceUrl", "urn:voice")];
            let mut body: Vec<Vec<u8>> = vec![[b"\"", name.as_bytes(), b"\":\"", &odd(part), b"\""].concat()];
            for (other, text) in members.iter().filter(|(other, _)| *other != name) {
                body.push(format!("\"{other}\":\"{text}\"").into_bytes());
            }
            let body = [b"{", body.join(&b","[..]).as_slice(), b"}"].concat();
            requests.push(post("/authentication/api/v1/oauth2/token", b"", "application/json", &body));
        }
    }
    requests
}

/// The answer, without what no two answers share.
fn answer(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address("production")).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).expect("answers are UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap_or("none");
    let lines = head.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n");
    format!("{lines}\n\n{body}").replace(id, "ID")
}

#[test]
fn requests_are_answered_alike() {
    let worlds = [World::embedded(), World::shared()];
    let [embedded, shared] = worlds.each_ref().map(World::start);
    let requests = requests();
    for request in &requests {
        let said = String::from_utf8_lossy(request).into_owned();
        let answers = [answer(&embedded, request), answer(&shared, request)];
        let status = answers[0].split(' ').nth(1).unwrap();
        assert!(["400", "401"].contains(&status), "{said:?}: {}", answers[0]);
        assert_eq!(answers[0], answers[1], "{said:?}");
    }
}

#[test]
fn commands_are_answered_alike() {
    let worlds = [World::embedded(), World::shared()];
    for part in ODD {
        // What no argument can hold cannot be typed either.
        if part == b"\0" {
            continue;
        }
        let value = OsString::from_vec(odd(part));
        for (line, option) in [
            ("company create", ""),
            ("company create odd", "--name"),
            ("company update acme", "--name"),
            ("company get", ""),
            ("company update acme --limit 9 ", "--reason"),
            ("api create", ""),
            ("api create odd --audience urn:odd", "--scope"),
            ("api create odd", "--audience"),
            ("credential create --company acme --environment production", "--client-id"),
            ("credential create --company acme --environment production --client-id c", "--label"),
            ("credential create --company acme --environment production --client-id c", "--grant"),
            ("credential update --environment production c", "--owner"),
            ("credential get --environment production", ""),
            ("credential list", "--company"),
            ("credential list", "--environment"),
            ("secret list --environment production", ""),
            ("key panic --danger-invalidates-tokens", "--environment"),
        ] {
            let run = |world: &World| {
                let mut command = world.command("-o json");
                command.args(words(line));
                if !option.is_empty() {
                    command.arg(option);
                }
                let output = command.arg(&value).output().unwrap();
                let said = String::from_utf8(output.stderr).expect("what is said is UTF-8");
                (output.status.code(), said)
            };
            let [one, two] = worlds.each_ref().map(run);
            assert!(matches!(one.0, Some(0..=5)), "{line} {option} {value:?}: {one:?}");
            assert_eq!(one, two, "{line} {option} {value:?}");
        }
    }
    let [one, two] = worlds.each_ref().map(|world| {
        let mut listed = world.json("company list");
        for company in listed.as_array_mut().unwrap() {
            company.as_object_mut().unwrap().remove("created");
        }
        listed
    });
    assert_eq!(one, two);
}
