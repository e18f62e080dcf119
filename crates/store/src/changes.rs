//! What was done: written by [`write()`] and nothing else, with each intent and with each restore; read by the pollers
//! of all nodes.
//!
//! To add a kind of change: its arm in [`invalidates`].

use jeton_core::StoreError;
use jeton_core::audit::{AuditRow, Position};
use jeton_core::intent::{Change, ChangeKind, Intent};
use jeton_core::model::Sequence;
use jeton_core::store::{ChangeRow, Changes};

use crate::audit;
use crate::commit::{Commit, Done};
use crate::connection::Connection;
use crate::engine::{Engine, POLL, SqlStore};
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::changes as sql;
use crate::statement::values;

/// What `outcome` says of a change that was done.
const DONE: &str = "done";

/// What it says of a call that was refused.
const REFUSED: &str = "refused";

/// What a row says of a restore. No intent does it, so it is no [`ChangeKind`]: who follows the changes meets a word
/// that stands for anything, and trusts nothing that was read before.
const RESTORED: &str = "store.restored";

/// Writes the row of one intent.
pub(crate) async fn record(
    commit: &mut Commit<'_>,
    change: &Change,
    position: usize,
    intent: &Intent,
    done: &Done,
) -> Result<(), StoreError> {
    let row = Said {
        position: i64::try_from(position).unwrap_or(i64::MAX),
        kind: intent.kind().as_str(),
        environment: done.environment.as_deref(),
        company: done.company.as_deref(),
        target: &done.target,
        outcome: if matches!(intent, Intent::RecordRefusal { .. }) { REFUSED } else { DONE },
        invalidates: invalidates(intent),
    };
    let sequence = commit.sequence;
    write(commit.connection(), sequence, change, &row, audit::WithoutKey::Refused).await
}

/// Writes the row of a restore; its target is the sequence of the backup. A backup may be restored without its master
/// key: then the row stands outside of the audit chain, which says so.
pub(crate) async fn record_restore(
    connection: &mut Connection<'_>,
    change: &Change,
    sequence: Sequence,
    backup: Sequence,
) -> Result<(), StoreError> {
    let target = &backup.0.to_string();
    let row = Said {
        position: 0,
        kind: RESTORED,
        environment: None,
        company: None,
        target,
        outcome: DONE,
        invalidates: true,
    };
    write(connection, sequence, change, &row, audit::WithoutKey::StandsOutside).await
}

/// What a row says beside who did it, when and why.
struct Said<'a> {
    position: i64,
    kind: &'static str,
    environment: Option<&'a str>,
    company: Option<&'a str>,
    target: &'a str,
    outcome: &'static str,
    invalidates: bool,
}

/// Writes one row, as the next of the audit chain.
async fn write(
    connection: &mut Connection<'_>,
    sequence: Sequence,
    change: &Change,
    row: &Said<'_>,
    without_key: audit::WithoutKey,
) -> Result<(), StoreError> {
    let row = AuditRow {
        at: Position { sequence, position: row.position },
        time: change.time,
        actor: change.actor.to_string(),
        address: change.address.map(|address| address.to_string()),
        request_id: change.request_id.clone(),
        reason: change.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        kind: row.kind.to_owned(),
        environment: row.environment.map(str::to_owned),
        company: row.company.map(str::to_owned),
        target: row.target.to_owned(),
        outcome: row.outcome.to_owned(),
        invalidates: row.invalidates.into(),
        digest: Vec::new(),
    };
    audit::append(connection, change, row, without_key).await
}

/// Whether what was read before may answer a token request no more.
fn invalidates(intent: &Intent) -> bool {
    match intent {
        // No token says a label or an owner.
        Intent::UpdateCredential { expires, networks, .. } => expires.is_some() || networks.is_some(),
        // Nor a company's name; a limit stops new credentials only; the check value is for starts.
        Intent::CreateCompany { .. }
        | Intent::UpdateCompany { .. }
        | Intent::SetMasterKeyCheck(_)
        // The same keys, in another box.
        | Intent::Reseal { .. }
        // No token says who was refused, or what vouches for the record.
        | Intent::SetAuditKey(_)
        | Intent::RecordRefusal { .. } => false,
        // That there is no such credential is remembered too, so making one counts. Of APIs every change does:
        // they are rare, and the rule is easy to rely on.
        Intent::SetCompanyState { .. }
        | Intent::CreateApi { .. }
        | Intent::UpdateApi { .. }
        | Intent::DeleteApi { .. }
        | Intent::CreateCredential { .. }
        | Intent::SetCredentialState { .. }
        | Intent::AddGrant { .. }
        | Intent::RemoveGrant { .. }
        | Intent::AddSecret { .. }
        | Intent::RevokeSecrets { .. }
        | Intent::ExpireSecrets { .. }
        // A token that is one too many raises the generation, which the next tokens must say.
        | Intent::RevokeToken { .. }
        | Intent::RevokeTokens { .. }
        | Intent::RevokeTokensOfCompany { .. }
        | Intent::AddSigningKey(_)
        | Intent::MoveSigningKey(_)
        | Intent::AddHashKey(_)
        | Intent::RemoveHashKey { .. } => true,
    }
}

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn changes_since(&self, since: Sequence, limit: u32) -> Result<Changes, StoreError> {
        let rows = self.0.read_within(POLL, sql::SINCE, values![since, limit]).await?;
        let in_a_change = |bad: BadColumn| bad.of("a change");
        let first = rows.first().ok_or_else(|| StoreError::BadRow("the counter is missing".into()))?;
        let sequence = Columns(first).sequence("last").map_err(in_a_change)?;
        let rows = rows.iter().filter_map(|row| change_row(row).map_err(in_a_change).transpose());
        Ok(Changes { sequence, rows: rows.collect::<Result<_, _>>()? })
    }
}

/// `None` for the row that stands for none.
fn change_row(row: &Row) -> Result<Option<ChangeRow>, BadColumn> {
    let row = Columns(row);
    let Some(sequence) = row.optional_integer("sequence")?.map(Sequence) else { return Ok(None) };
    Ok(Some(legible(row, sequence).unwrap_or_else(|_| illegible(sequence))))
}

fn legible(row: Columns<'_>, sequence: Sequence) -> Result<ChangeRow, BadColumn> {
    Ok(ChangeRow {
        sequence,
        kind: ChangeKind::from_word(row.text("kind")?),
        environment: row.optional_parsed("environment")?,
        company: row.optional_parsed("company")?,
        target: row.text("target")?.to_owned(),
        invalidates: row.integer("invalidates")? != 0,
    })
}

/// A row that cannot be read must not stop those who follow the changes, so it stands for anything.
fn illegible(sequence: Sequence) -> ChangeRow {
    ChangeRow {
        sequence,
        kind: None,
        environment: None,
        company: None,
        target: String::new(),
        invalidates: true,
    }
}
