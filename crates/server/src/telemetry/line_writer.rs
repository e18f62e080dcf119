//! Lines that are gathered and written by a thread of their own, many at once.
//!
//! To wake that thread and enter the kernel for each line cost more than all else that is done for a line
//! (`docs/performance.md`). So it sleeps on for a moment after the first line, and takes what has come by then.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// For how long lines are gathered: what a process that is killed loses of them.
const GATHER: Duration = Duration::from_millis(25);

/// How many bytes wait at the most for an other end that reads nothing.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How long the end of the process may wait for that other end.
const END: Duration = Duration::from_secs(1);

/// Writes what its [`Lines`] are given. Dropped, it writes what is left, for as long as that is taken.
#[derive(Debug)]
pub struct LineWriter(Arc<Shared>);

/// Where lines are put. Clones put them in the same place.
#[derive(Debug, Clone)]
pub struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Lines for which there was no room, and which nobody was told of yet.
    dropped: u64,
    /// The thread has nothing to do, and is to be woken.
    rests: bool,
    ending: bool,
    ended: bool,
}

impl LineWriter {
    /// Starts the thread that writes to `out`.
    pub fn start(out: impl Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || own.write_all(out));
        if let Err(why) = thread {
            // Nothing is logged then, and this is the last chance to say so.
            let _ = writeln!(io::stderr(), "there is no log: its thread cannot be started: {why}");
        }
        Self(shared)
    }

    /// Where to put lines.
    pub fn lines(&self) -> Lines {
        Lines(Arc::clone(&self.0))
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ending = true;
        self.0.changed.notify_all();
        // Whoever reads nothing does not keep the process alive.
        let waited = self.0.changed.wait_timeout_while(state, END, |state| !state.ended);
        drop(waited);
    }
}

impl Lines {
    /// Puts a whole line there, or drops it where there is no room.
    pub fn append(&self, line: &[u8]) {
        let mut state = self.0.lock();
        if state.lines.len() + line.len() > MOST_BYTES {
            state.dropped += 1;
            return;
        }
        state.lines.extend_from_slice(line);
        if std::mem::take(&mut state.rests) {
            self.0.changed.notify_all();
        }
    }
}

/// For what writes each line by one call, as `tracing_subscriber` does.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it panics; if something did, lines are lines.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let (dropped, ending) = self.gather(&mut lines);
            // Who cannot be written to cannot be told so either.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            if ending {
                break;
            }
            if dropped > 0 {
                tracing::warn!(
                    dropped,
                    "lines of the log found no room, since nothing read those before them"
                );
            }
            lines.clear();
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits for lines, and takes them, with the number of those that were dropped, and whether these are the last.
    fn gather(&self, lines: &mut Vec<u8>) -> (u64, bool) {
        let mut state = self.lock();
        while state.lines.is_empty() && !state.ending {
            state.rests = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.rests = false;
        let moment = self.changed.wait_timeout_while(state, GATHER, |state| !state.ending);
        let (mut state, _) = moment.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.lines, lines);
        (std::mem::take(&mut state.dropped), state.ending)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes a write only when it is told to.
    struct Slow {
        may: mpsc::Receiver<()>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may.recv().map_err(io::Error::other)?;
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_put_there_is_written_by_the_end_in_its_order() {
        let (go, may) = mpsc::channel();
        let taken = Arc::default();
        let writer = LineWriter::start(Slow { may, taken: Arc::clone(&taken) });
        let lines = writer.lines();
        let all: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
        for line in &all {
            lines.append(line.as_bytes());
        }
        (0..1000).try_for_each(|_| go.send(())).expect("it writes");
        drop(writer);
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(String::from_utf8_lossy(&taken), all.concat());
    }

    #[test]
    fn an_other_end_that_reads_nothing_holds_up_nobody() {
        let (go, may) = mpsc::channel();
        let writer = LineWriter::start(Slow { may, taken: Arc::default() });
        let lines = writer.lines();
        let line = vec![b'x'; 1024 * 1024];
        // More than may wait, and what the thread took before it stood still.
        for _ in 0..20 {
            lines.append(&line);
        }
        let (waiting, dropped) = {
            let state = writer.0.lock();
            (state.lines.len(), state.dropped)
        };
        assert!(waiting <= MOST_BYTES && dropped >= 4, "{waiting} bytes wait, {dropped} lines were dropped");
        // It ends although nothing was read.
        drop(writer);
        drop(go);
    }
}
