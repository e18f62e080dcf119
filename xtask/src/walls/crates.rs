//! Walls between crates: arrows among ours, packages reserved to some, kept out of some, and banned everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use super::tables::{BANNED, CRATES, Crate, Features, KEPT_OUT, RESERVED};
use super::tree::{self, Tree};
use crate::process::{Outcome, cargo, output_of};

/// What Cargo says of the workspace.
#[derive(Default)]
pub(super) struct Found {
    /// Our packages.
    members: BTreeSet<String>,
    /// What each needs to run or to be built, by its features.
    needed: BTreeMap<(String, Features), Tree>,
    /// What each one's tests need beside that: their own dependencies alone.
    in_tests: BTreeMap<String, BTreeSet<String>>,
    /// Every package that any build, test or run of any member activates, with all features.
    activated: BTreeSet<String>,
}

/// Asks Cargo. A tree per crate, and not one for all: what a crate pulls in must not depend on its neighbours.
pub(super) fn read() -> Outcome<Found> {
    let everything = cargo_tree(&["--workspace", "--edges", "normal,build,dev", "--all-features"])?;
    let members = tree::roots(&everything);
    let mut found = Found { activated: Tree::parse(&everything).all, ..Found::default() };
    for member in members {
        let all = cargo_tree(&["--package", &member, "--edges", "normal,build", "--all-features"])?;
        let default = cargo_tree(&["--package", &member, "--edges", "normal"])?;
        let dev = cargo_tree(&["--package", &member, "--edges", "dev", "--depth", "1"])?;
        found.needed.insert((member.clone(), Features::All), Tree::parse(&all));
        found.needed.insert((member.clone(), Features::Default), Tree::parse(&default));
        found.in_tests.insert(member.clone(), Tree::parse(&dev).direct);
        found.members.insert(member);
    }
    Ok(found)
}

fn cargo_tree(arguments: &[&str]) -> Outcome<String> {
    output_of(cargo(&[&["tree", "--locked", "--prefix", "depth", "--format", "{p}"], arguments].concat()))
}

/// Holds what Cargo says against the tables.
pub(super) fn check(found: &Found) -> Vec<Violation> {
    let mut violations = unknown(found);
    for row in CRATES.iter().filter(|row| found.members.contains(row.name)) {
        violations.extend(arrows(row, found));
    }
    violations.extend(reserved(found));
    violations.extend(kept_out(found));
    violations.extend(banned(found));
    violations
}

fn unknown(found: &Found) -> Vec<Violation> {
    let has_no_row = |member: &&String| CRATES.iter().all(|row| row.name != **member);
    let missing = found.members.iter().filter(has_no_row);
    missing
        .map(|member| violation(member, "has no row in xtask/src/walls/tables.rs, CRATES".to_owned()))
        .collect()
}

fn arrows(row: &Crate, found: &Found) -> Vec<Violation> {
    let allowed = |name: &String| row.arrows.contains(&name.as_str());
    let needs = direct(found, row.name).intersection(&found.members).filter(|name| !allowed(name));
    let mut violations: Vec<_> = needs
        .map(|name| violation(row.name, format!("must not depend on {name}: no arrow leads there")))
        .collect();
    let tests = found.in_tests.get(row.name).into_iter().flatten();
    let tests = tests.filter(|name| found.members.contains(*name) && !allowed(name));
    violations.extend(tests.filter(|name| !row.in_tests.contains(&name.as_str())).map(|name| {
        violation(row.name, format!("its tests must not depend on {name}: no arrow leads there"))
    }));
    violations
}

fn reserved(found: &Found) -> Vec<Violation> {
    let mut violations = Vec::new();
    for row in RESERVED {
        for member in found.members.iter().filter(|member| !row.to.contains(&member.as_str())) {
            let direct = direct(found, member);
            for package in row.packages.iter().filter(|package| direct.contains(**package)) {
                let to = row.to.join(" and ");
                violations.push(violation(
                    member,
                    format!("must not name {package}, which is {to}'s: {}", row.why),
                ));
            }
        }
    }
    violations
}

fn kept_out(found: &Found) -> Vec<Violation> {
    let mut violations = Vec::new();
    for row in KEPT_OUT {
        let Some(tree) = found.needed.get(&(row.of.to_owned(), row.features)) else { continue };
        for package in row.packages.iter().filter(|package| tree.all.contains(**package)) {
            let how = if row.features == Features::All { " --all-features" } else { "" };
            let look = format!("`cargo tree -p {}{how} -e normal -i {package}` says whence", row.of);
            violations.push(violation(row.of, format!("must not pull in {package}: {} ({look})", row.why)));
        }
    }
    violations
}

