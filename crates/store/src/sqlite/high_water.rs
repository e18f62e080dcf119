//! The high-water mark: the highest sequence that was ever seen in a data folder, in a file outside of the store, so
//! that an older copy of the store is known as one.
//!
//! It follows the commits and holds none up: whoever sees a sequence notes it, and a thread beside writes it down,
//! unsynced. So it may lag: behind a process that was killed, by its last commits, until anybody opens the store or
//! a running server polls it; after a power cut, by what the kernel had not written (30 seconds, as Linux is set).
//! It never runs ahead. See `docs/adr/0009-restoring-an-older-backup.md`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jeton_core::model::Sequence;

use super::folder::{self, HIGH_WATER};

/// The mark of one data folder, as one process sees it.
#[derive(Debug)]
pub(super) struct HighWater {
    path: PathBuf,
    seen: AtomicI64,
    written: AtomicI64,
    writing: AtomicBool,
    failing: AtomicBool,
}

impl HighWater {
    pub(super) fn of(folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            path: folder.join(HIGH_WATER),
            seen: AtomicI64::new(0),
            written: AtomicI64::new(0),
            writing: AtomicBool::new(false),
            failing: AtomicBool::new(false),
        })
    }

    /// Takes notice of a sequence of the store. Costs an atomic maximum where it is not a new one.
    pub(super) fn note(self: &Arc<Self>, sequence: Sequence) {
        let before = self.seen.fetch_max(sequence.0, Ordering::AcqRel);
        if before < sequence.0 && !self.writing.swap(true, Ordering::AcqRel) {
            let mark = Arc::clone(self);
            // Nobody waits for it.
            drop(tokio::task::spawn_blocking(move || mark.catch_up()));
        }
    }

    /// Waits until what was noted is written.
    pub(super) async fn settle(self: &Arc<Self>) {
        if self.is_behind() {
            let mark = Arc::clone(self);
            // It fails only where it panics, which has been said.
            drop(tokio::task::spawn_blocking(move || mark.write()).await);
        }
    }

    /// One thread writes for all who noted meanwhile.
    fn catch_up(&self) {
        loop {
            let written = self.write();
            self.writing.store(false, Ordering::Release);
            if !written || !self.is_behind() || self.writing.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    fn is_behind(&self) -> bool {
        self.written.load(Ordering::Acquire) < self.seen.load(Ordering::Acquire)
    }

    /// Whether it could be written; the next note tries again. A failure is logged when it begins.
    fn write(&self) -> bool {
        let sequence = self.seen.load(Ordering::Acquire);
        let raised = raise(&self.path, Sequence(sequence));
        let failed_before = self.failing.swap(raised.is_err(), Ordering::AcqRel);
        match raised {
            Ok(()) => {
                self.written.fetch_max(sequence, Ordering::AcqRel);
                true
            }
            Err(error) => {
                if !failed_before {
                    tracing::warn!(%error, path = %self.path.display(), "the high-water mark cannot be written");
                }
                false
            }
        }
    }
}

/// The mark of a folder; `None` where there is none, or none that can be believed.
pub(super) fn read(folder: &Path) -> Option<Sequence> {
    fs::read_to_string(folder.join(HIGH_WATER)).ok().and_then(|text| parse(&text))
}

/// Raises the mark of a folder; never lowers it.
pub(super) fn raise_in(folder: &Path, sequence: Sequence) -> io::Result<()> {
    raise(&folder.join(HIGH_WATER), sequence)
}

fn raise(path: &Path, sequence: Sequence) -> io::Result<()> {
    let mut file: File = folder::open_private(path)?;
    // Against other processes: reading, comparing and writing are one.
    file.lock()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if parse(&String::from_utf8_lossy(&bytes)).is_none_or(|before| before < sequence) {
        let text = format!("{0:020} {0:020}\n", sequence.0);
        if bytes.len() != text.len() {
            file.set_len(0)?;
        }
        // In place, and always as long: there is no moment without a mark.
        file.write_all_at(text.as_bytes(), 0)?;
    }
    Ok(())
}

/// The number stands there twice, so that one that was damaged is not believed.
fn parse(text: &str) -> Option<Sequence> {
    let (once, twice) = text.strip_suffix('\n')?.split_once(' ')?;
    if once == twice { once.parse().ok().map(Sequence) } else { None }
}

#[cfg(test)]
mod tests {
    use jeton_core::model::Sequence;

    use super::{parse, raise, read};
    use crate::sqlite::folder::HIGH_WATER;

    #[test]
    fn it_rises_and_never_falls() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()), None);
        for (raised, mark) in [(0, 0), (7, 7), (3, 7), (1_000_000, 1_000_000), (i64::MAX, i64::MAX)] {
            raise(&folder.path().join(HIGH_WATER), Sequence(raised)).expect("it is written");
            assert_eq!(read(folder.path()), Some(Sequence(mark)));
        }
    }

    #[test]
    fn a_damaged_one_is_not_believed_and_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(HIGH_WATER);
        for damaged in ["", "\n", "7", "7 7", "7 8\n", "x x\n", "00000000000000000007 90000000000000000007\n"]
        {
            std::fs::write(&path, damaged).expect("it is written");
            assert_eq!(read(folder.path()), None, "{damaged:?}");
        }
        raise(&path, Sequence(5)).expect("it is written");
        assert_eq!(read(folder.path()), Some(Sequence(5)));
        assert_eq!(parse("5 5\n"), Some(Sequence(5)));
    }
}
