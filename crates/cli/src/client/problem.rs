//! What an answer says that is no success, as a failure of the command.

use serde_json::Value;

use crate::commands::answer::Answer;
use crate::failure::Failure;

/// What to do about a problem whose sentence does not say, by the end of its `type`.
const WHAT_TO_DO: [(&str, &str); 4] = [
    ("unauthenticated", "`jeton login` again"),
    (
        "forbidden",
        "`jeton whoami` shows what you may do, and an operator with operators.write can grant more",
    ),
    ("changed", "look at it again, and say its revision with --if-revision"),
    ("too-many-requests", "try again later"),
];

/// The same where something is not there, by what its sentence begins with.
const WHERE_TO_LOOK: [(&str, &str); 7] = [
    ("there is no company", "`jeton company list` shows those that there are"),
    ("there is no API", "`jeton api list` shows those that there are"),
    ("there is no credential", "`jeton credential list` shows those that there are"),
    ("there is no signing key", "`jeton key list` shows those that there are"),
    (
        "whose it is cannot be told",
        "look for the credential where it was found, and say `jeton secret revoke`",
    ),
    ("there is no key", "`jeton key list` shows those that there are"),
    ("there is no hash key", "`jeton hash-key list` shows those that there are"),
];

/// The failure that an answer tells of.
pub(super) fn failure(answer: &Answer) -> Failure {
    let Some(problem) = answer.object().filter(|problem| problem["detail"].is_string()) else {
        return Failure::failed(format!(
            "the answer is {}, and no problem that Jeton would tell: is the URL that of a management listener?",
            answer.status,
        ));
    };
    let detail = problem["detail"].as_str().map(printable).unwrap_or_default();
    let slug = problem["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default();
    let told = WHERE_TO_LOOK.iter().find(|(begin, _)| detail.starts_with(begin));
    let told =
        told.filter(|_| slug == "not-found").or_else(|| WHAT_TO_DO.iter().find(|(kind, _)| slug == *kind));
    let code = problem["exit_code"].as_u64().and_then(|code| u8::try_from(code).ok());
    let failure = Failure::of_problem(code, answer.status, detail, members(problem));
    match told {
        Some((_, what_to_do)) if !failure.message().contains('`') => failure.or(what_to_do),
        _ => failure,
    }
}

/// The members of a problem that say which it is.
fn members(mut problem: Value) -> Value {
    if let Some(object) = problem.as_object_mut() {
        object.shift_remove("detail");
        object.shift_remove("exit_code");
    }
    problem
}

/// A sentence of a server as a terminal may be shown it: no other lines' ends than its own, nothing that moves about.
fn printable(text: &str) -> String {
    let shown = |character: char| {
        let moves =
            matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        character == '\n' || !(character.is_control() || moves || character == '\u{feff}')
    };
    text.chars().map(|character| if shown(character) { character } else { '\u{fffd}' }).collect()
}
