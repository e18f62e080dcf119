//! The strict reader: one test per refusal, and `serde_json` as an oracle for the grammar.

use jeton_jose::json::{self, JsonError, Value};
use proptest::prelude::*;

fn refused(text: impl AsRef<[u8]>) -> JsonError {
    json::parse(text.as_ref()).unwrap_err()
}

#[test]
fn values_are_read_as_they_were_written() {
    let text = br#" {"a" : [null, true, false, -0, 1e400, 12345678901234567890123], "\u0062": "\ud83d\ude00\n", "": {}} "#;
    let value = json::parse(text).unwrap();
    let object = value.as_object().unwrap();
    let numbers = ["-0", "1e400", "12345678901234567890123"].map(Value::Number);
    let array = [Value::Null, Value::Bool(true), Value::Bool(false)].into_iter().chain(numbers).collect();
    assert!(object.get("a") == Some(&Value::Array(array)));
    assert_eq!(object.get("b").and_then(Value::as_str), Some("\u{1f600}\n"));
    assert!(object.get("").unwrap().as_object().unwrap().is_empty());
    assert!(object.get("A").is_none());
    assert_eq!(object.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", ""]);
}

#[test]
fn bytes_that_are_no_utf8() {
    assert_eq!(refused(b"\"a\xff\""), JsonError::NotUtf8 { offset: 2 });
    assert_eq!(refused(b"\"\xed\xa0\x80\""), JsonError::NotUtf8 { offset: 1 }, "a surrogate in UTF-8");
    assert_eq!(refused(b"\xff\xfe{\0}\0"), JsonError::NotUtf8 { offset: 0 }, "UTF-16");
}

#[test]
fn a_byte_order_mark() {
    assert_eq!(refused("\u{feff}{}"), JsonError::ByteOrderMark);
}

#[test]
fn what_is_no_json() {
    let faulty = [
        "",
        " ",
        "{",
        "[",
        "\"",
        "nul",
        "True",
        "NaN",
        "Infinity",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "- 1",
        "'a'",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,]",
        "[1 2]",
        "{1:2}",
        "{null:2}",
        "[1}",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "// c\n1",
        "/**/1",
        "\u{b}1",
        "\u{a0}1",
    ];
    for text in faulty {
        assert!(matches!(refused(text), JsonError::Syntax { .. }), "{text}");
    }
    assert_eq!(refused("{\n  \"a\": x}"), JsonError::Syntax { line: 2, column: 8 });
}

#[test]
fn something_after_the_value() {
    for text in ["{}{}", "{} x", "0x1", "1 2", "null,", "\"a\"\0", "{}\u{feff}"] {
        assert_eq!(refused(text), JsonError::Trailing, "{text}");
    }
}

#[test]
fn a_member_twice_at_any_depth_and_through_escapes() {
    for (text, name, at) in [
        (r#"{"a":1,"a":1}"#, "a", 0),
        (r#"{"a":1,"b":2,"\u0061":1}"#, "a", 0),
        (r#"{"\u00e9":1,"é":2}"#, "é", 0),
        (r#"{"":1,"":2}"#, "", 0),
        (r#"{"x":{"b":1,"b":2}}"#, "b", 1),
        (r#"[[{"c":null,"c":null}]]"#, "c", 2),
    ] {
        let JsonError::Duplicate { name: found, depth } = refused(text) else { panic!("{text}") };
        assert_eq!((found.as_str(), depth), (name, at), "{text}");
    }
    assert!(
        json::parse(r#"{"a":{"a":1},"A":2,"á":3,"a\u0301":4}"#.as_bytes()).is_ok(),
        "four different names"
    );
}

#[test]
fn half_a_surrogate_pair() {
    for text in [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\ud83d""#,
        r#"{"\udead":1}"#,
        r#"[{"a":"\uD800\n"}]"#,
    ] {
        assert_eq!(refused(text), JsonError::UnpairedSurrogate, "{text}");
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(json::parse(nested(json::MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(refused(nested(json::MAX_DEPTH + 1)), JsonError::TooDeep);
    assert_eq!(refused(nested(50_000)), JsonError::TooDeep);
    assert_eq!(refused(format!("{}1{}", r#"{"a":"#.repeat(65), "}".repeat(65))), JsonError::TooDeep);
}

#[test]
fn hostile_sizes_end_soon() {
    assert!(matches!(refused("[".repeat(64 * 1024)), JsonError::Syntax { .. }));
    let object = |name: fn(usize) -> String| {
        format!("{{{}}}", (0..10_000).map(|i| format!("\"{}\":{i}", name(i))).collect::<Vec<_>>().join(","))
    };
    assert!(json::parse(object(|i| format!("member{i}")).as_bytes()).is_ok());
    assert!(matches!(refused(object(|_| "same".into())), JsonError::Duplicate { depth: 0, .. }));
    // The worst for a reader that opens level by level: everything stands at the deepest one.
    let deep = format!("{}{}{}", "[".repeat(64), vec!["0"; 32 * 1024].join(","), "]".repeat(64));
    assert!(json::parse(deep.as_bytes()).is_ok());
}

#[test]
fn nothing_of_the_text_is_printed() {
    let secret = "hunter2";
    let error = refused(format!(r#"{{"{secret}":1,"{secret}":2}}"#));
    assert!(!format!("{error} {error:?}").contains(secret));
    let error = refused(format!(r#"{{"a": {secret}}}"#));
    assert!(!format!("{error} {error:?}").contains(secret));
    let text = format!(r#"{{"{secret}":"{secret}","n":[1]}}"#);
    let value = json::parse(text.as_bytes()).unwrap();
    assert_eq!(format!("{value:?} {:?}", value.as_object().unwrap()), "Object(..) Object(2 members)");
}

/// The same value, numbers by their text.
fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|b| same(value, b)))
        }
        _ => false,
    }
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json::parse(&bytes);
    }

    #[test]
    fn what_is_written_is_read(value in any_value()) {
        let text = value.to_string();
        prop_assert!(same(&json::parse(text.as_bytes()).unwrap(), &value));
    }

    #[test]
    fn the_grammar_is_that_of_serde_json(text in r#"(\[|\]|\{|\}|"|"a"|"b":|,|:|0|1|-|\.|e|E|\+|true|null|\\|u00e9|\\ud83d|\\n| |x){0,12}"#) {
        let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
        match (json::parse(text.as_bytes()), theirs) {
            (Ok(_) | Err(JsonError::Duplicate { .. }), Ok(_)) | (Err(_), Err(_)) => {}
            // Only numbers that are too large for it: `1e111`.
            (Ok(_), Err(error)) => prop_assert!(error.to_string().starts_with("number out of range"), "{text}"),
            (Err(error), Ok(_)) => prop_assert!(false, "{text}: {error}"),
        }
    }
}
