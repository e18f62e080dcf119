//! `token get` against servers that say what the test wants, and what it says to them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::{Issuer, get, get_command};
use crate::support::{Credential, PATIENCE, Run};

/// A server that takes one request, answers with these bytes, and closes.
struct Canned {
    url: String,
    request: Receiver<String>,
}

impl Canned {
    fn new(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let (sender, request) = channel();
        let answer = answer.into();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut said = Vec::new();
            let mut byte = [0];
            while !is_whole(&said) && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                said.push(byte[0]);
            }
            // The test, or the client, may have gone.
            let _gone = sender.send(String::from_utf8(said).unwrap());
            let _closed = stream.write_all(&answer);
        });
        Self { url, request }
    }

    fn status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::new(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"))
    }

    /// What it was asked.
    fn asked(&self) -> String {
        self.request.recv_timeout(PATIENCE).unwrap()
    }
}

/// Whether a request's head and as much body as it announces are there.
fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head.to_lowercase();
        let length =
            length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        body.len() >= length.unwrap_or(0)
    })
}

fn credential() -> Credential {
    Credential { id: "the client:1".into(), secret: "c4n4ry+%ä/ secret".into() }
}

#[test]
fn each_dialect_asks_as_it_should() {
    let token = Issuer::new().token(|_| ());
    let json = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":5}}"#);

    let server = Canned::status("200 OK", "", &json);
    let told = get("oauth2", &server.url, &credential(), "--scope 'a b' --audience https://a.example/?x=1&y");
    assert_eq!(told.ok(), format!("{token}\n"));
    let asked = server.asked();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    // RFC 6749 section 2.3.1: the+client%3A1:c4n4ry%2B%25%C3%A4%2F+secret
    let basic = "Basic dGhlK2NsaWVudCUzQTE6YzRuNHJ5JTJCJTI1JUMzJUE0JTJGK3NlY3JldA==";
    assert!(asked.contains(&format!("authorization: {basic}\r\n")), "{asked}");
    let form = "grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y";
    assert!(asked.ends_with(&format!("\r\n\r\n{form}")), "{asked}");
    assert!(asked.contains("content-type: application/x-www-form-urlencoded\r\n"), "{asked}");
    assert!(!asked.contains("x-tracking-id"), "{asked}");

    let server = Canned::status("200 OK", "", &json);
    let raw = Credential { id: "client-1".into(), ..credential() };
    get("gateway", &server.url, &raw, "--tracking-id t-1").ok();
    let asked = server.asked();
    // client-1:c4n4ry+%ä/ secret, as it is
    assert!(asked.contains("authorization: Basic Y2xpZW50LTE6YzRuNHJ5KyXDpC8gc2VjcmV0\r\n"), "{asked}");
    assert!(asked.contains("x-tracking-id: t-1\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\ngrant_type=client_credentials"), "{asked}");
    get("gateway", &server.url, &credential(), "").refused(2);

    for body in [token.clone(), format!("\"{token}\"")] {
        let server = Canned::status("200 OK", "", &body);
        let told = get("json", &server.url, &credential(), "--audience https://a.example");
        assert_eq!(told.ok(), format!("{token}\n"));
        let asked = server.asked();
        let json = r#"{"clientId":"the client:1","clientSecret":"c4n4ry+%ä/ secret","audienceUrl":"https://a.example"}"#;
        assert!(asked.ends_with(&format!("\r\n\r\n{json}")), "{asked}");
        assert!(asked.contains("accept: text/plain"), "{asked}");
        assert!(!asked.contains("authorization"), "{asked}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Canned::status("200 OK", "", "{}");
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let server = Canned::status(status, &format!("location: {}\r\n", elsewhere.url), "");
        let told = get("oauth2", &server.url, &credential(), "").refused(1);
        assert!(told.contains("Redirects are not followed"), "{told}");
    }
    assert!(elsewhere.request.try_recv().is_err(), "the secret went nowhere else");
}

#[test]
fn what_may_pass_is_exit_code_6() {
    for (status, headers, named) in [
        ("503 Service Unavailable", "retry-after: 7\r\n", "after 7 seconds"),
        ("429 Too Many Requests", "retry-after: 9\r\n", "after 9 seconds"),
        ("502 Bad Gateway", "", "Try again"),
        ("504 Gateway Timeout", "", "Try again"),
    ] {
        let server = Canned::status(status, headers, r#"{"error":"temporarily_unavailable"}"#);
        let told = get("oauth2", &server.url, &credential(), "").refused(6);
        assert!(told.contains(named) && told.contains("temporarily_unavailable"), "{told}");
    }
    for broken in ["", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", "no HTTP\r\n\r\n"] {
        let told = get("oauth2", &Canned::new(broken).url, &credential(), "").refused(6);
        assert!(told.contains("no answer"), "{told}");
    }
}

#[test]
fn an_answer_of_another_kind_is_exit_code_1() {
    let twice = r#"{"access_token":"a","access_token":"b"}"#;
    for body in ["", "<html>hello</html>", "{}", r#"{"access_token":5}"#, r#"{"access_token":""}"#, twice] {
        let told = get("oauth2", &Canned::status("200 OK", "", body).url, &credential(), "").refused(1);
        assert!(told.contains("--dialect"), "{body}: {told}");
    }
    for body in ["", "two words", "{\"access_token\":\"a\"}\n", "\u{1b}[31m"] {
        get("json", &Canned::status("200 OK", "", body).url, &credential(), "").refused(1);
    }
    let huge = "a".repeat(100_000);
    let told = get("json", &Canned::status("200 OK", "", &huge).url, &credential(), "").refused(1);
    assert!(told.contains("too large"), "{told}");
    for dialect in ["gateway", "oauth2", "json"] {
        let raw = Credential { id: "x".into(), ..credential() };
        let told = get(dialect, &Canned::status("500 Oops", "", "<html>").url, &raw, "").refused(1);
        assert!(told.contains(&format!("not the {dialect} dialect's")), "{told}");
    }
}

#[test]
fn a_strangers_words_do_not_move_the_terminal() {
    let body = r#"{"error":"\u001b[2Jinvalid_client","error_description":"a\nb\u202ec\u0007"}"#;
    let server = Canned::status("401 Unauthorized", "x-request-id: r-1\r\n", body);
    let told = get("oauth2", &server.url, &credential(), "").refused(4);
    assert!(told.contains("invalid_client: a") && told.contains("request id r-1"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(!told.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{told:?}");
    let long = format!(r#"{{"error":"{}"}}"#, "x".repeat(50_000));
    let told = get("oauth2", &Canned::status("400 Bad Request", "", &long).url, &credential(), "").refused(1);
    assert!(told.len() < 2000, "{}", told.len());
}

#[test]
fn a_proxy_does_not_see_a_secret_without_cover() {
    let (server, proxy) =
        (Canned::status("200 OK", "", r#"{"access_token":"a"}"#), Canned::status("200 OK", "", ""));
    let mut command = get_command("oauth2", &server.url, &credential());
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy.url);
    }
    assert_eq!(Run::of(&mut command).ok(), "a\n");
    assert!(proxy.request.try_recv().is_err());
}
