//! A folder for as long as a measurement takes.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::process::Outcome;

/// It is removed when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Outcome<Self> {
        Self::named("")
    }

    /// Another one beside it, whose name ends so.
    pub(crate) fn named(end: &str) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("jeton-xtask-{}{end}", std::process::id()));
        // It fails where somebody else has made it.
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(Self(path))
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever clears temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
