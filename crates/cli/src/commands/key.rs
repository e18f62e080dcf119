//! `jeton key`.

use jeton_core::admin::{Admin, RotatedKey};
use jeton_core::key_life::RotationPolicy;
use jeton_core::model::{KeyState, StoredSigningKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::given::bytes_from_stdin;
use crate::args::{Format, Key};
use crate::failure::Failure;
use crate::output;

/// Bytes of a key file: more than any has.
const MOST: usize = 64 * 1024;

pub(super) async fn run(
    admin: &Admin,
    command: Key,
    policy: &RotationPolicy,
    format: Format,
) -> Result<(), Failure> {
    match command {
        Key::List => {
            let keys: Vec<Value> = admin.signing_keys().await?.iter().map(|key| show(key, policy)).collect();
            let columns =
                ["kid", "environment", "algorithm", "state", "active_from", "rotates_at", "remove_after"];
            output::many(format, &columns, &keys)
        }
        Key::Rotate { environment, alg, danger_unpublished } => {
            let rotated = admin.rotate_signing_keys(environment.as_ref(), alg, policy, danger_unpublished);
            let rotated: Vec<Value> = rotated.await?.iter().map(|one| show_rotated(one, policy)).collect();
            let columns = ["kid", "environment", "algorithm", "state", "active_from", "retires"];
            output::many(format, &columns, &rotated)
        }
        Key::Retire { kid, danger_unpublished } => {
            let rotated = admin.retire_signing_key(&kid, policy, danger_unpublished).await?;
            output::one(format, &show_rotated(&rotated, policy))
        }
        Key::Remove { kid, danger_invalidates_tokens } => {
            let successor = admin.remove_signing_key(&kid, danger_invalidates_tokens).await?;
            let signs = successor.map(|key| key.kid.to_string());
            output::one(format, &json!({ "removed": kid.as_str(), "signs": signs }))
        }
        Key::Import { environment, alg, danger_unpublished } => {
            let der = private_key(&bytes_from_stdin(MOST)?)?;
            let taken = admin.import_signing_key(&environment, alg, &der, policy, danger_unpublished).await?;
            output::one(format, &show_rotated(&taken, policy))
        }
        Key::Panic { environment, alg, danger_invalidates_tokens } => {
            let replaced = admin.replace_signing_keys(&environment, alg, danger_invalidates_tokens).await?;
            let mut shown = show(&replaced.new, policy);
            shown["replaces"] = json!(replaced.removed.iter().map(ToString::to_string).collect::<Vec<_>>());
            output::one(format, &shown)
        }
    }
}

/// The DER of the one private key in a PEM text.
fn private_key(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem);
    let key = key.map_err(|_| {
        Failure::usage("standard input holds no private key: give it as PKCS#8 in PEM, `BEGIN PRIVATE KEY`")
    })?;
    Ok(Zeroizing::new(key.secret_pkcs8_der().to_vec()))
}

fn show_rotated(rotated: &RotatedKey, policy: &RotationPolicy) -> Value {
    let mut shown = show(&rotated.key, policy);
    shown["retires"] = json!(rotated.retired.as_ref().map(ToString::to_string));
    shown
}

/// What may be known of a key.
fn show(key: &StoredSigningKey, policy: &RotationPolicy) -> Value {
    let rotates_at = (key.state == KeyState::Active).then(|| output::time(policy.signs_until(key)));
    json!({
        "kid": key.kid.as_str(),
        "environment": key.environment,
        "algorithm": key.algorithm.to_string(),
        "state": key.state,
        "published": output::time(key.published),
        "active_from": output::time(key.active_from),
        "rotates_at": rotates_at,
        "sign_until": key.sign_until.map(output::time),
        "remove_after": key.remove_after.map(output::time),
    })
}
