//! The token on standard input, and secrets from wherever they are.

use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::args::SecretFrom;
use crate::failure::Failure;
use crate::output;

/// Bytes to read: a few times what a token may have, so that one that is too long is told from one that fits.
const MOST: u64 = 64 * 1024;

const STDIN: &str = "standard input";

/// One token, without the white space around it. Whether it is one is not asked yet.
pub(super) fn token() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        output::note("Paste the token, then Enter and Ctrl-D:");
    }
    let bytes = read(stdin, STDIN)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (Some(token), None) => Ok(token.to_owned()),
        (None, _) => {
            Err(Failure::usage("there is nothing on standard input: give the token there, on one line"))
        }
        (Some(_), Some(_)) => {
            Err(Failure::usage("there are several lines on standard input: give one token, on one line"))
        }
    }
}

/// The secret, without the line's end.
pub(crate) fn secret(from: &SecretFrom) -> Result<Zeroizing<String>, Failure> {
    match (&from.env, &from.file) {
        (Some(name), _) => {
            let value = std::env::var_os(name).ok_or_else(|| {
                Failure::usage(format!(
                    "--secret-env: there is no environment variable {name:?}: set it, or name another"
                ))
            })?;
            let bytes = Zeroizing::new(value.into_encoded_bytes());
            as_secret(&bytes, &format!("the environment variable {name:?}"))
        }
        (None, Some(path)) => secret_in(path, "--secret-file"),
        (None, None) => secret_on_stdin(),
    }
}

/// The secret on standard input.
pub(crate) fn secret_on_stdin() -> Result<Zeroizing<String>, Failure> {
    as_secret(&read(std::io::stdin(), STDIN)?, STDIN)
}

/// The secret in a file that `named` names.
pub(crate) fn secret_in(path: &Path, named: &str) -> Result<Zeroizing<String>, Failure> {
    let place = path.display().to_string();
    let file = File::open(path).map_err(|why| {
        Failure::usage(format!("{named}: {place} cannot be read: {why}. Name a file that can"))
    })?;
    as_secret(&read(file, &place)?, &place)
}

/// What was read somewhere, if it is a secret on one line.
pub(crate) fn as_secret(bytes: &[u8], place: &str) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("the secret in {place} is not UTF-8: give the text that the server showed"))
    })?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text {
        "" => Err(Failure::usage(format!(
            "there is no secret in {place}, which is empty: give it there, on one line"
        ))),
        text if text.contains(char::is_control) => {
            Err(Failure::usage(format!("{place} holds more than a secret: give it there alone, on one line")))
        }
        text => Ok(Zeroizing::new(text.to_owned())),
    }
}

fn read(from: impl Read, place: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = from.take(MOST).read_to_end(&mut bytes);
    read.map_err(|why| Failure::failed(format!("{place} cannot be read: {why}. Name a file that can")))?;
    Ok(bytes)
}
