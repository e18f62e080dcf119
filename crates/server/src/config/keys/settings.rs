//! The keys that stand once.

use toml::Value;

use super::super::quantity::{Bounds, time_text};
use super::super::{Config, LogFormat};
use super::{Key, KeyDoc, Kind, Section};

/// The version that brought a key.
const FIRST: &str = "0.1";

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

/// A time of [`Limits`](crate::Limits).
macro_rules! time {
    ($name:ident, $least:expr, $most:expr, $help:literal) => {{
        const BOUNDS: Bounds = Bounds { least: $least, most: $most };
        Key {
            doc: KeyDoc {
                name: stringify!($name),
                kind: Kind::Time(BOUNDS),
                help: $help,
                unset: "",
                example: "",
                since: FIRST,
            },
            read: |config, given| given.time(BOUNDS).map(|time| config.limits.$name = time),
            show: |config| Some(Value::String(time_text(config.limits.$name))),
        }
    }};
}

/// A number of [`Limits`](crate::Limits).
macro_rules! count {
    ($name:ident, $least:expr, $most:expr, $help:literal) => {{
        const BOUNDS: Bounds = Bounds { least: $least, most: $most };
        Key {
            doc: KeyDoc {
                name: stringify!($name),
                kind: Kind::Count(BOUNDS),
                help: $help,
                unset: "",
                example: "",
                since: FIRST,
            },
            read: |config, given| given.count(BOUNDS).map(|count| config.limits.$name = count),
            // What is out of a TOML integer's range is out of bounds as well.
            show: |config| i64::try_from(config.limits.$name).ok().map(Value::Integer),
        }
    }};
}

/// All of them, in the order of the reference file.
pub(in super::super) static SETTINGS: &[Section<Config>] = &[
    Section { name: "listen", help: "Where the server listens.", keys: LISTEN },
    Section { name: "management", help: "Where those who run Jeton come in.", keys: MANAGEMENT },
    Section { name: "store", help: "Where the data is.", keys: STORE },
    Section { name: "master_key", help: "What the signing keys are sealed under.", keys: MASTER_KEY },
    Section { name: "log", help: "What is logged, on standard error.", keys: LOG },
    Section { name: "proxy", help: "What stands before the server.", keys: PROXY },
    Section { name: "secrets", help: "The secrets of credentials.", keys: SECRETS },
    Section { name: "keys", help: "The keys that sign tokens.", keys: KEYS },
    Section { name: "limits", help: "How much of anything one client may take.", keys: LIMITS },
];

