//! Every crate of ours takes the workspace's lints: one that forgot would be free of them all.

use super::Violation;
use crate::workspace::TextFile;

/// Looks at the manifests, of which the workspace's own has no package.
pub(super) fn check(manifests: &[TextFile]) -> Vec<Violation> {
    let packages = manifests.iter().filter(|manifest| manifest.text.lines().any(|line| line == "[package]"));
    packages
        .filter(|manifest| !manifest.text.contains("[lints]\nworkspace = true\n"))
        .map(|manifest| Violation {
            place: manifest.path.clone(),
            what: "must say `workspace = true` under `[lints]`".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{TextFile, check};

    fn manifest(text: &str) -> Vec<TextFile> {
        vec![TextFile { path: "crates/new/Cargo.toml".to_owned(), text: text.to_owned() }]
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        assert_eq!(check(&manifest("[package]\nname = \"new\"\n")).len(), 1);
    }

    #[test]
    fn a_crate_with_them_and_the_workspace_itself_pass() {
        assert_eq!(check(&manifest("[package]\nname = \"new\"\n\n[lints]\nworkspace = true\n")), []);
        assert_eq!(check(&manifest("[workspace]\nmembers = []\n")), []);
    }
}
