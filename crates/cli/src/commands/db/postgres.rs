//! `jeton db status` on a `PostgreSQL`.

use jeton_store::{Contents, inspect_postgres};
use serde_json::json;

use super::{MasterKey, master_key, schema_is_newer};
use crate::args::Format;
use crate::data::{Place, Postgres};
use crate::failure::Failure;
use crate::output;

pub(super) async fn status(place: &Place, postgres: &Postgres, format: Format) -> Result<(), Failure> {
    let status = inspect_postgres(postgres.direct()).await?;
    let contents = status.contents.as_ref().ok();
    let master_key = master_key(place, contents.and_then(|contents| contents.master_key_check.as_ref()));
    let count = |of: fn(&Contents) -> u32| contents.map(of);
    output::one(
        format,
        &json!({
            "database": postgres.direct().to_string(),
            "postgresql": status.server,
            "schema": status.schema,
            "newest_schema": status.newest_schema,
            "sequence": contents.map(|contents| contents.sequence),
            "companies": count(|contents| contents.companies),
            "credentials": count(|contents| contents.credentials),
            "apis": count(|contents| contents.apis),
            "signing_keys": count(|contents| contents.signing_keys),
            "master_key": master_key.as_str(),
        }),
    )?;
    let mut failed = vec![];
    failed.extend(status.contents.err().map(|why| why.to_string()));
    failed.extend(status.least_schema.map(schema_is_newer));
    if let MasterKey::Wrong(why) = master_key {
        failed.push(why);
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::check_failed(failed.join("; "))) }
}
