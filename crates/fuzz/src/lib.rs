//! What must hold of the parsers for any bytes: no panic, and what each function below asserts.
//!
//! Every function is a fuzz target. `cargo xtask fuzz` runs them under libFuzzer, by the programs in `fuzz/`; the tests
//! of this crate replay `fuzz/corpus`, so that what was found once stays found.
//!
//! To add a target: a module with a function of its name here, a line in `tests/it/main.rs`, a program in
//! `fuzz/fuzz_targets`, and a handful of small inputs in `fuzz/corpus/NAME`, hostile ones among them.

mod accept;
mod basic;
mod claims;
mod configuration;
mod form;
mod json;
mod jws;
mod key_set;
mod revocation_chunk;

pub use accept::accept;
pub use basic::basic;
pub use claims::claims;
pub use configuration::configuration;
pub use form::form;
pub use json::json;
pub use jws::jws;
pub use key_set::key_set;
pub use revocation_chunk::revocation_chunk;
