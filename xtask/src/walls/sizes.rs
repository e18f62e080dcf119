//! How long files are. Tests count too: a long one is as hard to read.

use super::Violation;
use super::tables::{LONG, TOO_LONG};
use crate::workspace::TextFile;

/// Files that must be split.
pub(super) fn too_long(sources: &[TextFile]) -> Vec<Violation> {
    let files = sources.iter().map(|source| (source, lines(source))).filter(|(_, lines)| *lines > TOO_LONG);
    files
        .map(|(source, lines)| Violation {
            place: source.path.clone(),
            what: format!("{lines} lines: a file of more than {TOO_LONG} is split"),
        })
        .collect()
}

/// Files of which one asks whether they are one thing.
pub(super) fn long(sources: &[TextFile]) -> Vec<String> {
    let files = sources.iter().map(|source| (source, lines(source)));
    files
        .filter(|(_, lines)| (LONG + 1..=TOO_LONG).contains(lines))
        .map(|(source, lines)| format!("{}: {lines} lines: is it one thing?", source.path))
        .collect()
}

fn lines(source: &TextFile) -> usize {
    source.text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::{TextFile, long, too_long};

    fn file(lines: usize) -> Vec<TextFile> {
        vec![TextFile { path: "crates/a/src/b.rs".to_owned(), text: "//\n".repeat(lines) }]
    }

    #[test]
    fn a_file_too_long_is_found() {
        assert_eq!(too_long(&file(601)).len(), 1);
        assert_eq!(too_long(&file(600)), []);
    }

    #[test]
    fn a_long_file_is_a_notice() {
        assert_eq!(long(&file(600)).len(), 1);
        assert_eq!(long(&file(401)).len(), 1);
        assert!(long(&file(400)).is_empty());
        assert!(long(&file(601)).is_empty());
    }
}
