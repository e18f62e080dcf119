//! `jeton doctor`: what is wrong, or will be soon, and what to do about it.
//!
//! Without options it looks at what runs here: configuration, files, store, keys, the server itself. With `--issuer` it
//! looks as a client does, at whatever runs there. It changes nothing. To add a check: a [`Finding`] from the file of its
//! subject, with a fix where it is not good.

mod audit;
mod certificate;
mod client;
mod files;
mod finding;
mod running;
mod store;

use serde_json::{Value, json};

use self::finding::{Finding, State};
use super::token::input;
use crate::args::{Doctor, Format};
use crate::configuration::Given;
use crate::failure::Failure;
use crate::output;

/// Looks, shows what it found, and fails where something is not good.
pub(crate) async fn run(doctor: Doctor, given: &Given, format: Format) -> Result<(), Failure> {
    let findings = match doctor.issuer {
        Some(issuer) => {
            let login = match doctor.client_id {
                Some(client_id) => Some((client_id, input::secret(&doctor.secret.into_secret_from())?)),
                None => None,
            };
            client::look(&issuer, login).await
        }
        None => here(given).await,
    };
    let shown: Vec<Value> = findings.iter().map(Finding::show).collect();
    output::many(format, &["check", "state", "found", "fix"], &shown)?;
    let bad: Vec<&str> =
        findings.iter().filter(|found| found.state == State::Bad).map(|found| found.check).collect();
    match bad.as_slice() {
        [] => Ok(()),
        bad => Err(Failure::check_failed(format!(
            "not good: {}. Each has its fix beside it",
            unrepeated(bad).join(", ")
        ))),
    }
}

/// At what runs here.
async fn here(given: &Given) -> Vec<Finding> {
    let resolved = match given.resolve(None) {
        Ok(resolved) => resolved,
        Err(why) => {
            let (found, fix) = why.message().rsplit_once(". ").unwrap_or((why.message(), "correct it there"));
            return vec![Finding::bad("configuration", found, fix)];
        }
    };
    let mut findings = vec![Finding::good("configuration", "it can be read")];
    findings.extend(files::look(&resolved));
    findings.extend(store::look(&resolved).await);
    findings.extend(running::look(&resolved).await);
    findings
}

fn unrepeated<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut once: Vec<&str> = names.to_vec();
    once.dedup();
    once
}

/// A length of time as people say it, rounded down.
fn in_words(seconds: i64) -> String {
    match seconds {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

impl Finding {
    fn show(&self) -> Value {
        json!({
            "check": self.check,
            "state": self.state.as_str(),
            "found": self.found,
            "fix": self.fix,
        })
    }
}
