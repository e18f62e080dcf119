//! Jeton's HTTP server: listeners, token endpoints, keys and metadata, the cache and what keeps it true.
//!
//! A token request walks `connection.rs` (time-outs) -> `routes.rs` (environment, endpoint) -> `token.rs` (body,
//! dialect, authority, log line). What is kept in memory stands in `directory.rs` (credentials) and `keys.rs`
//! (signing and hash keys); `poller.rs` makes both follow the store.
//!
//! To add an endpoint that people configure: a [`jeton_dialect::Dialect`]. To add a fixed path: an arm in
//! `routes.rs`.

mod accept_loop;
mod access_log;
mod activity;
mod answer;
mod app;
mod authority_map;
mod body;
mod client_address;
pub mod config;
mod connection;
mod demo;
mod directory;
mod following;
mod forward_auth;
mod gcra;
mod guess_limit;
mod housekeeping;
mod key_rotation;
mod keys;
mod lane;
mod lease;
mod limits;
pub mod management;
mod metadata;
mod metrics;
mod poller;
mod presented_token;
mod refusal_delay;
mod rehashes;
mod request_id;
mod revocations;
mod routes;
mod slow_hashes;
mod slow_signatures;
mod stopped;
pub mod telemetry;
mod tls;
mod token;
mod usage;
mod write_limit;

pub use accept_loop::{BoundListener, ListenError, Server, bind, bind_management};
pub use app::{App, AppOptions, ReadMaster, StartError};
pub use demo::VOICE_SERVICES;
pub use housekeeping::Housekeeper;
pub use limits::Limits;
pub use poller::{POLL_INTERVAL, Poller};
pub use routes::{Connection, Door};
pub use tls::{Certificates, TlsError};
pub use usage::UsageRecorder;
