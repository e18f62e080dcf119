//! The documents that are made of the keys. `JETON_GOLDEN=write` writes them anew; read the difference.

use std::fs;
use std::path::PathBuf;

use jeton_server::config::{Config, key_paths, reference_file, reference_table};

use crate::support::config;

const BEGIN: &str = "<!-- Generated from the keys; see crates/server/src/config/keys. -->\n\n";

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[track_caller]
fn same(path: &str, wanted: &str) {
    if std::env::var_os("JETON_GOLDEN").is_some_and(|how| how == "write") {
        fs::write(root(path), wanted).unwrap();
    }
    let found = fs::read_to_string(root(path)).unwrap();
    assert!(
        found == wanted,
        "{path} is not what the keys say: JETON_GOLDEN=write cargo test -p jeton-server"
    );
}

#[test]
fn the_reference_file_is_generated() {
    same("deploy/jeton.toml", &reference_file());
}

#[test]
fn the_table_in_the_documents_is_generated() {
    let text = fs::read_to_string(root("docs/configuration.md")).unwrap();
    let (before, _) = text.split_once(BEGIN).expect("the page has its mark");
    same("docs/configuration.md", &format!("{before}{BEGIN}{}", reference_table()));
}

#[test]
fn the_reference_file_says_nothing_and_its_values_are_the_defaults() {
    assert_eq!(config(&reference_file()), Config::default());
    let (settings, tables) =
        reference_file().split_once("#[[").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let bare = |text: &str| {
        let lines = text.lines().map(|line| match line.strip_prefix('#') {
            Some(value) if !value.starts_with(' ') => value,
            _ => line,
        });
        lines.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
    };
    // A folder and a database stand for one another.
    let settings = bare(&settings).replace("data = \"jeton-data\"\n", "");
    let mut spoken = config(&settings);
    assert!(spoken.postgres.url.take().is_some() && spoken.postgres.direct_url.take().is_some());
    // Nothing stands for these where nothing is said.
    assert!(spoken.master_key_file.take().is_some());
    assert!(spoken.secret_overlap.take().is_some());
    assert!(spoken.management_issuer.take().is_some());
    assert_eq!(spoken, Config::default());
    let tables = config(&bare(&format!("#[[{tables}")).replace("\"sandbox", "\"x"));
    assert_eq!((tables.environments.len(), tables.endpoints.len(), tables.tls.len()), (1, 1, 1));
    for key in key_paths() {
        let (_, name) = key.rsplit_once('.').unwrap();
        assert!(reference_file().contains(&format!("\n#{name} = ")), "{key}");
    }
}
