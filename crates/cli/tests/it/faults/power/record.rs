//! What a command wrote and synced, in the order in which it did.

use std::fs;
use std::process::Command;

use crate::support::{Run, Store, clean, files};

/// Something that a command did to the data folder, or its acknowledgement.
#[derive(Debug)]
pub(super) enum Event {
    Write {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Remove {
        file: String,
    },
    /// All that was done to the file before is on the disk.
    Sync {
        file: String,
    },
    /// The command began to say that it was done.
    Acknowledged,
}

impl Event {
    pub(super) fn file(&self) -> Option<&String> {
        match self {
            Self::Write { file, .. }
            | Self::Truncate { file, .. }
            | Self::Remove { file }
            | Self::Sync { file } => Some(file),
            Self::Acknowledged => None,
        }
    }
}

/// Runs a command that must succeed, and adds what it did.
pub(super) fn record(command: &Command, store: &Store, events: &mut Vec<Event>) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut strace = Command::new("strace");
    clean(&mut strace);
    strace
        .args(["-ff", "-ttt", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-o"])
        .arg(folder.path().join("t"));
    strace.args(["-e", "trace=write,pwrite64,pwritev,writev,ftruncate,fsync,fdatasync,unlink,rename"]);
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Run::of(strace.current_dir(command.get_current_dir().unwrap())).ok();
    // A file for each thread; the time brings them together.
    let mut lines: Vec<String> = vec![];
    for file in files(folder.path()) {
        lines.extend(fs::read_to_string(file).unwrap().lines().map(str::to_owned));
    }
    lines.sort();
    let mut acknowledged = false;
    for line in lines {
        if let Some(event) = event(&line, store) {
            let again = matches!(event, Event::Acknowledged) && std::mem::replace(&mut acknowledged, true);
            if !again {
                events.push(event);
            }
        }
    }
    assert!(acknowledged, "it prints what it made");
}

/// Reads a line such as `1795.123456 pwrite64(13</folder/jeton.db-wal>, "\x37\x7f", 2, 0) = 2`.
fn event(line: &str, store: &Store) -> Option<Event> {
    let (_time, call) = line.split_once(' ')?;
    let (name, rest) = call.split_once('(')?;
    if name == "write" && rest.starts_with("1<") {
        return Some(Event::Acknowledged);
    }
    let (arguments, result) = rest.rsplit_once(") = ")?;
    let mut arguments: Vec<&str> = arguments.split(", ").collect();
    let path = arguments[0].split_once('<').map_or(arguments[0], |(_, path)| path.trim_end_matches('>'));
    let path = text(path.trim_matches('"'));
    let file = path.strip_prefix(store.path().to_str().unwrap())?.trim_start_matches('/').to_owned();
    if file == "jeton.db-shm" {
        return None;
    }
    if result.starts_with('-') {
        return None;
    }
    let mut number = || arguments.pop().unwrap().parse::<usize>().unwrap();
    Some(match name {
        "pwrite64" => {
            let (at, length) = (number(), number());
            let bytes = bytes(arguments[1].trim_matches('"'));
            assert_eq!((bytes.len(), result), (length, length.to_string().as_str()), "all of it is recorded");
            Event::Write { file, at, bytes }
        }
        "ftruncate" => Event::Truncate { file, length: number() },
        "fsync" | "fdatasync" => Event::Sync { file },
        "unlink" => Event::Remove { file },
        _ => panic!("nobody knows yet what to make of this: {call}"),
    })
}

/// A path, whether its characters are written as they are or as their numbers.
fn text(path: &str) -> String {
    if path.starts_with("\\x") { String::from_utf8(bytes(path)).unwrap() } else { path.to_owned() }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}
