//! The documents' own walls: every relative link and anchor in a Markdown file leads somewhere in this checkout, and no
//! file names a folder of the machine that it was written on. Addresses of other sites are not asked: tests need no network.

mod links;
mod machine;
mod markdown;

use crate::process::Outcome;
use crate::workspace;

/// Checks all documents, and prints what it finds.
pub(crate) fn run() -> Outcome {
    let files = workspace::text_files(&[])?;
    let mut broken = links::check(&files, &|path| workspace::root().join(path).exists());
    broken.extend(files.iter().flat_map(machine::check));
    for place in &broken {
        println!("{place}");
    }
    match broken.len() {
        0 => Ok(()),
        1 => Err("1 place in the documents is wrong".to_owned()),
        several => Err(format!("{several} places in the documents are wrong")),
    }
}
