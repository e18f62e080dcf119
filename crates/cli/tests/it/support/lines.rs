//! What another process prints, line by line, as it comes.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use super::{PATIENCE, now};

/// The lines of a stream, read by a thread so that the other end never waits.
pub(crate) struct Lines {
    /// So that threads may share the server whose lines they are.
    coming: Mutex<Receiver<String>>,
    seen: Vec<String>,
}

impl Lines {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            // A terminal whose other side is gone reports an error, which is its end.
            while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                line.clear();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Self { coming: Mutex::new(coming), seen: vec![] }
    }

    /// The next line that contains `part`; none if the stream ends before.
    pub(crate) fn find(&mut self, part: &str) -> Option<String> {
        let deadline = now() + PATIENCE;
        loop {
            match self.coming.get_mut().unwrap().recv_timeout(deadline.saturating_duration_since(now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(part) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("no {part:?} in time after {:#?}", self.seen),
            }
        }
    }

    /// Everything, once the stream has ended.
    pub(crate) fn all(&mut self) -> String {
        let deadline = now() + PATIENCE;
        loop {
            match self.coming.get_mut().unwrap().recv_timeout(deadline.saturating_duration_since(now())) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return self.so_far(),
                Err(RecvTimeoutError::Timeout) => panic!("no end in time after {:#?}", self.seen),
            }
        }
    }

    /// Everything that has come until now.
    pub(crate) fn arrived(&mut self) -> String {
        self.seen.extend(self.coming.get_mut().unwrap().try_iter());
        self.so_far()
    }

    /// What has been read until now.
    pub(crate) fn so_far(&self) -> String {
        self.seen.join("\n")
    }
}
