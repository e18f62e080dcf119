//! Asks the person at the terminal. Where there is none, nobody is asked: what is missing is a wrong usage that names the
//! option, and what destroys goes ahead, since scripts say what they mean.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Whether there is somebody to ask.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A line, or a failure that names the option that says the same.
pub(crate) fn ask(prompt: &str, option: &str) -> Result<String, Failure> {
    require(option)?;
    Ok(line(prompt)?.trim().to_owned())
}

/// The same for a secret, which is not shown while it is typed.
pub(crate) fn ask_secret(prompt: &str, option: &str) -> Result<Zeroizing<String>, Failure> {
    require(option)?;
    let silent = Silent::begin()?;
    let typed = line(prompt);
    drop(silent);
    // The Enter was not shown either.
    crate::output::note("");
    Ok(Zeroizing::new(typed?.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Has the id of what is about to be destroyed typed again.
pub(crate) fn confirm(what: &str, id: &str) -> Result<(), Failure> {
    if !is_there() {
        return Ok(());
    }
    let typed = line(&format!("{what}\nType {id} to go on: "))?;
    if typed.trim() == id {
        return Ok(());
    }
    Err(Failure::failed(format!("nothing was done, as {id} was not typed: --yes goes ahead without")))
}

fn require(option: &str) -> Result<(), Failure> {
    if is_there() {
        Ok(())
    } else {
        Err(Failure::usage(format!("there is no terminal to ask at: give {option}")))
    }
}

fn line(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let failed = |why: io::Error| {
        Failure::failed(format!("the terminal cannot be read: {why}. Say by options what it asks for"))
    };
    let mut shown = io::stderr();
    shown.write_all(prompt.as_bytes()).and_then(|()| shown.flush()).map_err(failed)?;
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line)
}

/// A terminal that does not show what is typed, for as long as this lives.
struct Silent(Termios);

impl Silent {
    fn begin() -> Result<Self, Failure> {
        let failed = |why: rustix::io::Errno| {
            Failure::failed(format!(
                "the terminal cannot be silenced: {why}. Give the secret with --secret-stdin or --secret-file"
            ))
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // A terminal that went away needs nothing.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
