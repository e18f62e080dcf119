//! Signing keys, hash keys and the value that proves a master key right.

use jeton_core::id::KeyId;
use jeton_core::intent::RefusedReason;
use jeton_core::master_key::Sealed;
use jeton_core::model::{KeyState, StoredHashKey, StoredSigningKey};

use super::{Commit, Done, Stop};
use crate::rows::{BadColumn, Columns};
use crate::sql::keys as sql;
use crate::statement::values;

impl Commit<'_> {
    pub(super) async fn add_signing_key(&mut self, key: &StoredSigningKey) -> Result<Done, Stop> {
        let values = values![
            &key.kid,
            &key.environment,
            key.algorithm,
            key.state,
            key.published,
            key.active_from,
            key.sign_until,
            key.remove_after,
            key.private.bytes.as_slice(),
            &key.private.master_key,
        ];
        if self.execute(sql::INSERT_SIGNING, values).await? == 0 {
            if key.state == KeyState::Active {
                self.refuse_second_active(&key.kid, key.environment.as_str(), key.algorithm.as_str()).await?;
            }
            return Err(signing_key_exists(key.kid.as_str()).into());
        }
        Ok(Done {
            environment: Some(key.environment.to_string()),
            company: None,
            target: key.kid.to_string(),
        })
    }

    /// A removed key is not there any more.
    pub(super) async fn set_signing_key_state(&mut self, kid: &KeyId, state: KeyState) -> Result<Done, Stop> {
        let Some(row) = self.fetch(sql::SIGNING_HEAD, values![kid]).await? else {
            return Err(RefusedReason::NotFound { what: "signing key", id: kid.to_string() }.into());
        };
        let in_key = |bad: BadColumn| bad.of(format_args!("signing key {kid:?}"));
        let environment = Columns(&row).text("environment").map_err(in_key)?;
        let algorithm = Columns(&row).text("algorithm").map_err(in_key)?;
        if state == KeyState::Active {
            self.refuse_second_active(kid, environment, algorithm).await?;
        }
        self.execute(sql::SET_SIGNING_STATE, values![kid, state]).await?;
        Ok(Done { environment: Some(environment.to_owned()), company: None, target: kid.to_string() })
    }

    /// Refuses where another key than `kid` is active for the same tokens.
    async fn refuse_second_active(
        &mut self,
        kid: &KeyId,
        environment: &str,
        algorithm: &str,
    ) -> Result<(), Stop> {
        let Some(row) = self.fetch(sql::ACTIVE, values![environment, algorithm]).await? else {
            return Ok(());
        };
        let active = Columns(&row).text("kid").map_err(|bad| bad.of("a signing key"))?;
        if active == kid.as_str() { Ok(()) } else { Err(signing_key_exists(active).into()) }
    }

    pub(super) async fn add_hash_key(&mut self, key: &StoredHashKey) -> Result<Done, Stop> {
        let values = values![key.number, key.key.bytes.as_slice(), &key.key.master_key, key.created];
        let number = key.number.to_string();
        if self.execute(sql::INSERT_HASH, values).await? == 0 {
            return Err(RefusedReason::Exists { what: "hash key", id: number }.into());
        }
        Ok(Done { environment: None, company: None, target: number })
    }

    pub(super) async fn set_master_key_check(&mut self, check: &Sealed) -> Result<Done, Stop> {
        let values = values![check.bytes.as_slice(), &check.master_key];
        if self.execute(sql::INSERT_CHECK, values).await? == 0 {
            let id = check.master_key.clone();
            return Err(RefusedReason::Exists { what: "check value of the master key", id }.into());
        }
        Ok(Done { environment: None, company: None, target: check.master_key.clone() })
    }
}

fn signing_key_exists(kid: &str) -> RefusedReason {
    RefusedReason::Exists { what: "signing key", id: kid.to_owned() }
}
