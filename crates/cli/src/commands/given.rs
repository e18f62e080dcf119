//! Secrets that somebody gives, rather than have them made: on standard input, or as another system's hash in a file.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use jeton_core::imported_hash::{self, ImportedHash};
use jeton_core::secret::{Secret, WeakSecret};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::NewSecret;
use crate::failure::Failure;

/// Bytes to read of a secret: more than any may have, so that one that is too long is told from one that fits.
const MOST: usize = 1024;
const _: () = assert!(imported_hash::MAX_LENGTH < MOST);

/// The secret that the options say, as the API reads it; nothing where it is to be generated. What is wrong with it is
/// said here, before it goes anywhere.
pub(super) fn read(options: &NewSecret) -> Result<Option<Value>, Failure> {
    if let Some(file) = &options.hash_file {
        return imported(file, options.danger_weak_hash).map(Some);
    }
    if !options.secret_stdin {
        return Ok(None);
    }
    let secret = Secret::set_by_operator(text_from_stdin()?);
    let secret = secret.map_err(|why| Failure::usage(why.to_string()))?;
    Ok(Some(json!({ "value": secret.expose() })))
}

/// The hash in a file.
fn imported(file: &Path, danger_weak: bool) -> Result<Value, Failure> {
    let named = |why: &dyn Display| Failure::usage(format!("{}: {why}", file.display()));
    let text = File::open(file).map_err(Unreadable::Io).and_then(one_line).map_err(|why| match why {
        Unreadable::Io(why) => named(&why),
        Unreadable::TooLong | Unreadable::NotUtf8 => named(&"this is no hash: one line of text"),
    })?;
    let hash = text.parse::<ImportedHash>().map_err(|why| named(&why))?;
    match hash.weakness() {
        Some(floor) if !danger_weak => Err(named(&format_args!(
            "this {} hash is cheap, so whoever gets a copy of it may guess the secret. Less than {floor} takes \
             --danger-weak-hash; rotate that secret soon",
            hash.kind()
        ))),
        _ => Ok(json!({ "hash": text.as_str(), "danger_weak_hash": danger_weak })),
    }
}

/// The secret on standard input.
pub(super) fn text_from_stdin() -> Result<Zeroizing<String>, Failure> {
    one_line(std::io::stdin()).map_err(|why| match why {
        Unreadable::Io(why) => Failure::failed(format!("standard input cannot be read: {why}")),
        Unreadable::TooLong => Failure::usage(WeakSecret::Length.to_string()),
        Unreadable::NotUtf8 => Failure::usage("a secret must be UTF-8"),
    })
}

/// What is on standard input, of which at most so much is read.
pub(super) fn bytes_from_stdin(most: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    some(std::io::stdin(), most)
        .map_err(|why| Failure::failed(format!("standard input cannot be read: {why}")))
}

fn some(from: impl Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    from.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

enum Unreadable {
    Io(io::Error),
    TooLong,
    NotUtf8,
}

/// All of it, without the line's end.
fn one_line(from: impl Read) -> Result<Zeroizing<String>, Unreadable> {
    let bytes = some(from, MOST).map_err(Unreadable::Io)?;
    if bytes.len() == MOST {
        // Cut off, perhaps within a character.
        return Err(Unreadable::TooLong);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Unreadable::NotUtf8)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}
