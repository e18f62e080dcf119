//! What hangs on each hash key, and bookkeeping that takes secrets from an old one to the newest.

use jeton_core::StoreError;
use jeton_core::Timestamp;
use jeton_core::hash_key::{Rehash, SecretHash};
use jeton_core::id::{ClientId, EnvironmentName, SecretId};

use crate::engine::{Engine, SqlStore, in_time};
use crate::rows::{BadColumn, Columns};
use crate::sql::{keys, secrets};
use crate::statement::values;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn uses_of_hash_keys(&self, now: Timestamp) -> Result<Vec<(i64, u32)>, StoreError> {
        let rows = self.0.read(keys::HASH_USES, values![now]).await?;
        let one = |row| Ok((Columns(row).integer("hash_key")?, Columns(row).count("secrets")?));
        rows.iter().map(|row| one(row).map_err(|bad: BadColumn| bad.of("the uses of a hash key"))).collect()
    }

    pub(crate) async fn secrets_hashed_by(
        &self,
        hash_key: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        let rows = self.0.read(keys::SECRETS_UNDER, values![now, hash_key, limit]).await?;
        let one =
            |row: Columns<'_>| Ok((row.parsed("environment")?, row.parsed("client_id")?, row.parsed("id")?));
        rows.iter().map(|row| one(Columns(row)).map_err(|bad: BadColumn| bad.of("a secret"))).collect()
    }

    /// One that was rotated, revoked or rehashed meanwhile is left as it is.
    pub(crate) async fn keep_other_hashes(&self, rehashes: &[Rehash]) -> Result<(), StoreError> {
        let mut writer = self.0.writer().await?;
        let done = in_time::<E, _>(async {
            let mut transaction = writer.begin().await?;
            for Rehash { secret, from, to, lookup_tag } in rehashes {
                let (SecretHash::Hmac { key: old, code: before }, SecretHash::Hmac { key, code }) =
                    (from, to)
                else {
                    continue;
                };
                let tag = lookup_tag.as_ref().map(|tag| tag.0.as_slice());
                let values = values![secret, before.as_slice(), *old, code.as_slice(), *key, tag];
                transaction.connection().execute(secrets::REHASH, values).await?;
            }
            transaction.commit().await
        });
        let done = done.await;
        writer.settle(done)
    }
}
