//! The documents' own walls: every relative link and anchor in a Markdown file leads somewhere in this checkout, code that
//! is said to be cut from a file is what stands there, and no file names a folder of the machine that it was written on.
//! Addresses of other sites are not asked: tests need no network.

mod cuts;
mod links;
mod machine;
mod markdown;

use std::fs;

use crate::process::Outcome;
use crate::workspace::{self, TextFile};

/// Checks all documents, and prints what it finds.
pub(crate) fn run() -> Outcome {
    let files = workspace::text_files(&[])?;
    let mut broken = links::check(&files, &|path| workspace::root().join(path).exists());
    broken.extend(files.iter().flat_map(machine::check));
    broken.extend(check_cuts(&files)?);
    for place in &broken {
        println!("{place}");
    }
    match broken.len() {
        0 => Ok(()),
        1 => Err("1 place in the documents is wrong".to_owned()),
        several => Err(format!("{several} places in the documents are wrong")),
    }
}

/// What differs from where it is cut; nothing once it was written anew.
fn check_cuts(files: &[TextFile]) -> Outcome<Vec<String>> {
    let writes = std::env::var_os("JETON_GOLDEN").is_some_and(|mode| mode == "write");
    let mut broken = Vec::new();
    for document in files.iter().filter(|file| file.path.strip_suffix(".md").is_some()) {
        let (text, wrong) = cuts::renewed(document, files);
        broken.extend(wrong);
        if text == document.text {
            continue;
        }
        if writes {
            let path = workspace::root().join(&document.path);
            fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
        } else {
            let first = document.text.lines().zip(text.lines()).take_while(|(old, new)| old == new).count();
            let place = format!("{}:{}", document.path, first + 1);
            broken.push(format!("{place}: not what it is cut from: JETON_GOLDEN=write writes it anew"));
        }
    }
    Ok(broken)
}
