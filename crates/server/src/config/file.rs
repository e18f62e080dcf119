//! The configuration file: TOML, unknown keys refused, every error with its line and column.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use jeton_core::id::EnvironmentName;
use jeton_dialect::Dialect;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Config, Endpoint, Environment, Host, Issuer, Lifetime, ListenAddress, Part, default_endpoints,
    default_environments, default_listeners,
};

/// A configuration file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, where the fault has a place.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    environment: Vec<EnvironmentTable>,
    #[serde(default)]
    endpoint: Vec<EndpointTable>,
    #[serde(default)]
    listen: ListenTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentTable {
    name: Spanned<EnvironmentName>,
    hosts: Vec<Spanned<Host>>,
    issuer: Spanned<Issuer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointTable {
    path: Spanned<String>,
    dialect: Dialect,
    lifetime: Option<Lifetime>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ListenTable {
    public: Option<Spanned<Vec<Spanned<ListenAddress>>>>,
    #[serde(default)]
    danger_plain_http: bool,
}

/// Reads and judges a file.
pub(super) fn read(path: &Path) -> Result<Config, ConfigError> {
    let error = |place, message| ConfigError { path: path.to_owned(), place, message };
    let text =
        std::fs::read_to_string(path).map_err(|why| error(None, format!("it cannot be read: {why}")))?;
    parse(&text).map_err(|(span, message)| error(span.map(|span| place(&text, &span)), message))
}

/// A fault and where it stands.
type Fault = (Option<Range<usize>>, String);

fn parse(text: &str) -> Result<Config, Fault> {
    let File { environment, endpoint, listen } =
        toml::from_str(text).map_err(|why: toml::de::Error| (why.span(), why.message().to_owned()))?;
    let places = Places::of(&environment, &listen);
    let environments = environments(environment)?;
    let endpoints = endpoints(endpoint)?;
    let listeners = match listen.public {
        Some(public) => public.into_inner().into_iter().map(Spanned::into_inner).collect(),
        None => default_listeners(&environments),
    };
    let danger_plain_http = listen.danger_plain_http;
    let config = Config { environments, endpoints, listeners, danger_plain_http };
    config.judge().map_err(|(part, message)| (places.find(&part), message))?;
    Ok(config)
}

/// Where the parts of a configuration stand in its file. Those that are left out there have no place.
struct Places {
    listeners: Option<Range<usize>>,
    each_listener: Vec<Range<usize>>,
    issuers: Vec<Range<usize>>,
    hosts: Vec<Vec<Range<usize>>>,
}

impl Places {
    fn of(environments: &[EnvironmentTable], listen: &ListenTable) -> Self {
        let public = listen.public.as_ref();
        let of_each = public.into_iter().flat_map(|public| public.get_ref()).map(Spanned::span);
        Self {
            listeners: public.map(Spanned::span),
            each_listener: of_each.collect(),
            issuers: environments.iter().map(|table| table.issuer.span()).collect(),
            hosts: environments.iter().map(|table| table.hosts.iter().map(Spanned::span).collect()).collect(),
        }
    }

    fn find(&self, part: &Part) -> Option<Range<usize>> {
        match *part {
            Part::Listeners => self.listeners.clone(),
            Part::Listener(at) => self.each_listener.get(at).cloned(),
            Part::Issuer(at) => self.issuers.get(at).cloned(),
            Part::Host(at, host_at) => self.hosts.get(at)?.get(host_at).cloned(),
        }
    }
}

fn environments(tables: Vec<EnvironmentTable>) -> Result<Vec<Environment>, Fault> {
    if tables.is_empty() {
        return Ok(default_environments());
    }
    let mut environments: Vec<Environment> = Vec::new();
    for table in tables {
        let (span, name) = (table.name.span(), table.name.into_inner());
        if name.as_str() == EnvironmentName::MANAGEMENT {
            return Err((Some(span), "the name \"management\" is reserved for Jeton's operators".to_owned()));
        }
        if table.hosts.is_empty() {
            return Err((
                Some(span),
                format!("the environment {name} has no host, so no request can reach it"),
            ));
        }
        if environments.iter().any(|other| other.name == name) {
            return Err((Some(span), format!("there are two environments {name}")));
        }
        let hosts = table.hosts.into_iter().map(Spanned::into_inner).collect();
        environments.push(Environment { name, hosts, issuer: table.issuer.into_inner() });
    }
    Ok(environments)
}

fn endpoints(tables: Vec<EndpointTable>) -> Result<Vec<Endpoint>, Fault> {
    if tables.is_empty() {
        return Ok(default_endpoints());
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for table in tables {
        let (span, path) = (table.path.span(), table.path.into_inner());
        let well_formed =
            path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#%".contains(&b));
        if !well_formed || path.starts_with("/.well-known/") || path.starts_with("/demo/") {
            return Err((
                Some(span),
                "a path begins with '/', has no '?', '#' or '%', and is not under /.well-known/ or /demo/"
                    .to_owned(),
            ));
        }
        if endpoints.iter().any(|other| other.path == path) {
            return Err((Some(span), "two endpoints have this path".to_owned()));
        }
        let lifetime = table.lifetime.map_or_else(|| table.dialect.default_lifetime(), |lifetime| lifetime.0);
        endpoints.push(Endpoint { path, dialect: table.dialect, lifetime });
    }
    Ok(endpoints)
}

fn place(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    (line, column)
}
