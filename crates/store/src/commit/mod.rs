//! Commits: intents applied in order, all or nothing, each with its row in `changes`.
//!
//! One file for each kind of target. To add an intent: a method of [`Commit`] in the file of its target, and its
//! arm in [`Commit::apply`]. A refusal is diagnosed after the statement that did nothing, or before one that must
//! not run; either way the transaction holds the write lock, so nothing moves in between.

mod apis;
mod companies;
mod creations;
mod credentials;
mod grants;
mod keys;
mod operators;
mod revocations;
mod secrets;

use std::collections::HashMap;

use jeton_core::intent::{Change, Committed, Intent, Refused, RefusedReason};
use jeton_core::model::Sequence;
use jeton_core::store::CommitError;
use jeton_core::{StoreError, Timestamp};

use crate::changes;
use crate::connection::{Connection, Lent};
use crate::rows::{Columns, Row};
use crate::sql::changes as sql;
use crate::statement::{Value, store_error, values};

/// Applies the intents in one transaction.
pub(crate) async fn commit(
    writer: &mut Lent,
    change: &Change,
    intents: &[Intent],
) -> Result<Committed, CommitError> {
    let mut transaction = writer.begin().await.map_err(store_error)?;
    let mut commit = Commit::begin(transaction.connection(), change.time, !intents.is_empty()).await?;
    let applied = commit.apply_all(change, intents).await;
    let applied = applied.and(rehearsed(change, intents));
    let sequence = commit.sequence;
    match applied {
        Ok(()) => transaction.commit().await.map_err(store_error)?,
        Err(error) => {
            transaction.rollback().await.map_err(store_error)?;
            return Err(error);
        }
    }
    Ok(Committed { sequence })
}

/// What ends a rehearsal that came to its end.
fn rehearsed(change: &Change, intents: &[Intent]) -> Result<(), CommitError> {
    if change.rehearsal {
        let refused = Refused { index: intents.len(), reason: RefusedReason::Rehearsed };
        return Err(CommitError::Refused(refused));
    }
    Ok(())
}

/// A commit that is being made.
pub(crate) struct Commit<'c> {
    connection: Connection<'c>,
    pub(crate) sequence: Sequence,
    time: Timestamp,
    /// The revisions before this commit of the targets that it has met.
    before: HashMap<(&'static str, String), Sequence>,
}

/// What an intent was done to, for its row in `changes`.
pub(crate) struct Done {
    pub(crate) environment: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) target: String,
}

/// Why an intent was not applied.
enum Stop {
    Refused(RefusedReason),
    Store(StoreError),
}

impl Stop {
    /// The error, once it is known which of the intents it stopped.
    fn at(self, index: usize) -> CommitError {
        match self {
            Self::Refused(reason) => CommitError::Refused(Refused { index, reason }),
            Self::Store(error) => CommitError::Store(error),
        }
    }
}

