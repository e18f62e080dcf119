//! The binary end to end: a real process, real curl, and the file system.
//!
//! Ports are always 0 and read from the `listening on` lines; folders are thrown away; a server is killed when its
//! test ends, however it ends. `support` holds the tools. `dev`, `terminal`, `serve`, `stopping`, `config_file` and
//! `bad_states` are about `serve`; `companies`, `apis`, `credentials`, `secrets`, `grants`, `keys`, `master_key`,
//! `db` and `errors` about the commands; `token` about `jeton token`, `voice_api` about the example that takes
//! tokens, `clients` about libraries of other languages; `live` about both at once; `postgres` and `postgres_tls` about nodes that
//! share a database; `moves` and `upgrades` about stores that change their place or their schema, on both databases;
//! `operators` and `typing` about how they get in, and what is typed, `docs_page` about what a browser shows them; `races`,
//! `kills` and `canaries` about what must never happen; `faults` about what breaks meanwhile; `proxies` about real ones in
//! front, and `gateways` about those that ask Jeton before they let a request through; `health` and `deploy` about running it
//! for real; `readme` about what the README lets one type.
//!
//! Needed besides the binary: curl, bash, python3 (to damage a store), nginx, haproxy, caddy, apache2 with lua-socket, chromium, systemd-analyze,
//! setpriv (as root only) and unshare (util-linux), strace, faketime, PostgreSQL and `PgBouncer`, and the libraries of `clients`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod apis;
mod audit;
mod bad_states;
mod canaries;
mod clients;
mod companies;
mod config;
mod config_file;
mod credentials;
mod db;
mod deploy;
mod dev;
mod docs_page;
mod doctor;
mod dry_run;
mod errors;
mod faults;
mod gateways;
mod grants;
mod hash_keys;
mod health;
mod journeys;
mod keys;
mod killing;
mod kills;
mod live;
mod manifests;
mod master_key;
mod moves;
mod odd_strings;
mod operators;
mod output_formats;
mod postgres;
mod postgres_tls;
mod profiles;
mod proxies;
mod races;
mod readme;
mod reference;
mod same;
mod secrets;
mod serve;
mod stalls;
mod stopping;
mod support;
mod terminal;
mod tls;
mod token;
mod typing;
mod upgrades;
mod usage;
mod voice_api;
