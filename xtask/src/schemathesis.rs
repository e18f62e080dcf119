//! `cargo xtask schemathesis`: the management API against its own document, on both databases. It is a test of the binary,
//! `crates/cli/tests/it/clients/schemathesis.rs`, with more examples than every test run has.

use crate::process::{self, Outcome, cargo};

pub(crate) fn run(examples: u32, seed: u32) -> Outcome {
    let mut command =
        cargo(&["test", "--package", "jeton-cli", "--test", "it", "--", "clients::schemathesis"]);
    command.arg("--nocapture");
    command.env("JETON_SCHEMATHESIS", format!("--max-examples {examples} --seed {seed}"));
    process::run(command)
}
