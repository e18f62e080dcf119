//! What a refusal of a token endpoint means: the server's words, the ids to ask by, what to do, and the exit code.

use serde_json::Value;

use super::ask::{self, Ask};
use super::decode::printable;
use crate::args::TokenDialect;
use crate::commands::answer::Answer;
use crate::failure::Failure;

/// The failure that an answer other than 200 is.
pub(super) fn of(dialect: TokenDialect, answer: &Answer, ask: &Ask) -> Failure {
    let object = answer.object();
    let words = object.as_ref().and_then(|object| words(dialect, object));
    let ungranted = object.as_ref().is_some_and(|object| is_ungranted(dialect, answer.status, object));
    let said = words.unwrap_or_else(|| format!("an answer that is not the {} dialect's", ask::name(dialect)));
    let retry = answer.header("retry-after").map(|after| format!(" after {} seconds", printable(after)));
    let (kind, advice): (fn(String) -> Failure, String) = match answer.status {
        401 | 403 => (
            Failure::not_allowed,
            "Check the client id and its secret, and that the credential is of this environment, is not suspended, \
             and its secret neither expired nor revoked"
                .to_owned(),
        ),
        _ if ungranted => (
            Failure::not_allowed,
            "Ask for no more than the credential is granted: `jeton credential get` shows it".to_owned(),
        ),
        300..=399 => (
            Failure::failed,
            "Redirects are not followed, since a secret goes only where it was meant to: give the right --token-url"
                .to_owned(),
        ),
        421 => (Failure::failed, "The host of --token-url names no environment of this server".to_owned()),
        400 | 404 | 405 | 413 | 415 => {
            (Failure::failed, "Check that --token-url and --dialect belong together".to_owned())
        }
        429 | 502..=504 => (Failure::unavailable, format!("Try again{}", retry.unwrap_or_default())),
        _ => (Failure::failed, "Ask the operator of the server, who finds the reason by these ids".to_owned()),
    };
    kind(format!("the server refused with {}: {said}. {advice}{}", answer.status, ids(answer, ask)))
}

/// By which names both sides find the request in their logs.
pub(super) fn ids(answer: &Answer, ask: &Ask) -> String {
    let request = answer.header("x-request-id").map(|id| format!("request id {}", printable(id)));
    let tracking = ask.tracking_id.as_deref().map(|id| format!("tracking id {id}"));
    match (tracking, request) {
        (None, None) => String::new(),
        (Some(one), None) | (None, Some(one)) => format!(" ({one})"),
        (Some(tracking), Some(request)) => format!(" ({tracking}, {request})"),
    }
}

/// The error as the dialect writes it, in a sentence.
fn words(dialect: TokenDialect, object: &Value) -> Option<String> {
    let text = |name: &str| object[name].as_str().map(printable);
    match dialect {
        TokenDialect::Gateway => {
            Some(format!("code {}, {}: {}", text("code")?, text("reason")?, text("message")?))
        }
        TokenDialect::OAuth2 => Some(match text("error_description") {
            Some(description) => format!("{}: {description}", text("error")?),
            None => text("error")?,
        }),
        TokenDialect::Json => {
            let fields = object["extensions"]["errors"].as_object().into_iter().flatten();
            let fields = fields.map(|(name, why)| {
                let why = why.as_array().into_iter().flatten().filter_map(Value::as_str).map(printable);
                format!("; {}: {}", printable(name), why.collect::<Vec<_>>().join(" "))
            });
            let fields: String = fields.collect();
            Some(match text("detail") {
                Some(detail) => format!("{}: {}{fields}", text("title")?, detail.trim_end_matches('.')),
                None => format!("{}{fields}", text("title")?),
            })
        }
    }
    .map(|words| words.trim_end_matches('.').to_owned())
}

/// Whether a 400 says that the credential has not been granted what was asked for. What else it could say of a request
/// that `get` has put together has been checked before it was sent.
fn is_ungranted(dialect: TokenDialect, status: u16, object: &Value) -> bool {
    status == 400
        && match dialect {
            TokenDialect::Gateway => object["code"] == "005",
            TokenDialect::OAuth2 => {
                let ungranted = ["unauthorized_client", "invalid_scope", "invalid_target", "access_denied"];
                object["error"].as_str().is_some_and(|error| ungranted.contains(&error))
            }
            TokenDialect::Json => !object["extensions"]["errors"]["audienceUrl"].is_null(),
        }
}
