//! `cargo xtask walls`: the house as the design draws it, checked. Crates by `cargo tree`, modules by reading their
//! sources. What may stand where is in [`tables`]; here is only how to look.
//!
//! To add a kind of wall: a table, and a pure function from what was read to violations, with a test that one is found.

mod crates;
mod imports;
mod manifests;
mod sizes;
mod source;
mod tables;
mod tree;
mod words;

use std::fmt;

use crate::process::Outcome;
use crate::workspace;

/// Where the house is not as drawn.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    /// A crate, or a file and its line.
    place: String,
    /// What stands there, and why it must not.
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks everything, prints what it finds, and fails if any of it is a violation.
pub(crate) fn run() -> Outcome {
    let sources = workspace::text_files(&[".rs"])?;
    let mut violations = crates::check(&crates::read()?);
    violations.extend(manifests::check(&workspace::text_files(&["Cargo.toml"])?));
    violations.extend(sources.iter().flat_map(words::check));
    violations.extend(sizes::too_long(&sources));
    for notice in sizes::long(&sources) {
        println!("notice: {notice}");
    }
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => Err("1 wall is broken".to_owned()),
        several => Err(format!("{several} walls are broken")),
    }
}
