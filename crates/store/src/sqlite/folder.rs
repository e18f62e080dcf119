//! The data folder: whose it is, who else may use it, and who opens the store in it now.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::open::{OpenError, Opening};

/// The store's file. `SQLite` gives `jeton.db-wal` and `jeton.db-shm` the same owner and mode.
const FILE: &str = "jeton.db";

/// The file whose lock says that somebody opens the store.
const LOCK: &str = "jeton.lock";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Rights of others that would let them read the file, or put another folder's file in its place. That they see
/// the folder's names does no harm, and is how service managers make folders.
const NOT_FOR_FILES: u32 = 0o077;
const NOT_FOR_FOLDERS: u32 = 0o022;

/// The right to open the store, until dropped.
pub(super) struct Claim {
    file: PathBuf,
    _lock: File,
}

impl Claim {
    /// The store's file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

/// Waits for the right to open the store in `folder`. Blocks; leaves nothing behind where it refuses.
pub(super) fn claim(folder: &Path, how: Opening) -> Result<Claim, OpenError> {
    check_folder(folder, how)?;
    let file = folder.join(FILE);
    check_file(&file, folder, how)?;
    let lock = lock(&folder.join(LOCK))?;
    if how == Opening::MakeIfMissing {
        // By hand, since SQLite would make it with the mode that the umask leaves.
        open_private(&file).map_err(|source| failed("make", &file, source))?;
    }
    Ok(Claim { file, _lock: lock })
}

fn check_folder(folder: &Path, how: Opening) -> Result<(), OpenError> {
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound && how == Opening::MakeIfMissing => {
            make_folder(folder).map_err(|source| failed("make", folder, source))?;
            fs::metadata(folder).map_err(|source| failed("read", folder, source))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::NoFolder { folder: folder.to_owned() });
        }
        Err(source) => return Err(failed("read", folder, source)),
    };
    if !metadata.is_dir() {
        return Err(OpenError::NotAFolder { path: folder.to_owned() });
    }
    check_owner(folder, &metadata)?;
    check_mode(folder, &metadata, NOT_FOR_FOLDERS, FOLDER_MODE)
}

fn check_file(file: &Path, folder: &Path, how: Opening) -> Result<(), OpenError> {
    match fs::metadata(file) {
        Ok(metadata) => {
            check_owner(file, &metadata)?;
            check_mode(file, &metadata, NOT_FOR_FILES, FILE_MODE)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match how {
            Opening::MakeIfMissing => Ok(()),
            Opening::Existing => Err(OpenError::NoStore { folder: folder.to_owned() }),
        },
        Err(source) => Err(failed("read", file, source)),
    }
}

/// Only the last folder is private: those above it are the operator's.
fn make_folder(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        // Another first start was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Even the superuser may not open another user's store: the files that `SQLite` makes beside it would be the
/// superuser's, and lock out the server.
fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), OpenError> {
    if metadata.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(OpenError::OtherOwner { path: path.to_owned(), owner: user_name(metadata.uid()) })
}

fn check_mode(path: &Path, metadata: &Metadata, forbidden: u32, right: u32) -> Result<(), OpenError> {
    let mode = metadata.mode() & 0o7777;
    if mode & forbidden == 0 {
        return Ok(());
    }
    Err(OpenError::OpenToOthers { path: path.to_owned(), mode, right })
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let file = open_private(path).map_err(|source| failed("open", path, source))?;
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

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

/// The name of a user of this machine, or the number in the form that `sudo -u` takes.
pub fn user_name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("#{uid}"))
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn users_are_named_as_sudo_names_them() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(4_000_000_001), "#4000000001");
    }
}
