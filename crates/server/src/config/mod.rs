//! What an operator may choose: environments, endpoints, listeners.
//!
//! `value.rs` holds the single values and their grammars, `file.rs` the shape of the TOML file. To add a key: a
//! field there and here, and its rule in [`Config::check`] where it depends on others.

mod file;
mod value;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

pub use file::ConfigError;
use jeton_core::id::EnvironmentName;
pub use jeton_dialect::Dialect;
pub use value::{Host, Issuer, Lifetime, ListenAddress, ValueError};

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
        Self { environments, endpoints: default_endpoints(), listeners, danger_plain_http: false }
    }
}

impl Config {
    /// Reads a TOML file. Keys that are left out have the values of [`Config::default`]; unknown ones are refused.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        file::read(path)
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

    /// What no single key can say: that the parts fit together.
    pub fn check(&self) -> Result<(), String> {
        self.judge().map_err(|(_, message)| message)
    }

    /// [`Config::check`], and which part is at fault.
    fn judge(&self) -> Result<(), (Part, String)> {
        self.judge_listeners()?;
        self.judge_issuers()?;
        self.judge_hosts()
    }

    fn judge_listeners(&self) -> Result<(), (Part, String)> {
        if self.listeners.is_empty() {
            let message = "there is no listener: name an address under `public`".to_owned();
            return Err((Part::Listeners, message));
        }
        for (at, listener) in self.listeners.iter().enumerate() {
            if let Some(name) = &listener.environment
                && !self.environments.iter().any(|environment| environment.name == *name)
            {
                let name = name.as_str();
                let message = format!("a listener is bound to {name:?}, but there is no such environment");
                return Err((Part::Listener(at), message));
            }
            if !listener.address.ip().is_loopback() && !self.danger_plain_http {
                let message = format!(
                    "{} is beyond this machine, and secrets would travel there in plain text: listen on \
                     127.0.0.1 behind a proxy that speaks TLS, or say `danger_plain_http = true` under [listen]",
                    listener.address
                );
                return Err((Part::Listener(at), message));
            }
        }
        Ok(())
    }

    /// No two environments may sign as one.
    fn judge_issuers(&self) -> Result<(), (Part, String)> {
        for (at, environment) in self.environments.iter().enumerate() {
            let before = &self.environments[..at];
            if let Some(other) = before.iter().find(|other| other.issuer == environment.issuer) {
                let (name, other) = (&environment.name, &other.name);
                let message = format!("{name} and {other} have the same issuer: give each its own");
                return Err((Part::Issuer(at), message));
            }
        }
        Ok(())
    }

    fn judge_hosts(&self) -> Result<(), (Part, String)> {
        let mut hosts = BTreeMap::new();
        for (at, environment) in self.environments.iter().enumerate() {
            for (host_at, host) in environment.hosts.iter().enumerate() {
                if let Some(other) = hosts.insert(host, &environment.name)
                    && *other != environment.name
                {
                    let message = format!("the host {host} chooses both {other} and {}", environment.name);
                    return Err((Part::Host(at, host_at), message));
                }
            }
        }
        Ok(())
    }
}

/// A part of a configuration that does not fit the others, by its place in its list.
enum Part {
    /// All listeners.
    Listeners,
    /// One listener.
    Listener(usize),
    /// The issuer of an environment.
    Issuer(usize),
    /// A host of an environment.
    Host(usize, usize),
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
