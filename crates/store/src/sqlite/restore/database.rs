//! A `PostgreSQL` that takes the contents of a backup.

use jeton_core::model::Sequence;
use sqlx::Error;

use super::draft::{Draft, jump};
use super::loss::Log;
use super::standing::{self, Standing};
use super::{RestoreError, refused};
use crate::contents::Contents;
use crate::copy::{self, Source};
use crate::postgres::{Endpoint, Target};
use jeton_core::intent::Change;

/// A database whose writers wait until the restore is over.
#[derive(Debug)]
pub(super) struct Database(Target);

impl Database {
    /// Keeps writers out, and finds out what is there.
    pub(super) async fn claim(
        endpoint: &Endpoint,
        backup: &Contents,
    ) -> Result<(Self, Standing, Option<Log>), RestoreError> {
        let mut target = Target::begin(endpoint).await?;
        let (standing, log) = standing::read(&mut target.connection(), backup).await;
        Ok((Self(target), standing, log))
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        self.0.endpoint()
    }

    /// Puts the draft in the place of what is there, in one moment for all who read.
    pub(super) async fn replace(
        mut self,
        draft: &Draft,
        change: &Change,
        backup: Sequence,
        sequence: Sequence,
        generations_by: Option<i64>,
    ) -> Result<(), RestoreError> {
        let failed = |error: Error| refused(&error);
        let mut source =
            Source::file(draft.path()).await.map_err(|why| RestoreError::Failed(why.to_string()))?;
        copy::copy(&mut source.connection(), &mut self.0.connection()).await?;
        jump(&mut self.0.connection(), change, backup, sequence, generations_by).await?;
        self.0.commit().await.map_err(failed)?;
        source.close().await.map_err(failed)
    }
}
