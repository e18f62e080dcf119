//! Secrets. Whether one lives is asked of the commit's own time.

use jeton_core::hash_key::SecretHash;
use jeton_core::id::{ClientId, EnvironmentName, SecretId};
use jeton_core::intent::{RefusedReason, WhichSecrets};
use jeton_core::model::{Sequence, StoredSecret};
use jeton_core::{StoreError, Timestamp};

use super::{Commit, Done, Stop};
use crate::read::credentials::{FEW, HMAC};
use crate::rows::{BadColumn, Columns};
use crate::sql::secrets as sql;
use crate::statement::values;

impl Commit<'_> {
    /// The insertion itself counts the live ones.
    pub(super) async fn add_secret(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        secret: &StoredSecret,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        let (kind, bytes, key) = match &secret.hash {
            SecretHash::Hmac { key, code } => (HMAC, code.as_slice(), Some(*key)),
            SecretHash::Imported(hash) => (hash.kind(), hash.text().as_bytes(), None),
        };
        let values = values![
            environment,
            client_id,
            &secret.id,
            secret.kind,
            kind,
            bytes,
            key,
            secret.lookup_tag.as_ref().map(|tag| tag.0.as_slice()),
            &*secret.last_four,
            secret.created,
            secret.expires,
            secret.revoked,
            self.time,
            FEW,
        ];
        if self.execute(sql::INSERT, values).await? == 0 {
            let taken = self.fetch(sql::OWNER, values![&secret.id]).await?.is_some();
            let two = || RefusedReason::TwoSecrets { client_id: client_id.clone() };
            return Err(if taken { exists(&secret.id) } else { two() }.into());
        }
        self.touch(environment, client_id).await?;
        Ok(head.done(environment, client_id))
    }

    pub(super) async fn revoke_secrets(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        which: &WhichSecrets,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let now = Some(self.time);
        self.end_secrets(sql::REVOKE, environment, client_id, which, now, expected).await
    }

    pub(super) async fn expire_secrets(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        which: &WhichSecrets,
        expires: Option<Timestamp>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        self.end_secrets(sql::EXPIRE, environment, client_id, which, expires, expected).await
    }

    async fn end_secrets(
        &mut self,
        sql: &'static str,
        environment: &EnvironmentName,
        client_id: &ClientId,
        which: &WhichSecrets,
        time: Option<Timestamp>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        let live = self.live_secrets(environment, client_id).await?;
        for id in &choose(client_id, which, live)? {
            self.execute(sql, values![environment, client_id, id, time]).await?;
        }
        self.touch(environment, client_id).await?;
        Ok(head.done(environment, client_id))
    }

    async fn live_secrets(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretId>, StoreError> {
        let rows = self.fetch_all(sql::LIVE, values![environment, client_id, self.time]).await?;
        let in_owner = |bad: BadColumn| bad.of(format_args!("credential {client_id:?} in {environment}"));
        rows.iter().map(|row| Columns(row).parsed("id").map_err(in_owner)).collect()
    }
}

/// Which of the live secrets are meant.
fn choose(
    client_id: &ClientId,
    which: &WhichSecrets,
    live: Vec<SecretId>,
) -> Result<Vec<SecretId>, RefusedReason> {
    match which {
        WhichSecrets::One(id) if live.contains(id) => Ok(vec![id.clone()]),
        WhichSecrets::One(id) => Err(not_found(id)),
        _ if live.is_empty() => Err(RefusedReason::NoLiveSecret { client_id: client_id.clone() }),
        WhichSecrets::TheOnlyOne if live.len() > 1 => {
            Err(RefusedReason::WhichSecret { client_id: client_id.clone() })
        }
        WhichSecrets::TheOnlyOne | WhichSecrets::All => Ok(live),
    }
}

fn exists(id: &SecretId) -> RefusedReason {
    RefusedReason::Exists { what: "secret", id: id.to_string() }
}

fn not_found(id: &SecretId) -> RefusedReason {
    RefusedReason::NotFound { what: "live secret", id: id.to_string() }
}
