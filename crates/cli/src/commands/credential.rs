//! `jeton credential`.

use jeton_core::admin::{Admin, CredentialUpdate, NewCredential};
use jeton_core::id::Text;
use jeton_core::model::{self, State};
use jeton_core::store::CredentialFilter;
use serde_json::{Value, json};

use super::usage::{Uses, say_late};
use super::{given, merge, secret};
use crate::args::{Credential, Format, Which};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Credential, format: Format) -> Result<(), Failure> {
    match command {
        Credential::Create { company, environment, client_id, label, grant, secret } => {
            let secret = given::read(&secret)?;
            let (owner, networks, secret) = (None, vec![], Some(secret));
            let new = NewCredential {
                company,
                environment,
                client_id,
                label,
                owner,
                networks,
                grants: grant,
                secret,
            };
            let created = admin.create_credential(new).await?.value;
            let mut shown = json!({ "client_id": created.credential.client_id });
            if let Some(secret) = &created.secret {
                merge(&mut shown, json!({ "client_secret": secret.expose() }));
            }
            merge(&mut shown, show(admin, &created.credential));
            if created.secret.is_none() {
                return output::one(format, &shown);
            }
            let model::Credential { client_id, environment, .. } = &created.credential;
            let if_lost =
                format!("make another with `secret rotate {client_id} --environment {environment}`");
            output::once(format, &shown, &if_lost)?;
        }
        Credential::Update { which, label } => {
            let label = if label.is_empty() { None } else { Some(parse_label(label)?) };
            let update = CredentialUpdate { label: Some(label), ..CredentialUpdate::default() };
            let updated = admin.update_credential(&which.environment, &which.client_id, update).await?;
            output::one(format, &show(admin, &updated))?;
        }
        Credential::Suspend(which) => {
            admin.set_credential_state(&which.environment, &which.client_id, State::Suspended).await?;
            get(admin, &which, format).await?;
        }
        Credential::Resume(which) => {
            admin.set_credential_state(&which.environment, &which.client_id, State::Active).await?;
            get(admin, &which, format).await?;
        }
        Credential::Delete(which) => {
            admin.set_credential_state(&which.environment, &which.client_id, State::Deleted).await?;
            let Which { client_id, environment } = which;
            let shown =
                json!({ "client_id": client_id, "environment": environment, "state": State::Deleted });
            output::one(format, &shown)?;
        }
        Credential::List { company, environment } => {
            let filter = CredentialFilter { company, environment, ..CredentialFilter::default() };
            let credentials = admin.credentials(&filter).await?;
            let credentials: Vec<Value> = credentials.iter().map(|one| show(admin, one)).collect();
            let columns = ["client_id", "environment", "company", "state", "label", "grants"];
            output::many(format, &columns, &credentials)?;
        }
        Credential::Get(which) => get(admin, &which, format).await?,
    }
    Ok(())
}

/// A credential with what it is granted and what is known of its secrets.
pub(super) fn show(admin: &Admin, credential: &model::Credential) -> Value {
    let now = admin.clock.now();
    let grant = |grant: &model::Grant| {
        let scopes: Vec<&str> = grant.scopes.iter().map(AsRef::as_ref).collect();
        if scopes.is_empty() { grant.api.to_string() } else { format!("{}:{}", grant.api, scopes.join(",")) }
    };
    json!({
        "client_id": credential.client_id,
        "environment": credential.environment,
        "company": credential.company,
        "label": credential.label,
        "state": credential.state,
        "company_state": credential.company_state,
        "grants": credential.grants.iter().map(grant).collect::<Vec<_>>(),
        "secrets": credential.secrets.iter().map(|one| secret::show(one, now)).collect::<Vec<_>>(),
        "created": output::time(credential.created),
    })
}

async fn get(admin: &Admin, which: &Which, format: Format) -> Result<(), Failure> {
    let credential = admin.credential(&which.environment, &which.client_id).await?;
    let (now, uses) = (admin.clock.now(), Uses::of(admin, &credential).await?);
    let secrets = credential.secrets.iter().map(|one| secret::show_with_use(one, &uses, now));
    let mut shown = show(admin, &credential);
    shown["secrets"] = secrets.collect();
    output::one(format, &shown)?;
    say_late(format);
    Ok(())
}

fn parse_label(label: String) -> Result<Text, Failure> {
    Text::try_from(label).map_err(|why| Failure::usage(why.to_string()))
}
