//! What `cargo tree --prefix depth` prints, parsed.

use std::collections::BTreeSet;

/// The packages below one package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// Its own dependencies.
    pub(super) direct: BTreeSet<String>,
    /// Those, and theirs, and so on.
    pub(super) all: BTreeSet<String>,
}

impl Tree {
    /// Reads lines such as `2aws-lc-rs v1.19.0 (*)`: the depth, a name, a version, and perhaps more. Lines of depth 0
    /// are the roots, and empty ones part them.
    pub(super) fn parse(text: &str) -> Self {
        let mut tree = Self::default();
        for (depth, name) in text.lines().filter_map(package) {
            if depth == 0 {
                continue;
            }
            if depth == 1 {
                tree.direct.insert(name.to_owned());
            }
            tree.all.insert(name.to_owned());
        }
        tree
    }
}

/// The packages at the roots: with `--workspace`, the members.
pub(super) fn roots(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(package)
        .filter(|(depth, _)| *depth == 0)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn package(line: &str) -> Option<(u32, &str)> {
    let digits = line.find(|c: char| !c.is_ascii_digit())?;
    let (depth, rest) = line.split_at(digits);
    Some((depth.parse().ok()?, rest.split_whitespace().next()?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Tree, roots};

    const TEXT: &str =
        "0a v0.1.0 (folder/a)\n1b-c v1.2.3\n2d v0.4.0 (proc-macro)\n1e v1.0.0 (*)\n\n0f v0.1.0 (folder/f)\n";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn depth_parts_direct_from_all() {
        assert_eq!(Tree::parse(TEXT), Tree { direct: set(&["b-c", "e"]), all: set(&["b-c", "d", "e"]) });
    }

    #[test]
    fn roots_are_the_members() {
        assert_eq!(roots(TEXT), set(&["a", "f"]));
    }
}
