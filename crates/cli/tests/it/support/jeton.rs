//! One run of the binary, in an environment of the test's own.

use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::PATIENCE;

/// The binary, without anything of the tester's environment but `PATH`.
pub(crate) fn jeton() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
    clean(&mut command);
    command
}

/// Takes away what could change what Jeton does: `JETON_*`, `RUST_LOG`, `CREDENTIALS_DIRECTORY` and the rest. Of the
/// many servers of the tests none takes the one default port of the management listener.
pub(crate) fn clean(command: &mut Command) {
    command.env_clear().env("JETON_LISTEN__MANAGEMENT", "off").stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
}

/// The words of a command line; `'` keeps a word together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Runs to the end.
    #[track_caller]
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::end_of(Self::begin(command))
    }

    /// Starts, with both outputs kept.
    pub(crate) fn begin(command: &mut Command) -> Reaped {
        Reaped(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Runs to the end, with this on standard input.
    #[track_caller]
    pub(crate) fn with_input(command: &mut Command, input: &[u8]) -> Self {
        let mut child = Self::begin(command.stdin(Stdio::piped()));
        // One that was refused before it read has closed its end.
        let _unread = child.0.stdin.take().unwrap().write_all(input);
        Self::end_of(child)
    }

    /// Waits for the end of what was begun.
    #[track_caller]
    pub(crate) fn end_of(child: Reaped) -> Self {
        Self::end_within(child, PATIENCE)
    }

    /// Waits so long for the end of what takes its time.
    pub(crate) fn end_within(mut child: Reaped, patience: Duration) -> Self {
        let (stdout, stderr) = (whole(child.0.stdout.take()), whole(child.0.stderr.take()));
        let stdout = stdout.recv_timeout(patience).expect("it ends in time");
        let stderr = stderr.recv_timeout(patience).expect("it ends in time");
        Self { code: child.0.wait().unwrap().code(), stdout, stderr }
    }

    /// Standard output of a run that did what it was asked.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Standard error of a run that ended with `code`, and printed nothing else.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "a refusal prints nothing on standard output");
        for rust in ["Some(", "None", "Error {", "Id(\"", "Name(\""] {
            assert!(!self.stderr.contains(rust), "written for people, not for Rust: {}", self.stderr);
        }
        self.stderr
    }

    /// The one problem object on standard error of a run with `-o json` that ended with `code`.
    #[track_caller]
    pub(crate) fn problem(self, code: i32) -> Value {
        let text = self.refused(code);
        let problem: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
        assert_eq!(problem["exit_code"], code, "{problem}");
        assert!(problem["status"].is_u64() && problem["title"].is_string(), "{problem}");
        assert!(problem["type"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}

/// A process that is killed if its test forgets it.
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // It may have ended before.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// All of a stream that was kept; nothing of one that was not.
fn whole(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).unwrap();
        }
        // Nobody waits any more where the test has failed.
        let _gone = sender.send(String::from_utf8(bytes).expect("what is printed is UTF-8"));
    });
    receiver
}
