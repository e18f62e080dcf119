//! The master key: which file holds it, reading it, and making one.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jeton_core::Random;
use jeton_core::master_key::MasterKeys;
use zeroize::Zeroizing;

use super::{Home, Place};
use crate::failure::Failure;

/// The master key's file in the data folder.
pub(super) const MASTER_KEY: &str = "master.key";

/// The name under which systemd hands over the master key (`LoadCredential=`).
const CREDENTIAL: &str = "jeton-master-key";

/// The master key of the configuration, of systemd, or of the folder; `None` where there is none.
pub(crate) fn read_master_key(place: &Place) -> Result<Option<MasterKeys>, Failure> {
    let handed = std::env::var_os("CREDENTIALS_DIRECTORY")
        .map(|folder| PathBuf::from(folder).join(CREDENTIAL))
        .filter(|path| path.exists());
    if let Some((path, origin)) = &place.master_key_file {
        return parse_master_key(path, &format!(" that {origin} names")).map(Some);
    }
    if let Some(path) = handed {
        return parse_master_key(&path, " of CREDENTIALS_DIRECTORY").map(Some);
    }
    let Home::Folder(folder) = &place.home else { return Ok(None) };
    let path = folder.join(MASTER_KEY);
    let mode = match fs::metadata(&path) {
        Ok(metadata) => metadata.mode(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(unusable(&path, "", &why.to_string())),
    };
    if mode & 0o077 != 0 {
        return Err(Failure::configuration(format!(
            "the master key {}: others than its owner may read it: `chmod 600` it, if they have not",
            path.display()
        )));
    }
    parse_master_key(&path, "").map(Some)
}

/// The file in which the master key can be changed.
pub(crate) fn master_key_path(place: &Place) -> Result<PathBuf, Failure> {
    match (&place.master_key_file, &place.home) {
        (Some((path, _)), _) => Ok(path.clone()),
        (None, _) if std::env::var_os("CREDENTIALS_DIRECTORY").is_some() => {
            let why = "the master key is a copy that systemd handed over: name its own file with JETON_MASTER_KEY_FILE";
            Err(Failure::usage(why))
        }
        (None, Home::Folder(folder)) => Ok(folder.join(MASTER_KEY)),
        (None, Home::Postgres(_)) => {
            let why = "no master key is given: name its file with `master_key.file` or JETON_MASTER_KEY_FILE";
            Err(Failure::configuration(why))
        }
    }
}

pub(crate) fn parse_master_key(path: &Path, by: &str) -> Result<MasterKeys, Failure> {
    let text = read_text(path, by)?;
    MasterKeys::parse(&text).map_err(|why| unusable(path, by, &why.to_string()))
}

pub(super) fn read_text(path: &Path, by: &str) -> Result<Zeroizing<String>, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|why| unusable(path, by, &why.to_string()))
}

pub(super) fn make_master_key(folder: &Path, random: &dyn Random) -> Result<MasterKeys, Failure> {
    let path = folder.join(MASTER_KEY);
    // Where another process was quicker, its key is the one.
    write_master_key(&path, random)
        .map_err(|why| unusable(&path, "", &format!("it cannot be made: {why}")))?;
    parse_master_key(&path, "")
}

/// Writes a new master key, complete or not at all: a draft under a name that nobody else has, then its name. Says
/// whether it did; a file that is there stays.
pub(crate) fn write_master_key(path: &Path, random: &dyn Random) -> std::io::Result<bool> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // What a killed start leaves has a name of its own, so it is in nobody's way.
    let draft = tempfile::Builder::new().prefix("master.key.").suffix(".new").tempfile_in(folder);
    // Its error would name the draft, which is nobody's concern.
    let mut draft = draft.map_err(|why| std::io::Error::from(why.kind()))?;
    draft.write_all(MasterKeys::generate(random).as_bytes())?;
    draft.as_file().sync_all()?;
    let named = draft.persist_noclobber(path);
    File::open(folder)?.sync_all()?;
    match named {
        Ok(_) => Ok(true),
        Err(why) if why.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(why) => Err(why.error),
    }
}

pub(super) fn unusable(path: &Path, by: &str, why: &str) -> Failure {
    let failure = Failure::configuration(format!("the master key {}{by}: {why}", path.display()));
    failure.or("name the file of this store's master key, or put it back, for this user alone to read")
}
