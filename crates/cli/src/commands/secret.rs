//! `jeton secret`.

use std::time::Duration;

use jeton_core::Timestamp;
use jeton_core::admin::{Admin, Deadline, FoundSecret, Rotation};
use jeton_core::id::SecretId;
use jeton_core::intent::WhichSecrets;
use jeton_core::model::{SecretKind, StoredSecret};
use jeton_core::secret::{PresentedSecret, SelfDescription};
use serde_json::{Value, json};

use super::given::{self, text_from_stdin};
use super::merge;
use super::usage::{Uses, say_late};
use crate::args::{Format, Secret, Which};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(
    admin: &Admin,
    command: Secret,
    default_overlap: Option<Duration>,
    format: Format,
) -> Result<(), Failure> {
    match command {
        Secret::Rotate { which: Which { client_id, environment }, secret, overlap, expires_in: lifetime } => {
            let secret = given::read(&secret)?;
            let rotation = Rotation { secret, overlap: overlap.or(default_overlap), lifetime };
            let new = admin.rotate_secret(&environment, &client_id, rotation).await?.value;
            let id = &new.stored.id;
            let Some(secret) = new.secret else {
                return list(admin, &Which { client_id, environment }, format).await;
            };
            let shown = json!({
                "client_id": client_id,
                "client_secret": secret.expose(),
                "environment": environment,
                "secret_id": id,
                "expires": new.stored.expires.map(output::time),
            });
            let revoke = format!("`secret revoke {client_id} --environment {environment} --secret {id}`");
            output::once(format, &shown, &format!("revoke it with {revoke}, and rotate again"))?;
        }
        Secret::Retire { which, secret, after } => {
            set_deadline(admin, &which, secret, Deadline::Sooner(after), format).await?;
        }
        Secret::Extend { which, secret, after, forever: _ } => {
            let deadline = after.map_or(Deadline::Never, Deadline::Later);
            set_deadline(admin, &which, secret, deadline, format).await?;
        }
        Secret::Find => find(admin, format).await?,
        Secret::List(which) => list(admin, &which, format).await?,
        Secret::Revoke { which, secret, all } => {
            let secrets = match (secret, all) {
                (Some(id), _) => WhichSecrets::One(id),
                (None, true) => WhichSecrets::All,
                (None, false) => WhichSecrets::TheOnlyOne,
            };
            admin.revoke_secrets(&which.environment, &which.client_id, secrets).await?;
            list(admin, &which, format).await?;
        }
    }
    Ok(())
}

async fn set_deadline(
    admin: &Admin,
    which: &Which,
    secret: Option<SecretId>,
    deadline: Deadline,
    format: Format,
) -> Result<(), Failure> {
    admin.set_deadline(&which.environment, &which.client_id, secret, deadline).await?;
    list(admin, which, format).await
}

/// Says whose the secret on standard input is, and what it says of itself where it is nobody's.
async fn find(admin: &Admin, format: Format) -> Result<(), Failure> {
    let text = text_from_stdin()?;
    let secret = PresentedSecret::new(text.as_bytes().to_vec());
    let why_not = match secret.inspect() {
        SelfDescription::Generated(environment) => {
            format!(
                "it was generated for {environment}, and no store under these keys has it, or has it any more"
            )
        }
        SelfDescription::Damaged => {
            "it looks generated, but its checksum is wrong: a part is missing, or a letter".to_owned()
        }
        SelfDescription::Other => {
            "it does not look generated, and what an operator set cannot be found".to_owned()
        }
    };
    let Some(FoundSecret { credential, secret: id }) = admin.find_secret(&secret).await? else {
        return Err(Failure::not_found(format!("whose it is cannot be told: {why_not}")));
    };
    let now = admin.clock.now();
    let uses = Uses::of(admin, &credential).await?;
    let secret = credential.secrets.iter().find(|secret| secret.id == id);
    let revoke = format!(
        "secret revoke {} --environment {} --secret {id}",
        credential.client_id, credential.environment
    );
    let shown = json!({
        "client_id": credential.client_id,
        "environment": credential.environment,
        "company": credential.company,
        "label": credential.label,
        "owner": credential.owner,
        "secret": secret.map(|secret| show_with_use(secret, &uses, now)),
    });
    output::one(format, &shown)?;
    if secret.is_some_and(|secret| secret.is_live(now)) {
        output::note(&format!("It is accepted: `jeton {revoke}` ends that at once."));
    }
    Ok(())
}

/// What is known of a secret.
pub(super) fn show(secret: &StoredSecret, now: Timestamp) -> Value {
    let state = match (secret.revoked, secret.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "live",
        (None, false) => "expired",
    };
    json!({
        "id": secret.id,
        "kind": secret.kind,
        "ends_with": Some(&secret.last_four).filter(|_| secret.kind != SecretKind::Imported),
        "state": state,
        "created": output::time(secret.created),
        "expires": secret.expires.map(output::time),
        "revoked": secret.revoked.map(output::time),
    })
}

/// The same, and when it was last used.
pub(super) fn show_with_use(secret: &StoredSecret, uses: &Uses, now: Timestamp) -> Value {
    let mut shown = show(secret, now);
    merge(&mut shown, uses.show(secret, now));
    shown
}

async fn list(admin: &Admin, which: &Which, format: Format) -> Result<(), Failure> {
    let now = admin.clock.now();
    let credential = admin.credential(&which.environment, &which.client_id).await?;
    let uses = Uses::of(admin, &credential).await?;
    let secrets: Vec<Value> =
        credential.secrets.iter().map(|secret| show_with_use(secret, &uses, now)).collect();
    let columns =
        ["id", "state", "kind", "ends_with", "created", "expires", "revoked", "last_used", "unused_for"];
    output::many(format, &columns, &secrets)?;
    say_late(format);
    Ok(())
}
