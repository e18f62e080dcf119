//! The single values of a configuration, each with its grammar.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use http::uri::Authority;
use jeton_core::id::EnvironmentName;
use serde::{Deserialize, Deserializer, de};

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

/// How long tokens live: whole seconds, or a number with `s`, `m` or `h`; a minute to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl FromStr for Lifetime {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (digits, unit) = match text.as_bytes().last() {
            Some(b's') => (&text[..text.len() - 1], 1),
            Some(b'm') => (&text[..text.len() - 1], 60),
            Some(b'h') => (&text[..text.len() - 1], 3600),
            _ => (text, 1),
        };
        let number: Option<u64> = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let seconds = number.and_then(|number| number.checked_mul(unit));
        seconds
            .filter(|seconds| (60..=86_400).contains(seconds))
            .map(|s| Self(Duration::from_secs(s)))
            .ok_or_else(|| {
                ValueError(format!(
                    "{text:?} is no lifetime: write seconds, or \"30m\" or \"1h\"; a minute to a day"
                ))
            })
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Lifetime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds, or a text such as \"30m\"")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Lifetime, E> {
                seconds.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lifetime, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

macro_rules! from_text {
    ($($name:ident)+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}
from_text!(Host Issuer ListenAddress);
