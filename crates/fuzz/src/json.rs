//! The strict JSON reader, against `serde_json`, and the body of the `json` dialect, which goes through it.

use http::HeaderMap;
use jeton_dialect::{Dialect, WireRequest};
use jeton_jose::json::{self, JsonError, Value};
use serde_json::{Number, Value as Theirs};

/// What is accepted `serde_json` reads too, as the same value; what `serde_json` reads and we refuse has two readings,
/// or is nested too deeply.
pub fn json(data: &[u8]) {
    let theirs = serde_json::from_slice::<Theirs>(data);
    let ours = json::parse(data);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert!(same(ours, theirs), "read otherwise than serde_json does"),
        (Ok(ours), Err(_)) => assert!(has_boundless_number(ours), "serde_json refuses what we accept"),
        (Err(JsonError::Duplicate { .. } | JsonError::TooDeep), _) | (Err(_), Err(_)) => {}
        (Err(why), Ok(_)) => panic!("serde_json accepts what we call: {why}"),
    }
    if let Err(JsonError::Syntax { line, .. }) = ours {
        let lines = data.split(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
    }
    let request = WireRequest { headers: &HeaderMap::new(), query: None, body: data };
    let request = Dialect::Json.read(&request);
    assert!(request.is_err() || matches!(ours, Ok(Value::Object(_))), "credentials out of what is no object");
}

fn same(ours: &Value<'_>, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Value::Number(digits), Theirs::Number(theirs)) => {
            serde_json::from_str::<Number>(digits).is_ok_and(|ours| ours == *theirs)
        }
        (Value::String(ours), Theirs::String(theirs)) => ours == theirs,
        (Value::Array(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            let found = |(name, ours)| theirs.get(name).is_some_and(|theirs| same(ours, theirs));
            ours.len() == theirs.len() && ours.iter().all(found)
        }
        _ => false,
    }
}

/// `serde_json` turns numbers into `f64` and refuses what is too large for one; we keep the digits.
fn has_boundless_number(value: &Value<'_>) -> bool {
    match value {
        Value::Number(digits) => digits.parse::<f64>().is_ok_and(f64::is_infinite),
        Value::Array(elements) => elements.iter().any(has_boundless_number),
        Value::Object(members) => members.iter().any(|(_, member)| has_boundless_number(member)),
        _ => false,
    }
}
