//! The checkout: its root, and its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Outcome;

/// Folders that hold nothing of ours, wherever they stand: what .gitignore names, and Git itself.
const SKIPPED: &[&str] = &[".git", "target", "jeton-data"];

/// A file of the checkout that is text.
pub(crate) struct TextFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ stands in the root")
}

/// Where Cargo builds.
pub(crate) fn target_folder() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(named)
}

/// Every text file of the checkout whose name ends in one of `endings` (all text files where none is given), sorted.
/// Read from the disk and not from Git, so that a file counts before it is added, and in a copy without a history.
pub(crate) fn text_files(endings: &[&str]) -> Outcome<Vec<TextFile>> {
    let mut paths = Vec::new();
    collect(root(), &mut paths).map_err(|why| format!("the checkout cannot be read: {why}"))?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let relative = path.strip_prefix(root()).expect("it was found below the root").to_string_lossy();
        if !endings.is_empty() && !endings.iter().any(|ending| relative.ends_with(ending)) {
            continue;
        }
        let bytes = fs::read(&path).map_err(|why| format!("{relative} cannot be read: {why}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile { path: relative.into_owned(), text });
        }
    }
    Ok(files)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            collect(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}
