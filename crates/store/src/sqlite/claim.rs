//! Who opens the store now, and who has it open: two locks, each on a file of its own.
//!
//! The first, on `jeton.lock`, is held alone, while a store is opened: first starts would otherwise race, since
//! `SQLite` has no lock that spans a migration. The second, on `jeton.in-use`, is shared by all who have the store
//! open, for as long as they do, so that a restore can know that nobody has. They cannot be one: what the server
//! holds all day must not keep the command line out.
//!
//! Who wants both takes them in this order. The second is taken alone only by who holds the first, so that taking it
//! shared never waits.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::folder::{
    self, DRAFT, IN_USE, OPENING, REPLACED, STORE, check_file, check_folder, database_files, failed,
};
use super::open::OpenError;
use crate::opening::Opening;

/// The right to open the store, until dropped, and a part in its use.
#[derive(Debug)]
pub(super) struct Claim {
    file: PathBuf,
    in_use: File,
    _opening: File,
}

impl Claim {
    /// The store's file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Lets others open the store; what is given back says that it is in use, until dropped or unlocked.
    pub(super) fn opened(self) -> File {
        self.in_use
    }
}

/// Waits for the right to open the store in `folder`. Blocks; leaves nothing behind where it refuses.
pub(super) fn claim(folder: &Path, how: Opening) -> Result<Claim, OpenError> {
    let claim = take(folder, how, |in_use| in_use.lock_shared().map_err(TryLockError::Error))?;
    if how == Opening::MakeIfMissing {
        // By hand, since SQLite would make it with the mode that the umask leaves.
        folder::open_private(&claim.file).map_err(|source| failed("make", &claim.file, source))?;
    }
    Ok(claim)
}

/// The right to replace the store in `folder`, which need not have one. Nobody of ours opens it meanwhile.
pub(super) fn claim_alone(folder: &Path) -> Result<Claim, OpenError> {
    take(folder, Opening::MakeIfMissing, File::try_lock)
}

fn take(
    folder: &Path,
    how: Opening,
    share: fn(&File) -> Result<(), TryLockError>,
) -> Result<Claim, OpenError> {
    check_folder(folder, how)?;
    let file = folder.join(STORE);
    check_file(&file, folder, how)?;
    let opening = lock(&folder.join(OPENING))?;
    let path = folder.join(IN_USE);
    let in_use = folder::open_private(&path).map_err(|source| failed("open", &path, source))?;
    share(&in_use).map_err(|why| match why {
        TryLockError::WouldBlock => OpenError::InUse { folder: folder.to_owned() },
        TryLockError::Error(source) => failed("lock", &path, source),
    })?;
    clear_interrupted_restore(folder, &file).map_err(|source| failed("clear", folder, source))?;
    Ok(Claim { file, in_use, _opening: opening })
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let file = folder::open_private(path).map_err(|source| failed("open", path, source))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            tracing::info!("waiting for another process that is opening the same store");
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock", path, source)),
    }
    file.lock().map_err(|source| failed("lock", path, source))?;
    Ok(file)
}

/// Removes what a restore left that was killed: its draft, and the second name of a store that it did not replace.
/// Who calls it holds the first lock, so no restore is at work.
fn clear_interrupted_restore(folder: &Path, file: &Path) -> io::Result<()> {
    for left in database_files(&folder.join(DRAFT)) {
        folder::remove(&left)?;
    }
    let store = match fs::metadata(file) {
        Ok(store) if store.nlink() > 1 => store,
        _ => return Ok(()),
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_second_name = entry.file_name().to_string_lossy().starts_with(REPLACED)
            && entry.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (store.dev(), store.ino()));
        if is_second_name {
            folder::remove(&entry.path())?;
        }
    }
    Ok(())
}
