//! The single values of a configuration, each with its grammar.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;
use ipnet::IpNet;
use jeton_core::id::EnvironmentName;
use tracing::level_filters::LevelFilter;

/// Why a value is refused, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub String);

/// An authority that chooses an environment: `name`, or `name:port`, which wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, if it matters.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl FromStr for Host {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refused =
            || ValueError(format!("{text:?} is no host: write `name` or `name:port`, without a scheme"));
        let authority: Authority = text.parse().map_err(|_| refused())?;
        let has_port = authority.host().len() < authority.as_str().len();
        if authority.host().is_empty() || text.contains('@') || has_port && authority.port_u16().is_none() {
            return Err(refused());
        }
        Ok(Self { name: authority.host().to_ascii_lowercase(), port: authority.port_u16() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What the tokens of an environment say as `iss`, and what its metadata is built on: an `http` or `https` URL
/// without query and fragment (RFC 8414 section 2). Kept to the byte, a slash at the end too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: usize,
}

impl Issuer {
    /// `http://host:port`.
    pub fn at(host: &str, port: u16) -> Self {
        let text = format!("http://{host}:{port}");
        Self { origin: text.len(), text }
    }

    /// The whole.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme and authority.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin]
    }

    /// The path, without the slash that ends it.
    pub fn path(&self) -> &str {
        self.text[self.origin..].trim_end_matches('/')
    }
}

impl FromStr for Issuer {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refused = || {
            ValueError(format!(
                "{text:?} is no issuer: write an http or https URL without query and fragment, such as \
                 https://auth.example"
            ))
        };
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused());
        };
        let plain = !text.contains(['?', '#', '@']) && matches!(scheme, "http" | "https");
        if !plain || authority.host().is_empty() {
            return Err(refused());
        }
        Ok(Self { origin: scheme.len() + "://".len() + authority.as_str().len(), text: text.to_owned() })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where to listen: `ADDR`, or `ENV=ADDR`, which is bound to one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// The environment that it is bound to.
    pub environment: Option<EnvironmentName>,
    /// The address; port 0 takes any that is free.
    pub address: SocketAddr,
}

impl FromStr for ListenAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (environment, address) = match text.split_once('=') {
            Some((name, address)) => {
                (Some(name.parse().map_err(|why| ValueError(format!("in {text:?}, {why}")))?), address)
            }
            None => (None, text),
        };
        let address = address.parse().map_err(|_| {
            ValueError(format!("{text:?} is no address: write `IP:PORT` or `ENVIRONMENT=IP:PORT`"))
        })?;
        Ok(Self { environment, address })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.environment {
            Some(name) => write!(f, "{name}={}", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// A network of trusted proxies: an address, or an address with the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrustedNetwork(pub(super) IpNet);

impl FromStr for TrustedNetwork {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.into()));
        }
        let network: IpNet = text.parse().map_err(|_| {
            ValueError(format!(
                "{text:?} is no network: write an address, or ADDRESS/LENGTH such as 10.0.0.0/8"
            ))
        })?;
        if network.addr() != network.network() {
            let whole = network.trunc();
            let (one, all) = (network.addr(), whole);
            return Err(ValueError(format!(
                "{text:?} is no network: write {one} for the one, or {all} for all of it"
            )));
        }
        Ok(Self(network))
    }
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLevel(pub LevelFilter);

impl FromStr for LogLevel {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refused = || {
            ValueError(format!(
                "{text:?} is no level: write \"off\", \"error\", \"warn\", \"info\", \"debug\" or \"trace\""
            ))
        };
        let level = text.parse().ok().map(Self);
        level.filter(|level| level.to_string() == text).ok_or_else(refused)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What log lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl FromStr for LogFormat {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ValueError(format!("{text:?} is no format: write \"auto\", \"text\" or \"json\""))),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}
