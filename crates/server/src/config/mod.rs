//! What an operator may choose, and from where: [`Sources`] say what is given, [`Sources::resolve`] makes one
//! [`Config`] of it, each value with its [`Origin`].
//!
//! `keys/` is the table of all keys, and says how to add one. `file.rs` and `variables.rs` are two of the sources;
//! what they give (`given.rs`) is read by the grammars of `value.rs` and `quantity.rs`. `resolve.rs` lays the sources
//! over one another, `judge.rs` holds the rules between keys, `show.rs` prints what holds, and the reference.

mod file;
mod given;
mod judge;
mod keys;
mod origin;
mod quantity;
mod resolve;
mod show;
mod url;
mod value;
mod variables;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use jeton_core::id::EnvironmentName;
use jeton_core::key_life::RotationPolicy;
pub use jeton_dialect::Dialect;
pub use keys::key_paths;
pub use origin::{ConfigError, ConfigErrors, Origin};
pub use quantity::{Lifetime, parse_time};
pub use resolve::{Flag, Resolved, Sources};
pub use show::{Setting, reference_file, reference_table};
use tracing::level_filters::LevelFilter;
pub use url::DatabaseUrl;
use value::TrustedNetwork;
pub use value::{Host, Issuer, ListenAddress, LogFormat, LogLevel, ValueError};

use crate::limits::Limits;

/// The configuration of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The closed worlds that it serves, at least one.
    pub environments: Vec<Environment>,
    /// Where tokens are issued, in every environment alike.
    pub endpoints: Vec<Endpoint>,
    /// Where it listens.
    pub listeners: Vec<ListenAddress>,
    /// Whether plain HTTP may leave the machine.
    pub danger_plain_http: bool,
    /// Certificates with their keys. With any, every public listener speaks TLS; without, plain HTTP.
    pub tls: Vec<TlsFiles>,
    /// The proxies whose word on where a request came from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Where the management listener is; `None` for nowhere.
    pub management: Option<SocketAddr>,
    /// What the operators' tokens say as `iss`; `None` for what follows from where the management listener is.
    pub management_issuer: Option<Issuer>,
    /// The names under which the management listener is reached, beside its addresses and `localhost`.
    pub management_hosts: Vec<Host>,
    /// The data folder. With [`Postgres::url`] there is none.
    pub data: PathBuf,
    /// The database that takes the data folder's place.
    pub postgres: Postgres,
    /// The master key's file; `None` for systemd's credential, or else the one in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// How long a secret is accepted beside the one that takes its place, unless the command says so; `None` until
    /// somebody revokes it.
    pub secret_overlap: Option<Duration>,
    /// The life of signing keys.
    pub keys: SigningKeys,
    /// What is logged.
    pub log: Log,
    /// How much of anything one client may take.
    pub limits: Limits,
}

/// Where a `PostgreSQL` is, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// Where it is, or the pooler before it; `None` for the embedded store.
    pub url: Option<DatabaseUrl>,
    /// The way past the pooler.
    pub direct_url: Option<DatabaseUrl>,
    /// Connections of this node at once.
    pub connections: u32,
}

/// What is logged, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// In what shape.
    pub format: LogFormat,
}

/// The life of signing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SigningKeys {
    /// When they take each other's place.
    pub rotation: RotationPolicy,
    /// Whether times are taken that verifiers and tokens of production would not bear.
    pub danger_short_lives: bool,
}

/// A certificate chain and its private key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A closed world: its name, how requests reach it, and who signs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// The authorities that choose it.
    pub hosts: Vec<Host>,
    /// What its tokens' `iss` says.
    pub issuer: Issuer,
}

/// Where tokens are issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its path.
    pub path: String,
    /// Its wire contract.
    pub dialect: Dialect,
    /// How long its tokens live.
    pub lifetime: Duration,
}

