//! The tests of the crate through its public surface, one binary so that it links once.
//!
//! What is kept and in what form: `id`, `secret`, `hash_key`, `master_key`, `key_ring`. What a token is for:
//! `selection` by example, `selection_model` against a naive model. One token request: `readings` (who it is), `reasons`
//! (why it is refused), `reads` (what it costs), `token` (what comes out), `no_leaks` (what is printed). What operators may do: `operator`.

#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod audit;
mod hash_key;
mod id;
mod imported_hash;
mod imported_secrets;
mod kept;
mod key_life;
mod key_life_model;
mod key_ring;
mod master_key;
mod networks;
mod no_leaks;
mod operator;
mod readings;
mod reads;
mod reasons;
mod reseal;
mod revocation;
mod secret;
mod selection;
mod selection_model;
mod support;
mod time;
mod token;
