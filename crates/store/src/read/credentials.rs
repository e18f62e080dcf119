//! Credentials with their secrets and grants, put together from the parts of one statement.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;
use jeton_core::hash_key::{LookupTag, SecretHash};
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, ScopeName, SecretId};
use jeton_core::imported_hash::ImportedHash;
use jeton_core::model::{Credential, Grant, SecretKind, Sequence, Snapshot, State, StoredSecret};
use jeton_core::networks::read_networks;
use jeton_core::store::{CredentialFilter, Page};
use jeton_core::{StoreError, Timestamp};

use crate::engine::{Engine, REQUEST, SqlStore};
use crate::read::AFTER_ALL;
use crate::read::range::Range;
use crate::rows::{BadColumn, Columns, Row, unknown_part};
use crate::sql::{credentials as sql, secrets};
use crate::statement::values;

/// How many live and how many dead secrets the miss path reads.
pub(crate) const FEW: i64 = 2;
const _: () = assert!(Credential::LIVE_SECRETS == 2 && Credential::DEAD_SECRETS == 2);

/// As many as there are.
const ALL: i64 = i64::MAX;

/// Where all secrets are read, it does not matter which of them live.
const ANY_TIME: i64 = 0;

/// The kind of hash that is made here; an imported one names its algorithm.
pub(crate) const HMAC: &str = "hmac-sha256";

impl<E: Engine> SqlStore<E> {
    /// The miss path: one statement, the same whatever exists.
    pub(crate) async fn find(
        &self,
        environment: &EnvironmentName,
        client_ids: [Option<&ClientId>; 2],
        now: Timestamp,
    ) -> Result<Snapshot<[Option<Credential>; 2]>, StoreError> {
        let [first, second] = client_ids.map(|id| id.map_or("", ClientId::as_str));
        let values = values![now, FEW, environment, first, second];
        let rows = self.0.read_within(REQUEST, sql::FIND, values).await?;
        let (sequence, mut found) = assemble(&rows)?;
        for credential in &mut found {
            credential.secrets.sort_by_key(|secret| !secret.is_live(now));
        }
        let named = |id: &ClientId| found.iter().find(|credential| credential.client_id == *id).cloned();
        Ok(Snapshot { sequence, value: client_ids.map(|id| id.and_then(named)) })
    }

    pub(crate) async fn one_credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Option<Credential>, StoreError> {
        let rows = self.0.read(sql::FIND, values![ANY_TIME, ALL, environment, client_id, ""]).await?;
        Ok(assemble(&rows)?.1.pop())
    }

