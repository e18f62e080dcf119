//! The server as its clients meet it: in process, on a real store, with time in the test's hands.
//!
//! Where to look:
//! - `contract`: the published cases, replayed; `authority`, `endpoints`, `documents`, `demo`, `tokens`: what they
//!   do not show;
//! - `faults`, `cache`, `race`, `following`, `master_key`: the store away, slow, changed behind the server's back;
//! - `forward_auth`: what gateways are told;
//! - `secrecy`, `access_log`: what is said, and what never;
//! - `guesses`: limits on guessing; `management`, `metrics`: what operators watch; `operators`: how they get in;
//!   `management_api`: what they do there;
//! - `hostile`: any bytes; `sockets`, `http2`, `stopping`: real connections;
//! - `config`: the configuration file.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there has failed")]

mod access_log;
mod authority;
mod cache;
mod config;
mod contract;
mod creations;
mod deadlines;
mod demo;
mod documents;
mod endpoints;
mod faults;
mod following;
mod forward_auth;
mod guesses;
mod hash_keys;
mod hostile;
mod housekeeping;
mod http2;
mod imported_secrets;
mod key_rotation;
mod lookups;
mod management;
mod management_api;
mod master_key;
mod metrics;
mod networks;
mod operators;
mod race;
mod revocation;
mod secrecy;
mod sockets;
mod sockets_smuggling;
mod sockets_stalls;
mod stopping;
mod support;
mod timing;
mod tls;
mod tokens;
mod usage;
mod wire;
