//! A folder that is to take a copy of another store, and has none of its own.

use std::fs::File;
use std::path::{Path, PathBuf};

use jeton_core::model::Sequence;

use super::draft::Draft;
use super::{RestoreError, Standing, failed, standing, swap};
use crate::contents::Contents;
use crate::copy::{Copied, MoveError, Source};
use crate::sqlite::claim::{Claim, claim_alone};
use crate::sqlite::fill::{FillError, fill};
use crate::sqlite::high_water;
use crate::sqlite::open::blocking;

/// A folder without a store. Nobody of ours makes one in it meanwhile.
pub(crate) struct NewFolder {
    // Dropped in this order: the draft is removed while others are still kept out.
    draft: Draft,
    claim: Claim,
    folder: PathBuf,
    sequence: Sequence,
}

impl NewFolder {
    /// Keeps others out of the folder, which is made where it is missing.
    pub(crate) async fn claim(folder: &Path, contents: &Contents) -> Result<Self, MoveError> {
        let folder = folder.to_owned();
        let path = folder.clone();
        let claim = blocking(move || claim_alone(&path)).await.map_err(MoveError::TargetFolder)?;
        let (standing, _) = standing::look(claim.file(), &folder, contents).await?;
        // A higher mark than the copy's is that of another store, and would be taken for a warning.
        let another = high_water::read(&folder).is_some_and(|mark| mark > contents.sequence);
        if standing != Standing::Nothing || another {
            return Err(MoveError::Occupied { at: format!("in {}", folder.display()) });
        }
        let path = folder.clone();
        let draft = blocking(move || Draft::empty(&path)).await?;
        Ok(Self { draft, claim, folder, sequence: contents.sequence })
    }

    /// Makes the store.
    pub(crate) async fn fill(self, source: &mut Source) -> Result<Vec<Copied>, MoveError> {
        let copied = fill(self.draft.path(), source).await?;
        let put = move || {
            let Self { draft, claim, folder, sequence } = self;
            let claim = claim;
            let path = draft.path();
            let sync = File::open(path).and_then(|file| file.sync_all());
            sync.map_err(|source| failed("sync", path, source))?;
            swap::swap(&folder, claim.file(), path, &Standing::Nothing, None)?;
            // One that is missing rises with the next who opens the store.
            if let Err(error) = high_water::raise_in(&folder, sequence) {
                tracing::warn!(%error, "the high-water mark cannot be written");
            }
            Ok::<_, RestoreError>(())
        };
        blocking(put).await?;
        Ok(copied)
    }
}

impl From<RestoreError> for MoveError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Open(why) => Self::TargetFolder(why),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<FillError> for MoveError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Open(why) => Self::TargetFolder(why),
            FillError::Copy(why) => Self::Copy(why),
            FillError::Sqlite(why) => Self::Failed(why.to_string()),
        }
    }
}
