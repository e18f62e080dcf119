//! Every input in `fuzz/corpus` through the function that it is for: what fuzzing found once stays found.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs;
use std::path::{Path, PathBuf};

macro_rules! targets {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name), jeton_fuzz::$name);
        })+

        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

targets![accept, basic, claims, configuration, form, json, jws, key_set, revocation_chunk];

/// The one place that a program, a corpus and a test share.
fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[expect(clippy::print_stdout, reason = "shown where the test fails: the last input is the one")]
fn replay(name: &str, target: fn(&[u8])) {
    let inputs = entries(&fuzz().join("corpus").join(name));
    assert!(!inputs.is_empty(), "nothing to replay");
    for input in inputs {
        println!("{}", input.display());
        target(&fs::read(&input).unwrap());
    }
    target(b"");
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_there_are_no_others() {
    let stems = |folder: &str| {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries(&fuzz().join(folder)).into_iter().map(stem).collect::<Vec<_>>()
    };
    assert_eq!(stems("fuzz_targets"), NAMES);
    assert_eq!(stems("corpus"), NAMES);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in NAMES {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is no program");
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}
