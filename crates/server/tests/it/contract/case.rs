//! One case: a request with placeholders, and what is expected of the answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{Request, Response};
use jeton_testkit::{Client, TestServer, VOICE_AUDIENCE};
use serde_json::Value;

use crate::support::percent_encoded;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) expect: Value,
    target: String,
}

/// What stands for the placeholders, and where the requests go.
pub(crate) struct Given {
    pub(crate) environment: String,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) basic: String,
    host: String,
    values: BTreeMap<&'static str, String>,
}

impl Given {
    pub(crate) fn new(client: &Client<'_>, host: &str, other_host: &str) -> Self {
        let (id, secret) = (client.id.clone(), client.secret.clone());
        assert_ne!(swap_case(&id), id, "the client id must have a letter");
        let basic = |secret: &str| STANDARD.encode(format!("{id}:{secret}"));
        let values = BTreeMap::from([
            ("id", id.clone()),
            ("secret", secret.clone()),
            ("audience", VOICE_AUDIENCE.to_owned()),
            ("other_host", other_host.to_owned()),
            ("ID", swap_case(&id)),
            ("AUDIENCE", swap_case(VOICE_AUDIENCE)),
            ("SECRET", swap_case(&secret)),
            ("%secret", percent_encoded(&secret)),
            ("basic", basic(&secret)),
            ("basic_wrong", basic(&format!("{secret}x"))),
        ]);
        let (environment, host) = (client.environment.to_string(), host.to_owned());
        Self { environment, basic: basic(&secret), id, secret, host, values }
    }

    /// The text with each placeholder's value in the form that `quote` gives it.
    fn fill(&self, text: &str, quote: impl Fn(&str) -> String) -> String {
        self.values
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &quote(value)))
    }
}

/// All of them, in order.
pub(crate) fn all() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../../contract/cases.json")).unwrap();
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn read(case: &Value) -> Case {
    let known = ["name", "method", "target", "headers", "body", "expect"];
    let unknown = case.as_object().unwrap().keys().find(|key| !known.contains(&key.as_str()));
    assert_eq!(unknown, None, "a member that this reader does not know");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let headers = case["headers"].as_array().unwrap().iter();
    Case {
        name: text(&case["name"]),
        method: text(&case["method"]),
        target: text(&case["target"]),
        headers: headers.map(|header| (text(&header[0]), text(&header[1]))).collect(),
        body: text(&case["body"]),
        expect: case["expect"].clone(),
    }
}

impl Case {
    pub(crate) async fn send(&self, server: &TestServer, given: &Given) -> Response<Bytes> {
        let percent = |value: &str| form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let as_it_is = |value: &str| value.to_owned();
        let in_json = |value: &str| Value::from(value).to_string().trim_matches('"').to_owned();
        let body =
            if self.is_form() { given.fill(&self.body, percent) } else { given.fill(&self.body, in_json) };
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(given.fill(&self.target, percent))
            .header(HOST, &given.host)
            .header(CONTENT_LENGTH, body.len());
        for (name, value) in &self.headers {
            request = request.header(name, given.fill(value, as_it_is));
        }
        server.send(request.body(body).unwrap()).await
    }

    /// What was sent in headers of this name.
    pub(crate) fn sent(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    fn is_form(&self) -> bool {
        self.sent("content-type").concat().to_lowercase().contains("x-www-form-urlencoded")
    }
}

fn swap_case(text: &str) -> String {
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    text.chars().map(swap).collect()
}
