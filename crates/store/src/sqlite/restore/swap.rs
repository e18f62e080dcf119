//! The moment itself: the old store gets a second name, and the new one its first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jeton_core::model::Sequence;

use super::{RestoreError, Standing, failed};
use crate::sqlite::folder::{self, REPLACED, with_suffix};

/// Renames the draft over the store, and says where the store is kept that was there.
///
/// A kill before the rename leaves the old store, with a second name that the next opener takes away; after it, the
/// new one. There is no moment without a store.
pub(super) fn swap(
    folder: &Path,
    file: &Path,
    draft: &Path,
    standing: &Standing,
    high_water: Option<Sequence>,
) -> Result<Option<PathBuf>, RestoreError> {
    let sync = || folder::sync(folder).map_err(|source| failed("sync", folder, source));
    let kept = match standing {
        Standing::Nothing => None,
        Standing::Store { sequence } => Some(keep(folder, file, &sequence.0.to_string())?),
        Standing::Damaged { .. } => {
            let name = high_water.map_or_else(|| "damaged".to_owned(), |mark| mark.0.to_string());
            Some(keep(folder, file, &name)?)
        }
    };
    // Only a damaged store has a log here. It must not meet the new store, and may serve whoever mends the old one.
    for end in ["-wal", "-shm", "-journal"] {
        let (left, kept) = (with_suffix(file, end), kept.as_ref().map(|kept| with_suffix(kept, end)));
        let moved = match kept {
            Some(kept) if end != "-shm" => fs::rename(&left, kept),
            _ => fs::remove_file(&left),
        };
        match moved {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(|source| failed("move", &left, source))?,
        }
    }
    sync()?;
    fs::rename(draft, file).map_err(|source| failed("rename", draft, source))?;
    sync()?;
    Ok(kept)
}

/// Gives the store a second name that nothing has yet.
fn keep(folder: &Path, file: &Path, sequence: &str) -> Result<PathBuf, RestoreError> {
    let first = folder.join(format!("{REPLACED}{sequence}"));
    let others = (2..100).map(|number| with_suffix(&first, &format!(".{number}")));
    for name in std::iter::once(first.clone()).chain(others) {
        match fs::hard_link(file, &name) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(failed("keep", &name, source)),
        }
    }
    Err(failed("keep", &first, io::ErrorKind::AlreadyExists.into()))
}
