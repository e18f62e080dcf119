//! The wire contracts of the token endpoints: wire bytes to [`jeton_core`]'s types and back. No I/O, no clock.
//!
//! A [`Dialect`] is one published contract. Its [`read`](Dialect::read) makes a
//! [`TokenRequest`](jeton_core::token_request::TokenRequest) of a request, or a [`WireFault`]; its
//! [`write`](Dialect::write) makes an answer of a token or of a [`Refusal`]. Between the two stands
//! [`jeton_core::authority::issue`], which knows no dialect.
//!
//! Where to look:
//! - `gateway.rs`, `oauth2.rs`, `json.rs`: one file per contract. Each reads top-down in the contract's own order,
//!   and its `write` is a total match, so that a new fault does not compile until every dialect answers it.
//! - `presented_token.rs`, [`revocation`], [`introspection`]: what stands beside the `oauth2` endpoint and speaks as it.
//! - [`fault`]: the closed enums of what can be wrong, shared by all dialects. Faults say what was seen; what
//!   that means, status and words, is the dialect's.
//! - [`basic`], [`form`], [`content_type`], [`accept`], [`tracking_id`]: the parsers, each of which turns any
//!   bytes into a closed enum and never fails otherwise. [`problem`] is the one writer that others use too.
//!
//! To add a dialect: a file beside `json.rs` with `read` and `write`, a variant of [`Dialect`], and a folder of
//! golden files under `tests/golden/`. The compiler finds the rest.

pub mod accept;
pub mod basic;
pub mod content_type;
mod dialect;
pub mod fault;
pub mod form;
mod gateway;
pub mod introspection;
mod json;
mod media;
mod oauth2;
mod presented_token;
pub mod problem;
pub mod revocation;
pub mod tracking_id;
mod urlencoded;
mod wire;

pub use dialect::{Dialect, UnknownDialect};
pub use fault::{Refusal, ServerFault, WireFault};
pub use presented_token::PresentedToken;
pub use problem::{Problem, ProblemKind};
pub use tracking_id::TrackingId;
pub use wire::{Exchange, WireRequest, WireResponse};
