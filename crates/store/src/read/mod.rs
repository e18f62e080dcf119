//! Reads: one statement and so one snapshot each, and models out of their rows.
//!
//! To add one: a method in the file of its subject, its statement in `sql/`.

mod apis;
pub(crate) mod companies;
pub(crate) mod credentials;
mod keys;
mod range;

/// What comes after every environment's name, whose grammar ends with `z`.
pub(crate) const AFTER_ALL: &str = "~";
