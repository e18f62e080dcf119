//! What companies, credentials, grants, keys, secrets and tokens are and may do.
//!
//! No I/O, no clock of its own, no HTTP: everything that happens outside comes in through a trait of this
//! crate ([`Store`], [`Directory`], [`Clock`], [`Random`]).
//!
//! Where to look:
//! - [`id`]: the identifiers and their grammars; whoever holds one knows that it is well formed.
//! - [`model`]: companies, APIs, credentials, secrets and keys as the store gives them back.
//! - [`store`] and [`intent`]: the one way to read and the one way to change them.
//! - [`kept`]: a credential in memory, as small as it can be.
//! - [`authority`]: one token request, from the presented credential to the signed token.
//! - [`revocation`]: tokens that are refused before they expire.
//! - [`usage`]: what is counted of token requests, beside all that.
//! - [`operator`]: what those who run Jeton may do.
//! - [`admin`]: the use cases that operators have, shared by the CLI and every later front end.
//! - [`audit`]: what was done, and how it shows whether somebody touched the record.
//! - [`key_life`]: when signing keys take each other's place.
//! - [`secret`], [`hash_key`], [`master_key`], [`key_ring`], [`reseal`]: what is secret, and how it is kept.

pub mod admin;
pub mod audit;
pub mod authority;
pub mod client_authentication;
pub mod hash_key;
pub mod id;
pub mod imported_hash;
pub mod intent;
pub mod kept;
pub mod key_life;
pub mod key_ring;
pub mod master_key;
pub mod model;
pub mod networks;
pub mod operator;
pub mod reason;
pub mod reseal;
pub mod revocation;
pub mod secret;
pub mod selection;
pub mod store;
pub mod time;
pub mod token_request;
pub mod usage;

pub use authority::{Directory, IssueError, IssuedToken};
pub use intent::{Change, Intent, Refused, RefusedReason};
pub use jeton_jose::{AccessTokenClaims, Algorithm, json};
pub use reason::Reason;
pub use store::{Store, StoreError};
pub use time::{Clock, Random, Timestamp};
