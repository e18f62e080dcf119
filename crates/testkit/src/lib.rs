//! For tests alone: a whole server in this process, with its time, its randomness and its store in the test's hands.
//!
//! ```no_run
//! # async fn example() {
//! use jeton_testkit::{ResponseExt as _, TestServer};
//!
//! let server = TestServer::start().await;
//! let client = server.client("production");
//! let answer = client.gateway().scope("voice.billing").send().await;
//! assert_eq!(answer.status(), 200);
//!
//! client.revoke_secrets().await;
//! server.poll().await;
//! assert_eq!(client.oauth2().send().await.json()["error"], "invalid_client");
//! # }
//! ```
//!
//! Where to look:
//! - [`TestServer`]: the server. It answers without sockets, and follows its store only when a test says
//!   [`poll`](TestServer::poll), so nothing ever waits.
//! - [`Client`] and [`Call`]: somebody with a credential, and a request that starts out right.
//! - [`ResponseExt`]: what a test wants to know of an answer.
//! - [`ManualClock`], [`SeededRandom`]: time and randomness.
//! - [`FaultStore`]: the store out of reach, panicking, slow or replaced, and how often it was asked.
//! - [`Management`]: the management API, on either database.
//! - [`Listening`]: the same server on real sockets.
//! - [`logs`]: what was logged.
//! - [`Database`]: an empty database of a throw-away `PostgreSQL`.
//! - [`PostgresServer`]: a `PostgreSQL` of a test's own, to freeze, crash, follow and fail over.
//! - [`TcpProxy`]: a network between two, that is slow, silent or cut when a test says so.
//! - [`smuggling`]: requests of no clear end.
//!
//! What is here panics where it fails: it runs in tests only.

mod call;
mod client;
mod clock;
mod fault_store;
mod given;
mod listening;
pub mod logs;
mod management;
mod postgres;
mod postgres_server;
mod random;
mod response;
mod server;
pub mod smuggling;
mod tcp_proxy;

pub use call::Call;
pub use client::Client;
pub use clock::ManualClock;
pub use fault_store::{Fault, FaultStore, HeldRead, Read, UsageFault};
pub use given::{
    COMPANY, ENVIRONMENTS, GRANTED, MASTER_KEY, MESSAGES_API, MESSAGES_AUDIENCE, VOICE_API, VOICE_AUDIENCE,
    VOICE_SCOPES, api, grant, id,
};
pub use listening::Listening;
pub use management::{Management, ManagementCall};
pub use postgres::Database;
pub use postgres_server::PostgresServer;
pub use random::SeededRandom;
pub use response::{ResponseExt, claims_of};
pub use server::{TestServer, TestServerBuilder};
pub use tcp_proxy::{Mode, Target, TcpProxy};
