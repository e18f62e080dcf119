//! Folders of one machine, which nobody else has: in a document they mislead, in code they break.

use crate::workspace::TextFile;

/// How such a path goes on after its first `/`.
const FOLDERS: &[&str] = &["root/", "home/", "Users/", "work/", "tmp/target"];

/// Generated files, whose texts are not ours.
const GENERATED: &[&str] = &["Cargo.lock"];

/// The lines of a file that name one.
pub(super) fn check(file: &TextFile) -> Vec<String> {
    if GENERATED.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some((index + 1, machine_folder(line)?)))
        .map(|(line, folder)| format!("{}:{line}: /{folder} is a folder of one machine", file.path))
        .collect()
}

/// The first of [`FOLDERS`] that begins an absolute path in the line; within an address, or below another folder, it is none.
fn machine_folder(line: &str) -> Option<&'static str> {
    let slashes = line.match_indices('/').filter(|(at, _)| begins_a_path(&line[..*at]));
    slashes
        .into_iter()
        .find_map(|(at, _)| FOLDERS.iter().find(|folder| line[at + 1..].starts_with(**folder)).copied())
}

fn begins_a_path(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'`([{<>=:,;|".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{TextFile, check};

    fn found(text: &str) -> Vec<String> {
        check(&TextFile { path: "README.md".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_folder_of_one_machine_is_found() {
        for folder in super::FOLDERS {
            assert_eq!(found(&format!("\nuse (/{folder}x) now\n")).len(), 1, "{folder}");
            assert_eq!(found(&format!("/{folder}x")).len(), 1, "{folder}");
        }
    }

    #[test]
    fn other_paths_are_not() {
        assert!(
            found("https://example.com/home/ ./work/ ~/work/ /etc/jeton /var/lib/home/ {dir}/work/")
                .is_empty()
        );
    }
}
