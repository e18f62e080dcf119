//! `jeton secret contain`: a secret leaked, and is read from standard input, so that nobody must look up whose it is. It
//! is refused from now on, and so is every token of its credential; who gets a new one can go on.

use serde_json::json;

use super::credential::action;
use super::given::text_from_stdin;
use super::secret::{ask_whose, rotate};
use crate::args::Which;
use crate::client::Desk;
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(desk: &Desk, replace: bool) -> Result<(), Failure> {
    let found = ask_whose(desk, &text_from_stdin()?).await?;
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let unreadable = |_| Failure::failed("the answer does not say whose the secret is");
    let which = Which {
        client_id: text("client_id").parse().map_err(unreadable)?,
        environment: text("environment").parse().map_err(unreadable)?,
    };
    let secret_id = found["secret"]["id"].as_str().unwrap_or_default().to_owned();
    desk.confirm(
        &format!(
            "This refuses the secret that leaked, and every token of {} in {}.",
            which.client_id, which.environment
        ),
        &which.client_id,
    )?;
    // The secret first: who has it could get another token in between. One that is revoked already stays so.
    if found["secret"]["revoked"].is_null() {
        let revoke = action(&which, &["secrets", "revoke"], json!({ "secret_id": secret_id }));
        desk.change(revoke).await?;
    }
    let revoked = desk.change(action(&which, &["revoke-tokens"], json!({}))).await?;
    if replace {
        // The leaked one is not to overlap with it.
        return rotate(desk, &which, json!({})).await;
    }
    if revoked.is_none() {
        return Ok(());
    }
    let shown = json!({
        "client_id": which.client_id,
        "environment": which.environment,
        "company": found["company"],
        "revoked_secret": secret_id,
        "revoked_tokens": "all",
    });
    output::one(desk.format(), &shown)?;
    if desk.format().is_for_people() {
        output::note(&format!(
            "`jeton secret rotate {} --environment {}` gives its owner another.",
            which.client_id, which.environment
        ));
    }
    Ok(())
}
