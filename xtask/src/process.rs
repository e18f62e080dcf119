//! Starting other programs, always from the workspace's root, and saying which one failed.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::workspace;

/// What a command or a step ends with: nothing to say, or one text for the developer.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The Cargo that started this program, with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")), arguments)
}

/// A program with these arguments.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Whether the command can be started and succeeds; its output is dropped.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs the command with our own output streams.
pub(crate) fn run(mut command: Command) -> Outcome {
    let status = command.status().map_err(|why| format!("{} cannot be started: {why}", said(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", said(&command))) }
}

/// Runs the command and returns what it wrote to standard output.
pub(crate) fn output_of(mut command: Command) -> Outcome<String> {
    command.stderr(Stdio::inherit());
    let output = command.output().map_err(|why| format!("{} cannot be started: {why}", said(&command)))?;
    if !output.status.success() {
        return Err(format!("{} failed ({})", said(&command), output.status));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| format!("{} wrote something that is not UTF-8", said(&command)))
}

/// Runs the command, prints each line of its standard output as it comes, and shows it to `look`.
pub(crate) fn run_watched(mut command: Command, mut look: impl FnMut(&str)) -> Outcome {
    command.stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|why| format!("{} cannot be started: {why}", said(&command)))?;
    let stdout = child.stdout.take().expect("it was asked for two lines above");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.map_err(|why| format!("the output of {} cannot be read: {why}", said(&command)))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        look(&line);
    }
    let status = child.wait().map_err(|why| format!("{} cannot be waited for: {why}", said(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", said(&command))) }
}

/// The command as a person would type it.
fn said(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut words = vec![name.to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    format!("`{}`", words.join(" "))
}
