//! Creations that are asked for again. Who holds the write lock sees every key that was committed, so of two at once
//! the second finds the first.

use jeton_core::StoreError;
use jeton_core::intent::{CreationKey, Intent, RefusedReason};

use super::{Commit, Stop};
use crate::rows::{BadColumn, Columns};
use crate::sql::creations as sql;
use crate::statement::values;

impl Commit<'_> {
    /// Refuses a key that is remembered.
    pub(super) async fn check_creation(&mut self, creation: &CreationKey) -> Result<(), Stop> {
        let Some(row) = self.fetch(sql::FIND, values![creation.key.as_slice(), self.time]).await? else {
            return Ok(());
        };
        let read = || -> Result<RefusedReason, BadColumn> {
            let row = Columns(&row);
            Ok(RefusedReason::Repeated {
                target: row.text("target")?.to_owned(),
                environment: row.optional_parsed("environment")?,
                same_request: row.bytes("request")? == creation.request,
            })
        };
        Err(read().map_err(|bad| bad.of("a creation"))?.into())
    }

    /// Remembers the first thing that the intents make, in the place of one that is remembered no more.
    pub(super) async fn remember_creation(
        &mut self,
        creation: &CreationKey,
        intents: &[Intent],
    ) -> Result<(), StoreError> {
        let made = intents.iter().find_map(|intent| Some((intent.kind(), intent.makes()?)));
        let Some((kind, (environment, target))) = made else { return Ok(()) };
        let values = values![
            creation.key.as_slice(),
            creation.request.as_slice(),
            kind,
            environment.map(jeton_core::id::EnvironmentName::as_str),
            target,
            self.sequence,
            creation.expires,
        ];
        self.execute(sql::REMEMBER, values).await?;
        Ok(())
    }
}
