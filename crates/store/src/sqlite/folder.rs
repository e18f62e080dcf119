//! The data folder: its files, whose it is, and who else may use it.
//!
//! To add a file: its name here, so that one look tells what may lie in the folder.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::open::OpenError;
use crate::opening::Opening;

/// The store's file. `SQLite` gives `jeton.db-wal` and `jeton.db-shm` the same owner and mode.
pub(super) const STORE: &str = "jeton.db";

/// The file whose lock says that somebody opens the store.
pub(super) const OPENING: &str = "jeton.lock";

/// The file whose lock says that somebody has the store open.
pub(super) const IN_USE: &str = "jeton.in-use";

/// The highest sequence that was ever seen here, outside of the store.
pub(super) const HIGH_WATER: &str = "jeton.high-water";

/// The store that a restore prepares.
pub(super) const DRAFT: &str = "jeton.db.restoring";

/// Before the sequence, in the name of a store that a restore replaced.
pub(super) const REPLACED: &str = "jeton.db.before-";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Rights of others that would let them read the file, or put another folder's file in its place. That they see
/// the folder's names does no harm, and is how service managers make folders.
const NOT_FOR_FILES: u32 = 0o077;
const NOT_FOR_FOLDERS: u32 = 0o022;

/// Whether the folder is fit for a store; made where it may be.
pub(super) fn check_folder(folder: &Path, how: Opening) -> Result<(), OpenError> {
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

/// Whether the store is fit to be opened.
pub(super) fn check_file(file: &Path, folder: &Path, how: Opening) -> Result<(), OpenError> {
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

/// Opens a file for nobody else, and makes it where it is missing.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

/// Brings the names in a folder to the disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The files that `SQLite` may have for a database: itself, then what it keeps beside.
pub(super) fn database_files(database: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "-wal", "-shm", "-journal"].into_iter().map(|end| with_suffix(database, end))
}

/// A path whose name goes on with `end`.
pub(super) fn with_suffix(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
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

pub(super) fn failed(doing: &'static str, path: &Path, source: io::Error) -> OpenError {
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
