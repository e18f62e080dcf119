//! Another master key for what is sealed: each row is opened, sealed under the newest master key, and opened again.
//!
//! To seal a new kind of row: an [`Owner`] for it, its rows in [`sealed_rows`], and its statement in the store's
//! `commit/keys.rs`. Signing keys that are removed are opened by nobody any more, so they stay as they are.

use std::fmt;

use crate::audit::AUDIT_KEY_CONTEXT;
use crate::id::KeyId;
use crate::key_ring::{CHECK_CONTEXT, UnusableKey, hash_key_context, signing_key_context};
use crate::master_key::{MasterKeys, Sealed};
use crate::store::StoredKeys;
use crate::time::Random;

/// Which row a sealed value is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The signing key of this id.
    SigningKey(KeyId),
    /// The hash key of this number.
    HashKey(i64),
    /// The value that proves a master key right.
    MasterKeyCheck,
    /// The audit key.
    AuditKey,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SigningKey(kid) => write!(f, "signing key {kid}"),
            Self::HashKey(number) => write!(f, "hash key {number}"),
            Self::MasterKeyCheck => f.write_str("check value of the master key"),
            Self::AuditKey => f.write_str("audit key"),
        }
    }
}

/// A row's value, sealed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// Of which row.
    pub owner: Owner,
    /// As it was read.
    pub before: Sealed,
    /// As it is to be.
    pub after: Sealed,
}

/// Everything that is not sealed under the newest master key, sealed anew under it. All rows are opened, and if one
/// cannot be, none is sealed.
pub fn reseal(
    stored: &StoredKeys,
    master: &MasterKeys,
    random: &dyn Random,
) -> Result<Vec<Resealed>, UnusableKey> {
    let mut resealed = Vec::new();
    for (owner, context, before) in sealed_rows(stored) {
        let unusable = |why: &dyn fmt::Display| UnusableKey { what: owner.to_string(), why: why.to_string() };
        let plain = master.open(&context, before).map_err(|why| unusable(&why))?;
        if before.master_key == master.newest() {
            continue;
        }
        let after = master.seal(&context, &plain, random);
        let again = master.open(&context, &after).map_err(|why| unusable(&why))?;
        if *again != *plain {
            return Err(unusable(&"what was sealed anew opens as something else"));
        }
        resealed.push(Resealed { owner, before: before.clone(), after });
    }
    Ok(resealed)
}

/// What is sealed under the master key of this name.
pub fn sealed_under(stored: &StoredKeys, name: &str) -> Vec<Owner> {
    let rows = sealed_rows(stored).into_iter();
    rows.filter(|(_, _, sealed)| sealed.master_key == name).map(|(owner, ..)| owner).collect()
}

/// Every sealed row, with the context that it is sealed for.
fn sealed_rows(stored: &StoredKeys) -> Vec<(Owner, String, &Sealed)> {
    let signing = stored.signing.iter().map(|row| {
        let context = signing_key_context(&row.environment, row.algorithm, &row.kid);
        (Owner::SigningKey(row.kid.clone()), context, &row.private)
    });
    let hash =
        stored.hash.iter().map(|row| (Owner::HashKey(row.number), hash_key_context(row.number), &row.key));
    let check =
        stored.master_key_check.iter().map(|check| (Owner::MasterKeyCheck, CHECK_CONTEXT.to_owned(), check));
    let audit = stored.audit.iter().map(|key| (Owner::AuditKey, AUDIT_KEY_CONTEXT.to_owned(), key));
    signing.chain(hash).chain(check).chain(audit).collect()
}
