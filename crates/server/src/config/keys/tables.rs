//! The keys of what stands in lists of tables. A draft is such a table while it is read.

use std::path::PathBuf;
use std::time::Duration;

use jeton_core::id::EnvironmentName;
use jeton_dialect::Dialect;
use toml::Value;

use super::super::quantity::{Lifetime, time_text};
use super::super::{Host, Issuer};
use super::{Key, KeyDoc, Kind, Section};

/// A table `[[environment]]`.
#[derive(Default)]
pub(in super::super) struct EnvironmentDraft {
    pub(in super::super) name: Option<EnvironmentName>,
    pub(in super::super) hosts: Option<Vec<Host>>,
    pub(in super::super) issuer: Option<Issuer>,
}

/// A table `[[endpoint]]`.
#[derive(Default)]
pub(in super::super) struct EndpointDraft {
    pub(in super::super) path: Option<String>,
    pub(in super::super) dialect: Option<Dialect>,
    pub(in super::super) lifetime: Option<Duration>,
}

/// A table `[[tls]]`.
#[derive(Default)]
pub(in super::super) struct TlsDraft {
    pub(in super::super) certificate: Option<PathBuf>,
    pub(in super::super) key: Option<PathBuf>,
}

/// The lists of tables. They are for the file alone.
pub(in super::super) struct Tables {
    pub(in super::super) environment: Section<EnvironmentDraft>,
    pub(in super::super) endpoint: Section<EndpointDraft>,
    pub(in super::super) tls: Section<TlsDraft>,
}

/// All of them.
pub(in super::super) static TABLES: Tables = Tables {
    environment: Section {
        name: "environment",
        help: "The closed worlds that it serves. Without any, `production` and `sandbox` on localhost.",
        keys: ENVIRONMENT,
    },
    endpoint: Section {
        name: "endpoint",
        help: "Where tokens are issued, in every environment alike. Without any, the three dialects' own.",
        keys: ENDPOINT,
    },
    tls: Section {
        name: "tls",
        help: "Certificates with their keys. With any, every public listener speaks TLS, and the name that a client \
               asks for chooses among them, the first for clients that ask for none. Files are read again when they \
               change.",
        keys: TLS,
    },
};

const REQUIRED: &str = "required";

static ENVIRONMENT: &[Key<EnvironmentDraft>] = &[
    Key {
        doc: KeyDoc {
            name: "name",
            kind: Kind::Text("1 to 16 of `a` to `z` and `0` to `9`"),
            help: "Its name.",
            unset: REQUIRED,
            example: "production",
            since: "0.1",
        },
        read: |draft, given| given.parsed().map(|name| draft.name = Some(name)),
        show: |draft| draft.name.as_ref().map(|name| Value::String(name.to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "hosts",
            kind: Kind::List("hosts"),
            help: "The authorities that choose it; `name:port` wins over `name`.",
            unset: REQUIRED,
            example: "auth.example",
            since: "0.1",
        },
        read: |draft, given| {
            // What is not well formed is not missing as well.
            draft.hosts = Some(given.list()?);
            Ok(())
        },
        show: |draft| {
            let texts =
                |hosts: &Vec<Host>| hosts.iter().map(|host| Value::String(host.to_string())).collect();
            draft.hosts.as_ref().map(texts).map(Value::Array)
        },
    },
    Key {
        doc: KeyDoc {
            name: "issuer",
            kind: Kind::Text("URL"),
            help: "What its tokens say as `iss`: an http or https URL without query and fragment.",
            unset: REQUIRED,
            example: "https://auth.example",
            since: "0.1",
        },
        read: |draft, given| given.parsed().map(|issuer| draft.issuer = Some(issuer)),
        show: |draft| draft.issuer.as_ref().map(|issuer| Value::String(issuer.to_string())),
    },
];

static ENDPOINT: &[Key<EndpointDraft>] = &[
    Key {
        doc: KeyDoc {
            name: "path",
            kind: Kind::Text("path"),
            help: "Its path, not under `/.well-known/` or `/demo/`.",
            unset: REQUIRED,
            example: "/oauth/v2/token",
            since: "0.1",
        },
        read: |draft, given| given.text().map(|path| draft.path = Some(path.to_owned())),
        show: |draft| draft.path.clone().map(Value::String),
    },
    Key {
        doc: KeyDoc {
            name: "dialect",
            kind: Kind::Text("`gateway`, `oauth2` or `json`"),
            help: "Its wire contract.",
            unset: REQUIRED,
            example: "oauth2",
            since: "0.1",
        },
        read: |draft, given| given.parsed().map(|dialect| draft.dialect = Some(dialect)),
        show: |draft| draft.dialect.map(|dialect| Value::String(dialect.as_str().to_owned())),
    },
    Key {
        doc: KeyDoc {
            name: "lifetime",
            kind: Kind::Text("time, 1m to 24h"),
            help: "How long its tokens live.",
            unset: "30m for `gateway`, else 1h",
            example: "1h",
            since: "0.1",
        },
        read: |draft, given| given.lifetime().map(|Lifetime(time)| draft.lifetime = Some(time)),
        show: |draft| draft.lifetime.map(|time| Value::String(time_text(time))),
    },
];

static TLS: &[Key<TlsDraft>] = &[
    Key {
        doc: KeyDoc {
            name: "certificate",
            kind: Kind::Text("file"),
            help: "The certificate chain as PEM, the server's own first.",
            unset: REQUIRED,
            example: "/etc/jeton/tls.crt",
            since: "0.1",
        },
        read: |draft, given| given.path().map(|path| draft.certificate = Some(path)),
        show: |draft| draft.certificate.as_ref().map(|path| Value::String(path.display().to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "key",
            kind: Kind::Text("file"),
            help: "Its private key as PEM.",
            unset: REQUIRED,
            example: "/etc/jeton/tls.key",
            since: "0.1",
        },
        read: |draft, given| given.path().map(|path| draft.key = Some(path)),
        show: |draft| draft.key.as_ref().map(|path| Value::String(path.display().to_string())),
    },
];
