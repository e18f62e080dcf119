//! What the README lets a newcomer type.

use std::process::Command;

use serde_json::Value;

/// `cargo run -- serve --dev` names no package, so it must mean this one.
#[test]
fn cargo_run_means_jeton() {
    let mut cargo = Command::new(env!("CARGO"));
    let asked = cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let told = asked.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&told.stdout).unwrap();
    let default = metadata["workspace_default_members"].as_array().unwrap();
    assert_eq!(default.len(), 1, "{default:?}");
    assert!(default[0].as_str().unwrap().contains("crates/cli"), "{default:?}");
}
