//! Where a new secret comes from, as a body says it.

use jeton_core::admin::SecretSource;
use jeton_core::imported_hash::ImportedHash;
use jeton_core::secret::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::problem::Problem;

/// Where a new secret comes from: it is generated, unless a value or a hash is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecretSource)]
pub(super) struct SecretInput {
    /// It is to be made here.
    generate: Option<bool>,
    /// The secret itself.
    #[schema(min_length = 32, max_length = 256)]
    value: Option<String>,
    /// What another system made of it: bcrypt, PBKDF2 with SHA-256 or SHA-512, Argon2id or scrypt.
    hash: Option<String>,
    /// Take the hash even if it is so cheap that a copy of the database gives the secret away soon.
    danger_weak_hash: Option<bool>,
}

impl SecretInput {
    /// What it says, in core's words.
    pub(super) fn source(self) -> Result<SecretSource, Problem> {
        let value = self.value.map(Zeroizing::new);
        let weak = self.danger_weak_hash.unwrap_or_default();
        match (self.generate, value, self.hash) {
            (Some(true), None, None) if !weak => Ok(SecretSource::Generated),
            (None | Some(false), Some(value), None) if !weak => Secret::set_by_operator(value)
                .map(SecretSource::Set)
                .map_err(|why| Problem::invalid(why.to_string())),
            (None | Some(false), None, Some(hash)) => imported(&hash, weak),
            _ => Err(Problem::invalid(
                "`secret` takes one of `generate` (true), `value` and `hash`; `danger_weak_hash` goes with a hash.",
            )),
        }
    }
}

fn imported(text: &str, danger_weak: bool) -> Result<SecretSource, Problem> {
    let hash = text.parse::<ImportedHash>().map_err(|why| Problem::invalid(why.to_string()))?;
    match hash.weakness() {
        Some(floor) if !danger_weak => Err(Problem::invalid(format!(
            "this {} hash is cheap, so whoever gets a copy of it may guess the secret. Less than {floor} takes \
             --danger-weak-hash (`danger_weak_hash`); rotate that secret soon",
            hash.kind()
        ))),
        _ => Ok(SecretSource::Imported(hash)),
    }
}
