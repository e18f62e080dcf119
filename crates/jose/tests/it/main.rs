//! The tests of the crate through its public surface, one binary so that it links once.
//!
//! A new hostile token goes to `hostile.rs`, a new algorithm's vectors to `vectors.rs` and `wycheproof.rs`, a rule of
//! the JSON reader to `json.rs`.

#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod claims;
mod hostile;
mod json;
mod jwk_set;
mod keys;
mod oracle;
mod properties;
mod statements;
mod support;
mod vectors;
mod wycheproof;
