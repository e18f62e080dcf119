//! Links of Markdown files to files and headings of this checkout.

use std::collections::BTreeMap;

use super::markdown;
use crate::workspace::TextFile;

/// The links that lead nowhere. `exists` says whether a path stands below the root.
pub(super) fn check(files: &[TextFile], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let documents: BTreeMap<_, _> = files
        .iter()
        .filter(|file| file.path.rsplit_once('.').is_some_and(|(_, ending)| ending == "md"))
        .map(|file| (file.path.as_str(), markdown::anchors(&file.text)))
        .collect();
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| documents.contains_key(file.path.as_str())) {
        for (line, target) in
            markdown::links(&file.text).into_iter().filter(|(_, target)| !is_address(target))
        {
            let (path, anchor) = target.split_once('#').unwrap_or((target.as_str(), ""));
            let place = format!("{}:{line}: {target}", file.path);
            let Some(path) = below_root(&file.path, path) else {
                broken.push(format!("{place} leads out of the checkout"));
                continue;
            };
            match documents.get(path.as_str()) {
                Some(anchors) if !anchor.is_empty() && !anchors.contains(anchor) => {
                    broken.push(format!("{place}: no such heading"));
                }
                None if !exists(&path) => broken.push(format!("{place}: no such file")),
                _ => {}
            }
        }
    }
    broken
}

/// Whether another site is meant: `https://...`, `mailto:...`.
fn is_address(target: &str) -> bool {
    let scheme = target.split([':', '/', '#']).next().unwrap_or_default();
    !scheme.is_empty() && target[scheme.len()..].starts_with(':')
}

/// The path that `link` means in the document at `from`, seen from the root; none if it leads above it.
fn below_root(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts = if link.starts_with('/') { Vec::new() } else { folder.split('/').collect::<Vec<_>>() };
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop().filter(|popped| !popped.is_empty())?;
            }
            _ => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{TextFile, check};

    fn broken(path: &str, text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let files = [file(path, text), file("docs/other.md", "# A heading\n")];
        let exists = |path: &str| {
            ["README.md", "docs", "docs/adr", "docs/a.txt", "docs/other.md", "", path].contains(&path)
        };
        check(&files, &|asked| asked != "missing.md" && asked != "docs/missing.md" && exists(asked))
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "# Here\n[a](docs/other.md#a-heading) [b](#here) [c](docs/) [d](/docs/a.txt) [e](https://x.test/#y)\n";
        assert!(broken("README.md", text).is_empty());
        assert!(
            broken("docs/adr/1.md", "[a](../other.md) [b](../../README.md) [c](mailto:a@x.test)\n")
                .is_empty()
        );
    }

    #[test]
    fn a_missing_file_is_found() {
        assert_eq!(broken("README.md", "\n[a](missing.md)\n"), ["README.md:2: missing.md: no such file"]);
        assert_eq!(broken("docs/x.md", "[a](missing.md)\n"), ["docs/x.md:1: missing.md: no such file"]);
    }

    #[test]
    fn a_missing_heading_is_found() {
        assert_eq!(broken("README.md", "# Here\n[a](#there)\n"), ["README.md:2: #there: no such heading"]);
        assert_eq!(
            broken("README.md", "[a](docs/other.md#b)\n"),
            ["README.md:1: docs/other.md#b: no such heading"]
        );
    }

    #[test]
    fn a_link_out_of_the_checkout_is_found() {
        assert_eq!(
            broken("docs/x.md", "[a](../../b.md)\n"),
            ["docs/x.md:1: ../../b.md leads out of the checkout"]
        );
    }
}
