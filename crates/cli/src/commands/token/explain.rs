//! A judgement in words, or as one object.

use serde_json::{Value, json};

use super::claims;
use super::judgement::{Judgement, Verdict};
use crate::args::Format;
use crate::failure::Failure;
use crate::output;

pub(super) fn show(judgement: &Judgement, now: i64, format: Format) -> Result<(), Failure> {
    if !format.is_for_people() {
        return output::one(format, &object(judgement, now));
    }
    output::say(&verdict(judgement))?;
    for (title, rows) in [
        ("header", claims::header(&judgement.decoded.header)),
        ("claim", claims::claims(&judgement.decoded.claims, now)),
    ] {
        if !rows.is_empty() {
            output::say("")?;
            output::many(format, &[title, "value", "meaning"], &for_people(title, rows))?;
        }
    }
    output::say(&format!("\n{}", checks(judgement)))
}

fn object(judgement: &Judgement, now: i64) -> Value {
    let (verified, failed) = match &judgement.verdict {
        Verdict::Good(_) => (true, Value::Null),
        Verdict::Bad(reason) => (false, reason.to_json()),
        Verdict::Unknown => (false, Value::Null),
    };
    let plain = |rows: Vec<Value>| -> Vec<Value> {
        let row =
            |row: Value| json!({ "name": row["name"], "value": row["value"], "meaning": row["meaning"] });
        rows.into_iter().map(row).collect()
    };
    json!({
        "verified": verified,
        "failed": failed,
        "header": plain(claims::header(&judgement.decoded.header)),
        "claims": plain(claims::claims(&judgement.decoded.claims, now)),
        "passed": judgement.passed(),
        "not_checked": judgement.not_checked(),
    })
}

fn verdict(judgement: &Judgement) -> String {
    match &judgement.verdict {
        Verdict::Good(_) => "The token verifies.".to_owned(),
        Verdict::Unknown => {
            "Nothing is wrong with the token as far as one can see without keys, but anybody may have \
                             written it: it is NOT verified."
                .to_owned()
        }
        Verdict::Bad(reason) => format!(
            "The token does NOT verify: {}.\n  check     {}\n  expected  {}\n  found     {}\n  to do     {}",
            reason.what,
            reason.check.name(),
            reason.expected,
            reason.found,
            reason.advice
        ),
    }
}

fn for_people(title: &str, rows: Vec<Value>) -> Vec<Value> {
    let name = |row: &Value| super::decode::shown(Some(&row["name"]));
    let row = |row: Value| json!({ title: name(&row), "value": row["shown"], "meaning": row["meaning"] });
    rows.into_iter().map(row).collect()
}

fn checks(judgement: &Judgement) -> String {
    let passed = judgement.passed();
    let passed = if passed.is_empty() { "nothing".to_owned() } else { passed.join(", ") };
    let mut others: Vec<(String, Vec<String>)> = Vec::new();
    for not_checked in judgement.not_checked() {
        let part = |name: &str| not_checked[name].as_str().unwrap_or_default().to_owned();
        match others.last_mut() {
            Some((why, checks)) if *why == part("why") => checks.push(part("check")),
            _ => others.push((part("why"), vec![part("check")])),
        }
    }
    let line =
        |(why, checks): &(String, Vec<String>)| format!("\nNot checked: {} ({why}).", checks.join(", "));
    let others: String = others.iter().map(line).collect();
    format!("Checked and right: {passed}.{others}")
}
