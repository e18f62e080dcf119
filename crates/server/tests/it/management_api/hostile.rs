//! Any bytes: what the document says may be sent, with something hostile in every place in turn. No answer is a 5xx, and
//! both databases answer alike.

use http::Method;
use jeton_server::management::ManagementApi;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::{Map, Value, json};

use super::document::operations;

/// Stands where something hostile is to be.
const HERE: &str = "@@here@@";

/// As JSON writes it, since half a surrogate pair is no value.
fn hostile_json() -> Vec<String> {
    let written = [
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\u0001\u001b[31m""#,
        r#""\ufffd""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        "\"😀\"",
        "\"ａｃｍｅ\"",
        r#""ac\u200bme""#,
        r#""\u202eemca""#,
        r#""ACME""#,
        r#""'; DROP TABLE companies; --""#,
        r#""' OR '1'='1""#,
        r#""%_\\""#,
        r#""../../x""#,
        r#""""#,
        "1e400",
        "-1",
        "0.5",
        "99999999999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "4294967295",
        "4294967296",
        "true",
        "null",
        "[]",
        "[null]",
        "{}",
        r#"{"a":{"b":[1]}}"#,
        r#"{"a":1,"a":2}"#,
    ];
    let mut all: Vec<String> = written.iter().map(|text| (*text).to_owned()).collect();
    all.push(format!("\"{}\"", "x".repeat(20_000)));
    all.push(format!("{}{}", "[".repeat(100), "]".repeat(100)));
    all
}

/// As a path or query has it.
fn hostile_text() -> Vec<String> {
    let written = [
        "%00",
        "a%00b",
        "%01",
        "%7f",
        "%ff",
        "%c0%80",
        "%ed%a0%80",
        "%ef%bf%bd",
        "%f0%9f%98%80",
        "%ef%bd%81",
        "ac%e2%80%8bme",
        "ACME",
        "%27%3B%20DROP%20TABLE%20companies%3B--",
        "%25",
        "%",
        "%2",
        "-1",
        "1e400",
        "99999999999999999999",
        "9223372036854775807",
        "true",
        "%2e%2e%2f",
        "",
    ];
    let mut all: Vec<String> = written.iter().map(|text| (*text).to_owned()).collect();
    all.push("x".repeat(5_000));
    all
}

/// Something that the schema takes, as far as it can be told.
fn sample(schema: &Value, name: &str, document: &Value) -> Value {
    match name {
        "company" => return json!("acme"),
        "environment" => return json!("sandbox"),
        "client_id" => return json!("fixed"),
        "api" => return json!("voice"),
        "scopes" | "add_scopes" => return json!(["voice.numbers"]),
        "networks" => return json!(["192.0.2.0/24"]),
        "remove_scopes" => return json!([]),
        "expires" => return json!("2100-01-01T00:00:00Z"),
        "jti" => return json!("abc"),
        _ => {}
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return sample(document.pointer(&reference[1..]).unwrap(), name, document);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema.get(key).and_then(Value::as_array) {
            let some = options.iter().find(|option| option["type"] != "null").unwrap();
            return sample(some, name, document);
        }
    }
    if let Some(example) = schema.pointer("/examples/0").or_else(|| schema.pointer("/enum/0")) {
        return example.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema.pointer("/type/0").and_then(Value::as_str));
    match kind {
        Some("object") => {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            let member = |(name, schema): (String, Value)| {
                let value = sample(&schema, &name, document);
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        Some("array") => Value::Array(vec![sample(&schema["items"], "", document)]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(false),
        _ => json!("text"),
    }
}

/// The value with the mark in each place in turn, its own place too.
fn marked(value: &Value) -> Vec<Value> {
    let mut all = vec![json!(HERE)];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                for inner in marked(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), inner);
                    all.push(Value::Object(members));
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for inner in marked(item) {
                    let mut items = items.clone();
                    items[at] = inner;
                    all.push(Value::Array(items));
                }
            }
        }
        _ => {}
    }
    all
}

struct Sent {
    method: Method,
    path: String,
    body: Option<String>,
}

/// Everything that is sent, in order.
fn requests() -> Vec<Sent> {
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, method, operation) in operations() {
        let path = path.strip_prefix("/management/v1").unwrap().to_owned();
        let method: Method = method.parse().unwrap();
        let usual = [
            ("environment", "sandbox"),
            ("client_id", "fixed"),
            ("api", "voice"),
            ("number", "7"),
            ("kid", "none"),
            ("id", if path.starts_with("/apis") { "voice" } else { "acme" }),
        ];
        let fill = |path: &str| {
            usual
                .iter()
                .fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
        };
        let body = operation.pointer("/requestBody/content/application~1json/schema");
        let body = body.map(|schema| sample(schema, "", &document));
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            for text in hostile_text() {
                let path = match parameter["in"].as_str().unwrap() {
                    "path" => fill(&path.replace(&format!("{{{name}}}"), &text)),
                    "query" => {
                        let needed =
                            if path == "/usage" { "environment=sandbox&client_id=fixed&" } else { "" };
                        let needed = if needed.contains(&format!("{name}=")) { "" } else { needed };
                        format!("{}?{needed}{name}={text}", fill(&path))
                    }
                    _ => continue,
                };
                let body = body.as_ref().map(Value::to_string);
                all.push(Sent { method: method.clone(), path, body });
            }
        }
        for place in body.iter().flat_map(marked) {
            for raw in hostile_json() {
                let mut place = place.clone();
                if let Some(id) = place.get_mut("id").filter(|id| **id != HERE) {
                    *id = json!(format!("h{}", all.len()));
                }
                let body = place.to_string().replace(&format!("\"{HERE}\""), &raw);
                all.push(Sent { method: method.clone(), path: fill(&path), body: Some(body) });
            }
        }
    }
    all
}

async fn statuses(api: &Management, requests: &[Sent]) -> Vec<u16> {
    let fixed = json!({ "company": "acme", "environment": "sandbox", "client_id": "fixed" });
    assert_eq!(api.post("/credentials", &fixed).await.status(), 201);
    let mut all = Vec::new();
    for Sent { method, path, body } in requests {
        if !path.is_ascii() || path.contains(' ') {
            continue;
        }
        let mut call = api.call(method.clone(), path);
        if let Some(body) = body {
            call = call.bytes(body.clone());
        }
        let answer = call.send().await;
        let status = answer.status().as_u16();
        let shown =
            || format!("{method} {path:.200} {:.300}: {:?}", body.as_deref().unwrap_or(""), answer.text());
        assert!(status < 500, "{}", shown());
        if status >= 400 {
            assert_eq!(answer.one("content-type"), Some("application/problem+json"), "{}", shown());
        }
        all.push(status);
    }
    all
}

#[tokio::test]
async fn nothing_that_is_sent_is_our_fault_and_both_databases_answer_alike() {
    let requests = requests();
    assert!(requests.len() > 2_000, "{}", requests.len());
    let sqlite = statuses(&Management::on_sqlite().await, &requests).await;
    let postgres = statuses(&Management::on_postgres().await, &requests).await;
    for (sent, (one, other)) in requests.iter().zip(sqlite.iter().zip(&postgres)) {
        let body = sent.body.as_deref().unwrap_or("");
        assert_eq!(one, other, "{} {:.200} {body:.300}", sent.method, sent.path);
    }
    assert!(sqlite.iter().any(|status| *status < 300) && sqlite.iter().any(|status| *status == 422));
}
