//! Another master key for the store.

use super::{Admin, AdminError};
use crate::intent::Intent;
use crate::reseal::{Owner, reseal, sealed_under};

impl Admin {
    /// Seals everything anew that is not under the newest master key, in one commit, and says how many rows that were.
    pub async fn re_encrypt(&self) -> Result<usize, AdminError> {
        let keys = self.store.keys().await?.value;
        let rows = reseal(&keys, &self.master, &*self.random)?;
        let count = rows.len();
        if count > 0 {
            self.commit(&[Intent::Reseal { master_key: self.master.newest().to_owned(), rows }]).await?;
        }
        Ok(count)
    }

    /// What only the master key of this name opens.
    pub async fn sealed_under(&self, name: &str) -> Result<Vec<Owner>, AdminError> {
        Ok(sealed_under(&self.store.keys().await?.value, name))
    }
}
