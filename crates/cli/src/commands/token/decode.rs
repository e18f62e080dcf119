//! What a token says of itself, believed by nobody, and how to print what strangers have written.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_core::json;
use jeton_jose::MAX_TOKEN_BYTES;
use serde_json::{Map, Value};

/// The most characters to show of one text.
const MOST: usize = 500;

/// Header and claims, as far as they can be read. The signature is left out: it says nothing, and is a key to the door.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
}

impl Decoded {
    pub(super) fn of(token: &str) -> Self {
        if token.len() > MAX_TOKEN_BYTES {
            return Self::default();
        }
        let mut segments = token.split('.');
        let (header, claims, _signature) = (segments.next(), segments.next(), segments.next());
        // An encrypted token has five, whose second is no claims.
        let claims = claims.filter(|_| segments.next().is_none());
        Self { header: object(header), claims: object(claims) }
    }

    /// A member of the header, in words.
    pub(super) fn header(&self, name: &str) -> String {
        shown(self.header.get(name))
    }

    /// A claim, in words.
    pub(super) fn claim(&self, name: &str) -> String {
        shown(self.claims.get(name))
    }

    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a time, in whole seconds.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }

    /// The audiences, whether it is one or many.
    pub(super) fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            one => one.and_then(Value::as_str).into_iter().collect(),
        }
    }
}

fn object(segment: Option<&str>) -> Map<String, Value> {
    let bytes = segment.and_then(|segment| URL_SAFE_NO_PAD.decode(segment).ok()).unwrap_or_default();
    match json::parse(&bytes).as_ref().map(plain) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// The same value in the type that is printed. A number that it cannot hold stays the text that it was.
fn plain(value: &json::Value<'_>) -> Value {
    match value {
        json::Value::Null => Value::Null,
        json::Value::Bool(value) => Value::Bool(*value),
        json::Value::Number(digits) => {
            serde_json::from_str(digits).map_or_else(|_| Value::String((*digits).to_owned()), Value::Number)
        }
        json::Value::String(text) => Value::String(text.to_string()),
        json::Value::Array(elements) => Value::Array(elements.iter().map(plain).collect()),
        json::Value::Object(object) => {
            Value::Object(object.iter().map(|(name, value)| (name.to_owned(), plain(value))).collect())
        }
    }
}

/// A value as people read it.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "an empty text".to_owned(),
        Some(Value::String(text)) => printable(text),
        Some(Value::Array(all)) if !all.is_empty() && all.iter().all(Value::is_string) => {
            all.iter().map(|one| shown(Some(one))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => printable(&other.to_string()),
    }
}

/// A stranger's text without what a terminal would obey, or what would turn the line around, and not too much of it.
pub(in crate::commands) fn printable(text: &str) -> String {
    let mut printable = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == MOST {
            printable.push_str("...");
            break;
        }
        let moves = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if character.is_control() || moves {
            printable.extend(character.escape_unicode());
        } else {
            printable.push(character);
        }
    }
    printable
}
