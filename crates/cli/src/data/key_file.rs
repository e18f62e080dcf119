//! A change of the master key's file: by one at a time, and whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use jeton_core::master_key::MasterKeys;
use zeroize::Zeroizing;

use super::master_key::{read_text, unusable};
use crate::failure::Failure;

/// The file, as long as nobody else changes it.
pub(crate) struct KeyFile {
    path: PathBuf,
    folder: PathBuf,
    text: Zeroizing<String>,
    keys: MasterKeys,
    _lock: File,
}

impl KeyFile {
    /// Reads it, once nobody else changes it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |why: io::Error| unusable(path, "", &why.to_string());
        // A link stays one.
        let path = fs::canonicalize(path).map_err(failed)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        // The file itself is another after each change, so its folder is locked.
        let lock = File::open(&folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let text = read_text(&path, "")?;
        let keys = MasterKeys::parse(&text).map_err(|why| unusable(&path, "", &why.to_string()))?;
        Ok(Self { path, folder, text, keys, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its keys.
    pub(crate) fn keys(&self) -> &MasterKeys {
        &self.keys
    }

    /// Puts another text in its place, which whoever might read the old one may read.
    pub(crate) fn replace(self, text: &str) -> Result<MasterKeys, Failure> {
        let keys = MasterKeys::parse(text).map_err(|why| unusable(&self.path, "", &why.to_string()))?;
        self.write(text).map_err(|why| {
            Failure::failed(format!(
                "{} cannot be changed, and stays as it is: {why}. Make its folder writable",
                self.path.display()
            ))
        })?;
        Ok(keys)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let before = fs::metadata(&self.path)?;
        let draft = tempfile::Builder::new().prefix("master.key.").suffix(".new").tempfile_in(&self.folder);
        // Its error would name the draft, which is nobody's concern.
        let mut draft = draft.map_err(|why| io::Error::from(why.kind()))?;
        draft.write_all(text.as_bytes())?;
        let made = draft.as_file().metadata()?;
        if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
            fchown(draft.as_file(), Some(before.uid()), Some(before.gid()))?;
        }
        // Until here its owner alone could read it.
        draft.as_file().set_permissions(before.permissions())?;
        draft.as_file().sync_all()?;
        draft.persist(&self.path).map_err(|why| why.error)?;
        File::open(&self.folder)?.sync_all()
    }
}