fn banned(found: &Found) -> Vec<Violation> {
    let here = BANNED.iter().filter(|row| found.activated.contains(row.package));
    here.map(|row| {
        let look = format!("`cargo tree --workspace --all-features -i {}` says whence", row.package);
        violation(row.package, format!("must not be in the tree: {} ({look})", row.why))
    })
    .collect()
}

fn direct<'found>(found: &'found Found, member: &str) -> &'found BTreeSet<String> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    found.needed.get(&(member.to_owned(), Features::All)).map_or(&NONE, |tree| &tree.direct)
}

fn violation(place: &str, what: String) -> Violation {
    Violation { place: place.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::{Features, Found, Tree, check};

    /// A workspace of one member with these dependencies, of which `jeton-*` are members too.
    fn found(member: &str, features: Features, tree: &str, in_tests: &[&str]) -> Found {
        let mut found = Found::default();
        let tree = Tree::parse(tree);
        let ours = tree.all.iter().filter(|name| name.starts_with("jeton-")).cloned();
        found.members =
            ours.chain([member.to_owned()]).chain(in_tests.iter().map(|name| (*name).to_owned())).collect();
        found.in_tests.insert(member.to_owned(), in_tests.iter().map(|name| (*name).to_owned()).collect());
        found.activated.clone_from(&tree.all);
        found.needed.insert((member.to_owned(), features), tree);
        found
    }

    #[track_caller]
    fn assert_finds(found: &Found, place: &str, what: &str) {
        let violations = check(found);
        assert!(
            matches!(violations.as_slice(), [one] if one.place == place && one.what.starts_with(what)),
            "{violations:?}"
        );
    }

    #[test]
    fn what_the_tables_allow_passes() {
        let tree = "0jeton-store v0\n1jeton-core v0\n2jeton-jose v0\n1sqlx v0\n2tokio v1\n";
        assert_eq!(check(&found("jeton-store", Features::All, tree, &["jeton-testkit"])), []);
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found() {
        let found = found("jeton-core", Features::All, "0jeton-core v0\n1jeton-store v0\n", &[]);
        assert_finds(&found, "jeton-core", "must not depend on jeton-store");
    }

    #[test]
    fn an_arrow_through_another_crate_is_none() {
        let tree = "0jeton-verify v0\n1jeton-jose v0\n2jeton-core v0\n";
        assert_eq!(check(&found("jeton-verify", Features::All, tree, &[])), []);
    }

    #[test]
    fn testkit_outside_tests_is_found() {
        let found = found("jeton-cli", Features::All, "0jeton-cli v0\n1jeton-testkit v0\n", &[]);
        assert_finds(&found, "jeton-cli", "must not depend on jeton-testkit");
    }

    #[test]
    fn an_arrow_of_tests_that_is_not_drawn_is_found() {
        let found = found("jeton-jose", Features::All, "0jeton-jose v0\n", &["jeton-testkit"]);
        assert_finds(&found, "jeton-jose", "its tests must not depend on jeton-testkit");
    }

    #[test]
    fn a_member_without_a_row_is_found() {
        let found = found("jeton-portal", Features::All, "0jeton-portal v0\n", &[]);
        assert_finds(&found, "jeton-portal", "has no row");
    }

    #[test]
    fn a_reserved_package_elsewhere_is_found() {
        let found = found("jeton-server", Features::All, "0jeton-server v0\n1sqlx v0\n", &[]);
        assert_finds(&found, "jeton-server", "must not name sqlx, which is jeton-store's");
    }

    #[test]
    fn a_package_kept_out_is_found_however_deep() {
        let found =
            found("jeton-core", Features::All, "0jeton-core v0\n1some v1\n2other v1\n3tokio v1\n", &[]);
        assert_finds(&found, "jeton-core", "must not pull in tokio");
    }

    #[test]
    fn verify_without_features_stays_small_and_with_them_may_grow() {
        let tree = "0jeton-verify v0\n1http v1\n";
        assert_finds(
            &found("jeton-verify", Features::Default, tree, &[]),
            "jeton-verify",
            "must not pull in http",
        );
        assert_eq!(check(&found("jeton-verify", Features::All, tree, &[])), []);
    }

    #[test]
    fn a_banned_package_is_found_wherever_it_stands() {
        for package in ["openssl", "openssl-sys", "native-tls", "ring", "rsa"] {
            let tree = format!("0jeton-cli v0\n1some v1\n2{package} v1\n");
            assert_finds(&found("jeton-cli", Features::All, &tree, &[]), package, "must not be in the tree");
        }
    }
}
