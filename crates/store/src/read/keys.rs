//! Signing keys, hash keys and the value that proves a master key right.
//!
//! One bad row is an error for all of them: a node that starts with a part of its keys would refuse right
//! secrets, or hide a key that verifiers need.

use jeton_core::StoreError;
use jeton_core::model::{KeyState, Sequence, Snapshot, StoredHashKey, StoredSigningKey};
use jeton_core::store::StoredKeys;

use crate::engine::{Engine, SqlStore};
use crate::rows::{BadColumn, Columns, Row, unknown_part};
use crate::sql::keys as sql;
use crate::statement::values;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn all_keys(&self) -> Result<Snapshot<StoredKeys>, StoreError> {
        let rows = self.0.read(sql::ALL, values![]).await?;
        assemble(&rows)
    }
}

fn assemble(rows: &[Row]) -> Result<Snapshot<StoredKeys>, StoreError> {
    let mut sequence = Sequence::default();
    let mut keys = StoredKeys::default();
    for row in rows.iter().map(Columns) {
        match row.text("part").map_err(|bad| bad.of("a key"))? {
            "signing" => {
                let named = |bad: BadColumn| bad.of(format_args!("signing key {}", row.shown("kid")));
                keys.signing.push(signing_key(row).map_err(named)?);
            }
            "hash" => keys.hash.push(hash_key(row).map_err(|bad| bad.of("a hash key"))?),
            "check" => {
                let check = row.sealed("sealed").map_err(|bad| bad.of("the master key's check value"))?;
                keys.master_key_check = Some(check);
            }
            "audit" => {
                keys.audit = Some(row.sealed("sealed").map_err(|bad| bad.of("the audit key"))?);
            }
            "counter" => sequence = row.sequence("number").map_err(|bad| bad.of("the counter"))?,
            _ => return Err(unknown_part()),
        }
    }
    keys.signing.sort_by(|a, b| (a.published, &a.kid).cmp(&(b.published, &b.kid)));
    keys.hash.sort_by_key(|key| key.number);
    Ok(Snapshot { sequence, value: keys })
}

fn signing_key(row: Columns<'_>) -> Result<StoredSigningKey, BadColumn> {
    Ok(StoredSigningKey {
        kid: row.parsed("kid")?,
        environment: row.parsed("environment")?,
        algorithm: row.parsed("algorithm")?,
        state: row.word("state", KeyState::from_word)?,
        published: row.time("published")?,
        active_from: row.time("active_from")?,
        sign_until: row.optional_time("sign_until")?,
        remove_after: row.optional_time("remove_after")?,
        private: row.sealed("sealed")?,
    })
}

fn hash_key(row: Columns<'_>) -> Result<StoredHashKey, BadColumn> {
    Ok(StoredHashKey {
        number: row.integer("number")?,
        key: row.sealed("sealed")?,
        created: row.time("created")?,
    })
}