    pub(crate) async fn find_secret(
        &self,
        tag: &LookupTag,
    ) -> Result<Option<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        let rows = self.0.read(secrets::WITH_TAG, values![tag.0.as_slice()]).await?;
        let Some(row) = rows.first().map(Columns) else { return Ok(None) };
        let read = || Ok((row.parsed("environment")?, row.parsed("client_id")?, row.parsed("id")?));
        read().map(Some).map_err(|bad: BadColumn| bad.of("a secret"))
    }

    pub(crate) async fn list_credentials(
        &self,
        filter: &CredentialFilter,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, StoreError> {
        let Some(ids) = Range::of(filter.id_prefix.as_deref()) else { return Ok(vec![]) };
        if let Some(company) = &filter.company {
            return self.list_of_company(company, filter.environment.as_ref(), &ids, page).await;
        }
        let (after, after_id) =
            page.after.as_ref().map_or(("", ""), |(environment, id)| (environment.as_str(), id.as_str()));
        let environments = match &filter.environment {
            Some(environment) => vec![environment.clone()],
            None => self.environments_from(after).await?,
        };
        let mut found = vec![];
        for environment in environments.iter().filter(|environment| environment.as_str() >= after) {
            let left = page.limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let before = if environment.as_str() == after { after_id } else { "" };
            let from = ids.from(Some(before));
            let values = values![ANY_TIME, ALL, environment, from, &ids.end, before, left];
            found.append(&mut assemble(&self.0.read(sql::LIST, values).await?)?.1);
        }
        Ok(found)
    }

    /// A company has few credentials, so all of them may be looked at.
    async fn list_of_company(
        &self,
        company: &CompanyId,
        environment: Option<&EnvironmentName>,
        ids: &Range,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, StoreError> {
        let environment = environment.map(EnvironmentName::as_str);
        let (first, last) = (environment.unwrap_or(""), environment.unwrap_or(AFTER_ALL));
        let (ids, end) = (&ids.first, &ids.end);
        let after = page.after.as_ref();
        let (after, id) = after.map_or(("", ""), |(environment, id)| (environment.as_str(), id.as_str()));
        // The page begins at whichever is later, the key before or the first that the filter lets through.
        let (from, from_id) = (after, id).max((first, ids));
        let values = values![ANY_TIME, ALL, from, from_id, last, ids, end, after, id, page.limit, company];
        Ok(assemble(&self.0.read(sql::LIST_OF_COMPANY, values).await?)?.1)
    }

    async fn environments_from(&self, first: &str) -> Result<Vec<EnvironmentName>, StoreError> {
        let rows = self.0.read(sql::ENVIRONMENTS, values![first]).await?;
        let name = |row| Columns(row).parsed("name").map_err(|bad| bad.of("a credential"));
        rows.iter().map(name).collect()
    }
}

/// What the parts of one credential are gathered in.
#[derive(Default)]
struct Parts {
    credential: Option<Credential>,
    secrets: Vec<StoredSecret>,
    grants: Vec<Grant>,
}

/// The credentials, by environment and client id, their secrets newest first; and the counter.
fn assemble(rows: &[Row]) -> Result<(Sequence, Vec<Credential>), StoreError> {
    let mut sequence = None;
    let mut found: BTreeMap<(EnvironmentName, ClientId), Parts> = BTreeMap::new();
    for row in rows.iter().map(Columns) {
        let owner = || format!("credential {} in {}", row.shown("client_id"), row.shown("environment"));
        let of_owner = |bad: BadColumn| bad.of(owner());
        let part = row.text("part").map_err(of_owner)?;
        if part == "credential" {
            sequence = Some(row.sequence("sequence").map_err(|bad| bad.of("the counter"))?);
            if row.optional_text("client_id").map_err(of_owner)?.is_none() {
                continue;
            }
        }
        let parts = found.entry(key(row).map_err(of_owner)?).or_default();
        match part {
            "credential" => parts.credential = Some(credential(row).map_err(of_owner)?),
            "secret" => {
                let named = |bad: BadColumn| bad.of(format_args!("{}, secret {}", owner(), row.shown("id")));
                parts.secrets.push(secret(row).map_err(named)?);
            }
            "grant" => {
                let named = |bad: BadColumn| bad.of(format_args!("{}, grant {}", owner(), row.shown("api")));
                parts.grants.push(grant(row).map_err(named)?);
            }
            _ => return Err(unknown_part()),
        }
    }
    let sequence = sequence.ok_or_else(|| StoreError::BadRow("the counter is missing".into()))?;
    Ok((sequence, found.into_values().filter_map(Parts::join).collect()))
}

impl Parts {
    fn join(self) -> Option<Credential> {
        let mut credential = self.credential?;
        credential.secrets = self.secrets;
        credential.secrets.sort_by(|a, b| (Reverse(a.created), &b.id).cmp(&(Reverse(b.created), &a.id)));
        let mut grants = self.grants;
        grants.sort_by(|a, b| a.api.cmp(&b.api));
        credential.grants = grants.into();
        Some(credential)
    }
}

fn key(row: Columns<'_>) -> Result<(EnvironmentName, ClientId), BadColumn> {
    Ok((row.parsed("environment")?, row.parsed("client_id")?))
}

fn credential(row: Columns<'_>) -> Result<Credential, BadColumn> {
    Ok(Credential {
        environment: row.parsed("environment")?,
        client_id: row.parsed("client_id")?,
        company: row.parsed("company")?,
        company_state: row.word("company_state", State::from_word)?,
        label: row.optional_parsed("label")?,
        owner: row.optional_parsed("owner")?,
        networks: networks(row)?,
        state: row.word("state", State::from_word)?,
        handle: row.parsed("handle")?,
        generation: row.integer("generation")?,
        created: row.time("created")?,
        expires: row.optional_time("expires")?,
        revision: row.sequence("revision")?,
        secrets: Vec::new(),
        grants: Arc::default(),
    })
}

fn networks(row: Columns<'_>) -> Result<Vec<IpNet>, BadColumn> {
    let text = row.optional_text("networks")?;
    text.map_or(Ok(vec![]), |text| read_networks(text).ok_or(BadColumn("networks")))
}

fn secret(row: Columns<'_>) -> Result<StoredSecret, BadColumn> {
    Ok(StoredSecret {
        id: row.parsed("id")?,
        kind: row.word("kind", SecretKind::from_word)?,
        hash: hash(row)?,
        lookup_tag: row.optional_array("lookup_tag")?.map(LookupTag),
        last_four: row.text("last_four")?.into(),
        created: row.time("created")?,
        expires: row.optional_time("expires")?,
        revoked: row.optional_time("revoked")?,
    })
}

fn hash(row: Columns<'_>) -> Result<SecretHash, BadColumn> {
    let kind = row.text("hash_kind")?;
    if kind == HMAC {
        return Ok(SecretHash::Hmac { key: row.integer("hash_key")?, code: row.array("hash")? });
    }
    let text = std::str::from_utf8(row.bytes("hash")?).ok();
    let hash: ImportedHash = text.and_then(|text| text.parse().ok()).ok_or(BadColumn("hash"))?;
    if hash.kind() == kind { Ok(SecretHash::Imported(Arc::new(hash))) } else { Err(BadColumn("hash_kind")) }
}

/// No scope holds a space (RFC 6749 section 3.3), so spaces stand between them.
fn grant(row: Columns<'_>) -> Result<Grant, BadColumn> {
    let scopes = row.optional_text("scopes")?.into_iter().flat_map(|scopes| scopes.split(' '));
    let mut scopes: Vec<ScopeName> =
        scopes.map(|scope| scope.parse().map_err(|_| BadColumn("scopes"))).collect::<Result<_, _>>()?;
    scopes.sort_unstable();
    Ok(Grant {
        api: row.parsed("api")?,
        audience: row.parsed("audience")?,
        algorithm: row.parsed("algorithm")?,
        scopes,
    })
}
