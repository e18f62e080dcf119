//! The tests of the crate through its public surface, as a resource server would use it; tokens are signed with
//! `jeton-jose`. Run them with `--all-features`, and once without, since that is what most users build.
//!
//! A new check of the verifier gets a row in `verifier.rs`, a new row of the wire contract one in `authorization.rs`.

#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod authorization;
#[cfg(feature = "cache")]
mod cache;
#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "fetch")]
mod fetch;
mod hostile;
mod keys;
#[cfg(feature = "tower")]
mod layer;
mod resource;
mod revocations;
mod support;
mod vectors;
mod verifier;
