//! The one strict JSON reader of the project: tokens, key sets and the `json` dialect's bodies pass through it.
//!
//! Strict means that a text has one reading or none. Beyond the grammar of RFC 8259 it refuses what parsers are
//! known to disagree about: bytes that are no UTF-8, a byte-order mark, a repeated member at any depth (compared
//! after escapes are resolved), half a surrogate pair, nesting deeper than [`MAX_DEPTH`], and anything after the
//! value. Numbers stay text, so that `1e400` or a 20-digit integer is neither an error nor rounded here; whoever
//! wants a number says which.
//!
//! The grammar is `serde_json`'s: its first pass over the text (to `RawValue`s) checks all syntax, and this module
//! then opens one level at a time. A member or element is thus scanned once per level around it, at most
//! [`MAX_DEPTH`] times, which keeps the work linear in the size of the text. A `serde_json::Value` would not do: it
//! keeps the last of two equal members and turns numbers into `f64`.
//!
//! Secrets pass through here. Errors hold no values, and neither `Display` nor `Debug` of anything in this module
//! prints a value or a member's name: people paste secrets into the wrong place.
//!
//! To refuse one thing more, add a [`JsonError`] variant and its line to `tests/it/json.rs`.

mod error;
mod value;

pub use error::{JsonError, MemberName};
pub use value::{Object, Value};

use serde::Deserialize as _;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How many arrays and objects may stand inside each other.
pub const MAX_DEPTH: usize = 64;

/// So many names are compared each with each sooner than sorted.
const FEW: usize = 16;

/// Reads one JSON value, and nothing else, from `bytes`.
///
/// What is not checked: the size, which is the caller's to limit before it reads at all.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 { offset: error.valid_up_to() })?;
    if text.starts_with('\u{feff}') {
        return Err(JsonError::ByteOrderMark);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    if text.trim_ascii_start().starts_with('{') {
        // What most texts are. Their members are taken apart in the pass that checks the grammar.
        let members = RawMembers::deserialize(&mut reader).map_err(syntax)?;
        reader.end().map_err(|_| JsonError::Trailing)?;
        return members.open(0);
    }
    let raw = <&RawValue>::deserialize(&mut reader).map_err(syntax)?;
    reader.end().map_err(|_| JsonError::Trailing)?;
    open(raw, 0)
}

/// Opens one level. `raw` has passed the grammar; `depth` is the number of arrays and objects around it.
fn open(raw: &RawValue, depth: usize) -> Result<Value<'_>, JsonError> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'n') => Ok(Value::Null),
        Some(b't') => Ok(Value::Bool(true)),
        Some(b'f') => Ok(Value::Bool(false)),
        Some(b'"') => Ok(Value::String(string(text)?)),
        Some(b'[' | b'{') if depth == MAX_DEPTH => Err(JsonError::TooDeep),
        Some(b'[') => array(text, depth),
        Some(b'{') => object(text, depth),
        _ => Ok(Value::Number(text)),
    }
}

fn array(text: &str, depth: usize) -> Result<Value<'_>, JsonError> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(syntax)?;
    elements.into_iter().map(|element| open(element, depth + 1)).collect::<Result<_, _>>().map(Value::Array)
}

fn object(text: &str, depth: usize) -> Result<Value<'_>, JsonError> {
    serde_json::from_str::<RawMembers<'_>>(text).map_err(syntax)?.open(depth)
}

/// Resolves the escapes of a string that has passed the grammar, quotes included. The grammar leaves one fault to
/// find: a `\u` escape that is half of a surrogate pair.
fn string(quoted: &str) -> Result<Cow<'_, str>, JsonError> {
    if quoted.contains('\\') {
        return serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| JsonError::UnpairedSurrogate);
    }
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Ok(Cow::Borrowed(inner.unwrap_or_default()))
}

/// A name that stands twice. A few names, as in every token, are compared with each other; sorting keeps it cheap for ten
/// thousand hostile ones, without a hash whose seed would be ambient randomness.
fn repeated<'m>(members: &'m [(Cow<'_, str>, Value<'_>)]) -> Option<&'m str> {
    if members.len() <= FEW {
        let stood_before = |at: usize| members[..at].iter().any(|(name, _)| *name == members[at].0);
        return (0..members.len()).find(|at| stood_before(*at)).map(|at| members[at].0.as_ref());
    }
    let mut sorted: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    sorted.sort_unstable();
    sorted.windows(2).find_map(|pair| (pair[0] == pair[1]).then_some(pair[0]))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn syntax(error: serde_json::Error) -> JsonError {
    // Position only: the text of the error could come to quote its input.
    JsonError::Syntax { line: error.line(), column: error.column() }
}

/// The members of one object in their order, names and values still as they were written.
struct RawMembers<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> RawMembers<'a> {
    /// The object, with `depth` arrays and objects around it.
    fn open(self, depth: usize) -> Result<Value<'a>, JsonError> {
        let Self(raw) = self;
        let mut members = Vec::with_capacity(raw.len());
        for (name, _) in &raw {
            members.push((string(name.get())?, Value::Null));
        }
        if let Some(name) = repeated(&members) {
            return Err(JsonError::Duplicate { name: MemberName::new(name), depth });
        }
        for ((_, value), (_, written)) in members.iter_mut().zip(raw) {
            *value = open(written, depth + 1)?;
        }
        Ok(Value::Object(Object::new(members)))
    }
}

impl<'de> serde::Deserialize<'de> for RawMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = RawMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(FEW);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(RawMembers(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
