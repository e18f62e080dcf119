//! What is in a store, on whatever database.
//!
//! To count one thing more: a field of [`Contents`], and its column in `sql/whole.rs`.

use jeton_core::StoreError;
use jeton_core::master_key::Sealed;
use jeton_core::model::Sequence;

use crate::connection::Connection;
use crate::rows::{BadColumn, Columns};
use crate::sql::whole as sql;
use crate::statement::{store_error, values};

/// What is in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The last commit.
    pub sequence: Sequence,
    /// Companies that are not deleted.
    pub companies: u32,
    /// Credentials that are not deleted.
    pub credentials: u32,
    /// APIs.
    pub apis: u32,
    /// Signing keys that are not removed.
    pub signing_keys: u32,
    /// What proves a master key right, if there is a master key yet.
    pub master_key_check: Option<Sealed>,
}

impl Contents {
    pub(crate) async fn read(connection: &mut Connection<'_>) -> Result<Self, StoreError> {
        let row = connection.fetch_optional(sql::CONTENTS, values![]).await.map_err(store_error)?;
        let row = row.ok_or_else(|| StoreError::BadRow("the counter is missing".into()))?;
        let row = Columns(&row);
        let read = || -> Result<Self, BadColumn> {
            let proven = row.optional_text("master_key")?.is_some();
            Ok(Self {
                sequence: row.sequence("sequence")?,
                companies: row.count("companies")?,
                credentials: row.count("credentials")?,
                apis: row.count("apis")?,
                signing_keys: row.count("signing_keys")?,
                master_key_check: if proven { Some(row.sealed("sealed")?) } else { None },
            })
        };
        read().map_err(|bad| bad.of("the counter"))
    }
}