impl Default for Config {
    fn default() -> Self {
        let environments = default_environments();
        let listeners = default_listeners(&environments);
        Self {
            environments,
            endpoints: default_endpoints(),
            listeners,
            danger_plain_http: false,
            tls: Vec::new(),
            trusted_proxies: Vec::new(),
            management: Some(default_management()),
            management_issuer: None,
            management_hosts: Vec::new(),
            data: PathBuf::from("jeton-data"),
            postgres: Postgres { url: None, direct_url: None, connections: 10 },
            master_key_file: None,
            secret_overlap: None,
            keys: SigningKeys::default(),
            log: Log { level: LogLevel(LevelFilter::INFO), format: LogFormat::Auto },
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Reads a TOML file, and no other source. Keys that are left out have the values of [`Config::default`]; unknown
    /// ones are refused.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let sources = Sources { file: Some(path.to_owned()), ..Sources::default() };
        sources.resolve().map(|resolved| resolved.config)
    }

    /// Writes every path from the root on, as this process sees it.
    pub fn make_paths_absolute(&mut self) {
        let tls = self.tls.iter_mut().flat_map(|files| [&mut files.certificate, &mut files.key]);
        // With a database, the folder is nobody's.
        let data = self.postgres.url.is_none().then_some(&mut self.data);
        for path in tls.chain(&mut self.master_key_file).chain(data) {
            // Without a current folder, what is written stays.
            *path = std::path::absolute(&*path).unwrap_or_else(|_| path.clone());
        }
    }

    /// How long tokens live at most.
    pub fn longest_lifetime(&self) -> Duration {
        self.endpoints.iter().map(|endpoint| endpoint.lifetime).max().unwrap_or_default()
    }

    /// What the operators' tokens say as `iss`. Nothing of a request has a part in it.
    pub fn operators_issuer(&self) -> Issuer {
        let at = || {
            let address = self.management.unwrap_or_else(default_management);
            // An address with its port is an authority.
            format!("http://{address}").parse().expect("an address makes an issuer")
        };
        self.management_issuer.clone().unwrap_or_else(at)
    }

    /// Whether secrets may come in from beyond this machine in plain HTTP: somebody said so, or proxies speak TLS.
    pub fn takes_plain_http(&self) -> bool {
        self.danger_plain_http || !self.trusted_proxies.is_empty()
    }

    /// Listens here and nowhere else.
    pub fn listen_on(&mut self, listeners: Vec<ListenAddress>) {
        self.listeners = listeners;
    }

    /// Gives an environment another issuer.
    pub fn set_issuer(&mut self, name: &EnvironmentName, issuer: Issuer) -> Result<(), String> {
        let environment = self.environments.iter_mut().find(|environment| environment.name == *name);
        environment
            .map(|environment| environment.issuer = issuer)
            .ok_or_else(|| format!("there is no environment {:?} to give an issuer", name.as_str()))
    }

    /// Makes every issuer but those of `fixed` say the port at which its environment is really reached.
    pub fn follow_ports(&mut self, bound: &[ListenAddress], fixed: &[EnvironmentName]) {
        for environment in &mut self.environments {
            if fixed.contains(&environment.name) {
                continue;
            }
            let own = bound.iter().find(|listener| listener.environment.as_ref() == Some(&environment.name));
            let any = bound.iter().find(|listener| listener.environment.is_none());
            let bare = environment.hosts.iter().find(|host| host.port().is_none());
            let issuer = match (own, any, bare) {
                (Some(own), _, _) => Issuer::at("localhost", own.address.port()),
                (None, Some(any), Some(host)) => Issuer::at(host.name(), any.address.port()),
                _ => continue,
            };
            environment.issuer = issuer;
        }
    }
}

fn default_management() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9080)
}

fn default_environments() -> Vec<Environment> {
    let environment = |name: &str, hosts: &[&str], port: u16| Environment {
        // These names and hosts are written here and well formed.
        name: name.parse().expect("the default environments are well formed"),
        hosts: hosts.iter().map(|host| host.parse().expect("the default hosts are well formed")).collect(),
        issuer: Issuer::at("localhost", port),
    };
    vec![
        environment("production", &["localhost", "127.0.0.1"], 8080),
        environment("sandbox", &["sandbox.localhost"], 8081),
    ]
}

fn default_listeners(environments: &[Environment]) -> Vec<ListenAddress> {
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let mut listeners = vec![ListenAddress { environment: None, address: loopback(8080) }];
    let sandbox = environments.iter().find(|environment| environment.name.as_str() == "sandbox");
    listeners.extend(
        sandbox.map(|sandbox| ListenAddress {
            environment: Some(sandbox.name.clone()),
            address: loopback(8081),
        }),
    );
    listeners
}

fn default_endpoints() -> Vec<Endpoint> {
    let endpoint = |dialect: Dialect| Endpoint {
        path: dialect.default_path().to_owned(),
        dialect,
        lifetime: dialect.default_lifetime(),
    };
    Dialect::ALL.into_iter().map(endpoint).collect()
}