impl From<RefusedReason> for Stop {
    fn from(reason: RefusedReason) -> Self {
        Self::Refused(reason)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<'c> Commit<'c> {
    /// Takes the commit's number first: in a database with many writers that row's lock puts them in order.
    /// A commit of nothing takes none, since a number without a row would look like a trimmed log.
    async fn begin(connection: Connection<'c>, time: Timestamp, raise: bool) -> Result<Self, StoreError> {
        let mut commit = Self { connection, sequence: Sequence::default(), time, before: HashMap::new() };
        let row = commit.fetch(if raise { sql::RAISE } else { sql::SEQUENCE }, values![]).await?;
        let row = row.ok_or_else(|| StoreError::BadRow("the counter is missing".into()))?;
        commit.sequence = Columns(&row).sequence("sequence").map_err(|bad| bad.of("the counter"))?;
        Ok(commit)
    }

    async fn apply_all(&mut self, change: &Change, intents: &[Intent]) -> Result<(), CommitError> {
        let makes = intents.iter().any(|intent| intent.makes().is_some());
        let creation = change.creation.as_ref().filter(|_| makes);
        if let Some(creation) = creation {
            self.check_creation(creation).await.map_err(|stop| stop.at(0))?;
        }
        for (index, intent) in intents.iter().enumerate() {
            let done = self.apply(change, index, intent).await.map_err(|stop| stop.at(index))?;
            changes::record(self, change, index, intent, &done).await?;
        }
        if let Some(creation) = creation {
            self.remember_creation(creation, intents).await?;
        }
        Ok(())
    }

    async fn apply(&mut self, change: &Change, index: usize, intent: &Intent) -> Result<Done, Stop> {
        match intent {
            Intent::CreateCompany { id, name, credential_limit } => {
                self.create_company(id, name, *credential_limit).await
            }
            Intent::UpdateCompany { id, name, credential_limit, expected } => {
                self.update_company(id, name.as_ref(), *credential_limit, *expected).await
            }
            Intent::SetCompanyState { id, state, expected } => {
                self.set_company_state(id, *state, *expected).await
            }
            Intent::CreateApi { id, audience, scopes, algorithm } => {
                self.create_api(id, audience, scopes, *algorithm).await
            }
            Intent::UpdateApi {
                id,
                audience,
                audience_in,
                add_scopes,
                remove_scopes,
                algorithm,
                expected,
            } => {
                let update = apis::Update {
                    audience: audience.as_ref(),
                    audience_in,
                    add_scopes,
                    remove_scopes,
                    algorithm: *algorithm,
                };
                self.update_api(id, update, *expected).await
            }
            Intent::DeleteApi { id, expected } => self.delete_api(id, *expected).await,
            Intent::CreateCredential { environment, client_id, company, label, owner, networks, handle } => {
                let (label, owner) = (label.as_ref(), owner.as_ref());
                let given = credentials::Given { company, label, owner, networks, handle };
                self.create_credential(environment, client_id, given).await
            }
            Intent::UpdateCredential {
                environment,
                client_id,
                label,
                owner,
                networks,
                expires,
                expected,
            } => {
                let update = credentials::Update {
                    label: label.as_ref(),
                    owner: owner.as_ref(),
                    networks: networks.as_deref(),
                    expires: expires.as_ref(),
                };
                self.update_credential(environment, client_id, update, *expected).await
            }
            Intent::SetCredentialState { environment, client_id, state, expected } => {
                self.set_credential_state(environment, client_id, *state, *expected).await
            }
            Intent::AddGrant { environment, client_id, api, scopes, expected } => {
                self.add_grant(environment, client_id, api, scopes.as_deref(), *expected).await
            }
            Intent::RemoveGrant { environment, client_id, api, scopes, expected } => {
                self.remove_grant(environment, client_id, api, scopes.as_deref(), *expected).await
            }
            Intent::AddSecret { environment, client_id, secret, expected } => {
                self.add_secret(environment, client_id, secret, *expected).await
            }
            Intent::ExpireSecrets { environment, client_id, which, expires, expected } => {
                self.expire_secrets(environment, client_id, which, *expires, *expected).await
            }
            Intent::RevokeSecrets { environment, client_id, which, expected } => {
                self.revoke_secrets(environment, client_id, which, *expected).await
            }
            Intent::RevokeToken { environment, client_id, jti, expires, expected } => {
                self.revoke_token(environment, client_id, jti, *expires, *expected).await
            }
            Intent::RevokeTokens { environment, client_id, expected } => {
                self.revoke_tokens(environment, client_id, *expected).await
            }
            Intent::RevokeTokensOfCompany { id, expected } => {
                self.revoke_tokens_of_company(id, *expected).await
            }
            Intent::AddSigningKey(key) => self.add_signing_key(key).await,
            Intent::MoveSigningKey(step) => self.move_signing_key(step).await,
            Intent::AddHashKey(key) => self.add_hash_key(key).await,
            Intent::RemoveHashKey { number, locks_out } => self.remove_hash_key(*number, *locks_out).await,
            Intent::SetMasterKeyCheck(check) => self.set_master_key_check(check).await,
            Intent::Reseal { master_key, rows } => self.reseal(master_key, rows).await,
            Intent::SetAuditKey(key) => self.set_audit_key(change, index, key).await,
            Intent::RecordRefusal { target, environment } => Ok(Done {
                environment: environment.as_ref().map(ToString::to_string),
                company: None,
                target: target.clone(),
            }),
        }
    }

    /// Refuses where the target was changed since it was read. What this very commit did to it does not count,
    /// so that several intents may carry the one revision that was read.
    fn check_revision(
        &mut self,
        target: &Target<'_>,
        found: Sequence,
        expected: Option<Sequence>,
    ) -> Result<(), RefusedReason> {
        let key = format!("{}/{}", target.environment, target.id);
        let before = *self.before.entry((target.what, key)).or_insert(found);
        if expected.is_some_and(|expected| expected != before) {
            return Err(RefusedReason::RevisionChanged { what: target.what, id: target.id.to_owned() });
        }
        Ok(())
    }

    /// For what is written beside the intents.
    pub(crate) fn connection(&mut self) -> &mut Connection<'c> {
        &mut self.connection
    }

    /// How many rows the statement wrote.
    async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.connection.execute(sql, values).await.map_err(store_error)
    }

    async fn fetch(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        self.connection.fetch_optional(sql, values).await.map_err(store_error)
    }

    async fn fetch_all(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.connection.fetch_all(sql, values).await.map_err(store_error)
    }
}

/// What an intent is about, in the words of a refusal.
struct Target<'a> {
    what: &'static str,
    /// Empty where it is in none.
    environment: &'a str,
    id: &'a str,
}

impl Target<'_> {
    fn not_found(&self) -> RefusedReason {
        RefusedReason::NotFound { what: self.what, id: self.id.to_owned() }
    }

    fn exists(&self) -> RefusedReason {
        RefusedReason::Exists { what: self.what, id: self.id.to_owned() }
    }

    fn spent(&self) -> RefusedReason {
        RefusedReason::Spent { what: self.what, id: self.id.to_owned() }
    }

    fn already_in(&self, state: jeton_core::model::State) -> RefusedReason {
        RefusedReason::AlreadyIn { what: self.what, id: self.id.to_owned(), state }
    }
}
