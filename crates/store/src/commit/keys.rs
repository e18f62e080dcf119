//! Signing keys, hash keys and the value that proves a master key right.

use jeton_core::audit::Position;
use jeton_core::id::KeyId;
use jeton_core::intent::{Change, RefusedReason};
use jeton_core::key_life::KeyMove;
use jeton_core::master_key::Sealed;
use jeton_core::model::{KeyState, StoredHashKey, StoredSigningKey};
use jeton_core::reseal::{Owner, Resealed};

use super::{Commit, Done, Stop};
use crate::audit;
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
            self.refuse_second(&key.kid, key.environment.as_str(), key.algorithm.as_str(), key.state).await?;
            return Err(signing_key_exists(key.kid.as_str()).into());
        }
        Ok(Done {
            environment: Some(key.environment.to_string()),
            company: None,
            target: key.kid.to_string(),
        })
    }

    /// A removed key is not there any more.
    pub(super) async fn move_signing_key(&mut self, step: &KeyMove) -> Result<Done, Stop> {
        let kid = &step.kid;
        let Some(row) = self.fetch(sql::SIGNING_HEAD, values![kid]).await? else {
            return Err(RefusedReason::NotFound { what: "signing key", id: kid.to_string() }.into());
        };
        let in_key = |bad: BadColumn| bad.of(format_args!("signing key {kid:?}"));
        let environment = Columns(&row).text("environment").map_err(in_key)?;
        let algorithm = Columns(&row).text("algorithm").map_err(in_key)?;
        if Columns(&row).text("state").map_err(in_key)? != step.from.as_str() {
            return Err(RefusedReason::RevisionChanged { what: "signing key", id: kid.to_string() }.into());
        }
        self.refuse_second(kid, environment, algorithm, step.to).await?;
        let values = values![kid, step.to, step.active_from, step.sign_until, step.remove_after];
        self.execute(sql::MOVE_SIGNING, values).await?;
        Ok(Done { environment: Some(environment.to_owned()), company: None, target: kid.to_string() })
    }

    /// Refuses where another key than `kid` is in a state that one key alone may have for the same tokens.
    async fn refuse_second(
        &mut self,
        kid: &KeyId,
        environment: &str,
        algorithm: &str,
        state: KeyState,
    ) -> Result<(), Stop> {
        if !matches!(state, KeyState::Next | KeyState::Active) {
            return Ok(());
        }
        let Some(row) = self.fetch(sql::IN_STATE, values![environment, algorithm, state]).await? else {
            return Ok(());
        };
        let other = Columns(&row).text("kid").map_err(|bad| bad.of("a signing key"))?;
        if other == kid.as_str() { Ok(()) } else { Err(signing_key_exists(other).into()) }
    }

    pub(super) async fn add_hash_key(&mut self, key: &StoredHashKey) -> Result<Done, Stop> {
        let values = values![key.number, key.key.bytes.as_slice(), &key.key.master_key, key.created];
        let number = key.number.to_string();
        if self.execute(sql::INSERT_HASH, values).await? == 0 {
            return Err(RefusedReason::Exists { what: "hash key", id: number }.into());
        }
        Ok(Done { environment: None, company: None, target: number })
    }

    /// The newest stays, since it may be in use by now.
    pub(super) async fn remove_hash_key(&mut self, number: i64, locks_out: bool) -> Result<Done, Stop> {
        let in_key = |bad: BadColumn| bad.of("the hash keys");
        let newest = self.fetch(sql::NEWEST_HASH, values![]).await?;
        let newest = newest.map(|row| Columns(&row).integer("number").map_err(in_key)).transpose()?;
        if newest == Some(number) {
            return Err(RefusedReason::NewestHashKey { number }.into());
        }
        for row in &self.fetch_all(sql::HASH_USES, values![self.time]).await? {
            let (key, secrets) = (Columns(row).integer("hash_key"), Columns(row).count("secrets"));
            if key.map_err(in_key)? == number && !locks_out {
                return Err(RefusedReason::HashKeyInUse { number, secrets: secrets.map_err(in_key)? }.into());
            }
        }
        if self.execute(sql::DELETE_HASH, values![number]).await? == 0 {
            return Err(RefusedReason::NotFound { what: "hash key", id: number.to_string() }.into());
        }
        Ok(Done { environment: None, company: None, target: number.to_string() })
    }

    pub(super) async fn set_master_key_check(&mut self, check: &Sealed) -> Result<Done, Stop> {
        let values = values![check.bytes.as_slice(), &check.master_key];
        if self.execute(sql::INSERT_CHECK, values).await? == 0 {
            let id = check.master_key.clone();
            return Err(RefusedReason::Exists { what: "check value of the master key", id }.into());
        }
        Ok(Done { environment: None, company: None, target: check.master_key.clone() })
    }

    /// The chain begins with the row of this very intent.
    pub(super) async fn set_audit_key(
        &mut self,
        change: &Change,
        index: usize,
        key: &Sealed,
    ) -> Result<Done, Stop> {
        let position = i64::try_from(index).unwrap_or(i64::MAX).saturating_sub(1);
        let before = Position { sequence: self.sequence, position };
        if !audit::begin(self.connection(), change, key, before).await? {
            return Err(RefusedReason::Exists { what: "audit key", id: key.master_key.clone() }.into());
        }
        Ok(Done { environment: None, company: None, target: key.master_key.clone() })
    }

    pub(super) async fn reseal(&mut self, master_key: &str, rows: &[Resealed]) -> Result<Done, Stop> {
        for Resealed { owner, before, after } in rows {
            let (new, name, old) = (after.bytes.as_slice(), &after.master_key, before.bytes.as_slice());
            let (what, id, done) = match owner {
                Owner::SigningKey(kid) => {
                    let done = self.execute(sql::RESEAL_SIGNING, values![kid, new, name, old]).await?;
                    ("signing key", kid.to_string(), done)
                }
                Owner::HashKey(number) => {
                    let done = self.execute(sql::RESEAL_HASH, values![*number, new, name, old]).await?;
                    ("hash key", number.to_string(), done)
                }
                Owner::MasterKeyCheck => {
                    let done = self.execute(sql::RESEAL_CHECK, values![new, name, old]).await?;
                    ("check value of the master key", before.master_key.clone(), done)
                }
                Owner::AuditKey => {
                    let done = self.execute(crate::sql::audit::RESEAL, values![new, name, old]).await?;
                    ("audit key", before.master_key.clone(), done)
                }
            };
            if done == 0 {
                return Err(RefusedReason::RevisionChanged { what, id }.into());
            }
        }
        Ok(Done { environment: None, company: None, target: master_key.to_owned() })
    }
}

fn signing_key_exists(kid: &str) -> RefusedReason {
    RefusedReason::Exists { what: "signing key", id: kid.to_owned() }
}