static LISTEN: &[Key<Config>] = &[
    Key {
        doc: KeyDoc {
            name: "public",
            kind: Kind::List("addresses"),
            help: "Where tokens are issued: `IP:PORT`, or `ENVIRONMENT=IP:PORT`, which is bound to one environment. \
                   Port 0 takes any that is free. Without a sandbox the second address is left out.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.list().map(|listeners| config.listeners = listeners),
        show: |config| Some(texts(&config.listeners)),
    },
    Key {
        doc: KeyDoc {
            name: "management",
            kind: Kind::Text("address or `off`"),
            help: "Where `/livez`, `/readyz` and `/metrics` are, which anybody may ask, and the management API, for operators \
                   alone. It speaks plain HTTP; secrets and tokens are taken from this machine, and from beyond it with \
                   `danger_plain_http` or `proxy.trusted`.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| {
            let text = given.text()?;
            let address = || format!("{text:?} is no address: write `IP:PORT`, or `off` for none");
            config.management = match text {
                "off" => None,
                _ => Some(text.parse().map_err(|_| given.fault(address()))?),
            };
            Ok(())
        },
        show: |config| {
            Some(Value::String(config.management.map_or("off".to_owned(), |address| address.to_string())))
        },
    },
    Key {
        doc: KeyDoc {
            name: "danger_plain_http",
            kind: Kind::Boolean,
            help: "Let secrets and tokens leave this machine in plain text. Better: `[[tls]]`, or a proxy on this \
                   machine, or `proxy.trusted`.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.boolean().map(|danger| config.danger_plain_http = danger),
        show: |config| Some(Value::Boolean(config.danger_plain_http)),
    },
];

static MANAGEMENT: &[Key<Config>] = &[
    Key {
        doc: KeyDoc {
            name: "issuer",
            kind: Kind::Text("URL"),
            help: "What the operators' tokens say as `iss`. Servers that share a store and listen at different addresses need \
                   the same one.",
            unset: "`http://` and the address of `listen.management`",
            example: "https://manage.example",
            since: FIRST,
        },
        read: |config, given| given.parsed().map(|issuer| config.management_issuer = Some(issuer)),
        show: |config| config.management_issuer.as_ref().map(|issuer| Value::String(issuer.to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "hosts",
            kind: Kind::List("hosts"),
            help: "Names under which the management listener is reached, such as that of a proxy: `name`, or `name:port`. Its \
                   addresses and `localhost` are always taken, and no other, so that no page on the web can lead a browser \
                   here.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.list().map(|hosts| config.management_hosts = hosts),
        show: |config| Some(texts(&config.management_hosts)),
    },
];

const CONNECTIONS: Bounds = Bounds { least: 1, most: 1000 };

static STORE: &[Key<Config>] = &[
    Key {
        doc: KeyDoc {
            name: "data",
            kind: Kind::Text("folder"),
            help: "The data folder, which holds the embedded store; not beside `url`. A path in the file that is not \
                   absolute begins at the file's own folder.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.path().map(|path| config.data = path),
        // With a database there is no folder, and what is shown must be a file that could be used.
        show: |config| {
            let embedded = config.postgres.url.is_none();
            embedded.then(|| Value::String(config.data.display().to_string()))
        },
    },
    Key {
        doc: KeyDoc {
            name: "url",
            kind: Kind::Text("PostgreSQL URL"),
            help: "The PostgreSQL that several nodes share, in place of the data folder. The master key must then be \
                   given. It is shown without its password.",
            unset: "none: the data folder holds the store",
            example: "postgres://jeton@db.example/jeton?sslmode=verify-full",
            since: FIRST,
        },
        read: |config, given| given.parsed().map(|url| config.postgres.url = Some(url)),
        show: |config| config.postgres.url.as_ref().map(|url| Value::String(url.to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "direct_url",
            kind: Kind::Text("PostgreSQL URL"),
            help: "The way past a pooler (PgBouncer in transaction mode) that `url` leads to, for migrations and \
                   LISTEN. With it, nothing at `url` relies on a session.",
            unset: "none: `url` leads to the server itself",
            example: "postgres://jeton@db.example:5432/jeton?sslmode=verify-full",
            since: FIRST,
        },
        read: |config, given| given.parsed().map(|url| config.postgres.direct_url = Some(url)),
        show: |config| config.postgres.direct_url.as_ref().map(|url| Value::String(url.to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "connections",
            kind: Kind::Count(CONNECTIONS),
            help: "Connections of this node to PostgreSQL at once.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.count(CONNECTIONS).map(|count| config.postgres.connections = count),
        show: |config| Some(Value::Integer(config.postgres.connections.into())),
    },
];

static MASTER_KEY: &[Key<Config>] = &[Key {
    doc: KeyDoc {
        name: "file",
        kind: Kind::Text("file"),
        help: "The master key's file. It must be there; only `master.key` in the data folder is made.",
        unset: "systemd's credential `jeton-master-key`, else `master.key` in the data folder, if there is one",
        example: "/etc/jeton/master.key",
        since: FIRST,
    },
    read: |config, given| given.path().map(|path| config.master_key_file = Some(path)),
    show: |config| config.master_key_file.as_ref().map(|path| Value::String(path.display().to_string())),
}];

const OVERLAP: Bounds = Bounds { least: 0, most: 366 * 24 * 60 * MINUTE };

static SECRETS: &[Key<Config>] = &[Key {
    doc: KeyDoc {
        name: "overlap",
        kind: Kind::Time(OVERLAP),
        help: "How long the old secret is accepted after `jeton secret rotate`, where that says no `--overlap`.",
        unset: "until it is revoked",
        example: "7d",
        since: FIRST,
    },
    read: |config, given| given.time(OVERLAP).map(|time| config.secret_overlap = Some(time)),
    show: |config| config.secret_overlap.map(|time| Value::String(time_text(time))),
}];

const KEY_TIME: Bounds = Bounds { least: SECOND, most: 366 * 24 * 60 * MINUTE };

/// A time of [`RotationPolicy`](jeton_core::key_life::RotationPolicy).
macro_rules! key_time {
    ($name:ident, $help:literal) => {
        Key {
            doc: KeyDoc {
                name: stringify!($name),
                kind: Kind::Time(KEY_TIME),
                help: $help,
                unset: "",
                example: "",
                since: FIRST,
            },
            read: |config, given| given.time(KEY_TIME).map(|time| config.keys.rotation.$name = time),
            show: |config| Some(Value::String(time_text(config.keys.rotation.$name))),
        }
    };
}

static KEYS: &[Key<Config>] = &[
    key_time!(rotate_every, "How long a key signs before the next one takes its place, by itself."),
    key_time!(
        publish_before,
        "How long a key is published before it signs: longer than any verifier keeps the key set."
    ),
    key_time!(
        keep_after,
        "How long a key stays published once it signs no more: longer than any token lives, on every node."
    ),
    Key {
        doc: KeyDoc {
            name: "danger_short_lives",
            kind: Kind::Boolean,
            help: "Take times above that verifiers and tokens do not bear, and lifetimes of tokens from a second on. For \
                   tests alone.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.boolean().map(|danger| config.keys.danger_short_lives = danger),
        show: |config| Some(Value::Boolean(config.keys.danger_short_lives)),
    },
];

static LOG: &[Key<Config>] = &[
    Key {
        doc: KeyDoc {
            name: "level",
            kind: Kind::Text("`off`, `error`, `warn`, `info`, `debug` or `trace`"),
            help: "How much is logged. It holds for Jeton's own lines; libraries show warnings at most. A level in \
                   `RUST_LOG` wins over the file, and `JETON_LOG__LEVEL` over both.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.parsed().map(|level| config.log.level = level),
        show: |config| Some(Value::String(config.log.level.to_string())),
    },
    Key {
        doc: KeyDoc {
            name: "format",
            kind: Kind::Text("`auto`, `text` or `json`"),
            help: "`auto` is text on a terminal, and JSON elsewhere.",
            unset: "",
            example: "",
            since: FIRST,
        },
        read: |config, given| given.parsed::<LogFormat>().map(|format| config.log.format = format),
        show: |config| Some(Value::String(config.log.format.to_string())),
    },
];

static PROXY: &[Key<Config>] = &[Key {
    doc: KeyDoc {
        name: "trusted",
        kind: Kind::List("networks"),
        help: "The proxies whose word on where a request came from (`Forwarded`, `X-Forwarded-For`) is taken, such as \
               \"10.0.0.0/8\" or \"192.0.2.7\". With any, plain HTTP beyond this machine is allowed: they speak TLS.",
        unset: "",
        example: "",
        since: FIRST,
    },
    read: |config, given| {
        let networks = given.list::<super::super::TrustedNetwork>()?;
        config.trusted_proxies = networks.into_iter().map(|network| network.0).collect();
        Ok(())
    },
    show: |config| Some(texts(&config.trusted_proxies)),
}];

static LIMITS: &[Key<Config>] = &[
    time!(handshake, 100, 10 * MINUTE, "From a connection to the end of its TLS handshake."),
    time!(first_byte, 100, 10 * MINUTE, "From a connection, or the end of its handshake, to its first byte."),
    time!(header, 100, 10 * MINUTE, "From the first byte of a request's head to the end of the head."),
    time!(body, 100, 10 * MINUTE, "From the end of the head to the end of the body."),
    time!(answer, 100, 10 * MINUTE, "From the end of the body to the answer."),
    time!(write, 100, 10 * MINUTE, "How long the other end may take nothing of what is written to it."),
    time!(
        idle,
        100,
        60 * MINUTE,
        "From an answer to the first byte of the next request: longer than a load balancer keeps a connection."
    ),
    time!(
        stop_delay,
        0,
        10 * MINUTE,
        "How long connections are still taken after the word to stop, while readiness already fails."
    ),
    time!(drain, 0, 60 * MINUTE, "How long requests in flight have when the server is told to stop."),
    count!(
        connections,
        1,
        1_000_000,
        "Connections at once; more wait. Never more than the descriptor limit less 128."
    ),
    count!(header_bytes, 8192, 1_048_576, "Bytes of a request's head."),
    count!(streams, 1, 10_000, "Requests at once on one HTTP/2 connection."),
    count!(cached_credentials, 1, 10_000_000, "Credentials in memory."),
    count!(remembered_failures, 0, 10_000_000, "Client ids whose last failure is remembered."),
    time!(
        max_staleness,
        SECOND,
        10 * MINUTE,
        "How long what is in memory may answer while the store cannot be asked what has changed; then it is 503."
    ),
    count!(
        failures_per_minute,
        1,
        1_000_000,
        "Failed authentications that come back in a minute to each address (each /64 of IPv6) and each client id."
    ),
    count!(failures_at_once, 1, 1_000_000, "Failed authentications that each of them has after a rest."),
    count!(
        remembered_guessers,
        1000,
        10_000_000,
        "Addresses and client ids whose failures are counted; the least recent is forgotten."
    ),
    count!(
        waiting_signatures,
        1,
        1_000_000,
        "Tokens that wait at once for a signature by an RSA key; what is beyond is refused and may come again."
    ),
    count!(
        counted_kinds,
        1000,
        10_000_000,
        "Kinds of requests that are counted apart until they are written; what is beyond is counted by endpoint alone."
    ),
];

fn texts(values: &[impl ToString]) -> Value {
    Value::Array(values.iter().map(|value| Value::String(value.to_string())).collect())
}
