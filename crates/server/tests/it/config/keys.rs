//! Every key: values that it takes and what comes of them, and values that it refuses. A key that is not here fails
//! the tests.

use std::collections::BTreeSet;
use std::ffi::OsString;

use jeton_server::Limits;
use jeton_server::config::{Config, Origin, Resolved, Sources, key_paths};

use crate::support::{config, read};

/// The key, values that it takes (none of them the default), values that it refuses with a word of the error.
type Case = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const TIME: &[(&str, &str)] = &[
    ("\"\"", "no time"),
    ("\"10\\u00a0s\"", "no time"),
    ("\"1w\"", "10s"),
    ("\"-1s\"", "no time"),
    ("-1", "no time"),
    ("\"367d\"", " to "),
    ("\"99999999999999999999h\"", " to "),
    ("18446744073709551616", " to "),
    ("1.5", "expected a time"),
    ("true", "expected a time"),
    ("[]", "expected a time"),
    ("{}", "expected a time"),
];

const COUNT: &[(&str, &str)] = &[
    ("0", "1"),
    ("-1", "1"),
    ("100000000000", " to "),
    ("170141183460469231731687303715884105728", "bounds"),
    ("1.0", "a whole number"),
    ("\"1\"", "a whole number"),
    ("true", "a whole number"),
    ("[]", "a whole number"),
];

/// Where none is a number too.
const COUNT_OR_NONE: &[(&str, &str)] = COUNT.split_at(1).1;

const PATH: &[(&str, &str)] =
    &[("\"\"", "empty"), ("1", "a string"), ("true", "a string"), ("[]", "a string"), ("{}", "a string")];

const DATABASE: &[(&str, &str)] = &[
    ("\"\"", "begin with postgres://"),
    ("\"jeton-data\"", "begin with postgres://"),
    ("\"mysql://jeton@db/jeton\"", "begin with postgres://"),
    ("\"postgres://jeton:p/w@db/jeton\"", "%XX"),
    ("\"postgres://jeton:p?w@db/jeton\"", "%XX"),
    ("\"postgres://jeton:p#w@db/jeton\"", "%XX"),
    ("\"postgres://jeton:p@w@db/jeton\"", "%XX"),
    ("\"postgres://jeton:p w@db/jeton\"", "%XX"),
    ("\"postgres://db/jeton?password=p\"", "sslmode"),
    ("\"postgres://db/jeton?p%61ssword=p\"", "sslmode"),
    ("\"postgres://db:port/jeton\"", "port"),
    ("\"postgres://db:65536/jeton\"", "port"),
    ("\"postgres://db/jeton#x\"", "well formed"),
    ("5432", "a string"),
    ("[]", "a string"),
    ("true", "a string"),
];

const CASES: &[Case] = &[
    (
        "listen.public",
        &["[\"127.0.0.1:1\"]", "[\"sandbox=[::1]:0\", \"127.0.0.1:0\"]"],
        &[
            ("[\"localhost:1\"]", "IP:PORT"),
            ("[\"127.0.0.1\"]", "IP:PORT"),
            ("[]", "no listener"),
            ("[8080]", "a string"),
            ("\"127.0.0.1:1\"", "a sequence"),
            ("1", "a sequence"),
        ],
    ),
    (
        "listen.management",
        &["\"127.0.0.1:1\"", "\"off\"", "\"0.0.0.0:9080\""],
        &[
            ("\"localhost:9080\"", "IP:PORT"),
            ("\"\"", "`off`"),
            ("\"OFF\"", "`off`"),
            ("false", "a string"),
            ("9080", "a string"),
            ("[\"127.0.0.1:1\"]", "a string"),
            ("\"127.0.0.1:8080\"", "taken"),
        ],
    ),
    (
        "listen.danger_plain_http",
        &["true"],
        &[("\"yes\"", "boolean"), ("\"true\"", "boolean"), ("1", "boolean"), ("[]", "boolean")],
    ),
    (
        "management.issuer",
        &["\"https://manage.example\"", "\"http://10.0.0.7:9080\""],
        &[
            ("\"manage.example\"", "no issuer"),
            ("\"https://manage.example?x\"", "no issuer"),
            ("\"http://localhost:8080\"", "the same issuer as production"),
            ("[]", "a string"),
            ("1", "a string"),
        ],
    ),
    (
        "management.hosts",
        &["[]", "[\"manage.example\", \"manage.example:9443\"]"],
        &[
            ("[\"https://manage.example\"]", "no host"),
            ("[\"\"]", "no host"),
            ("\"manage.example\"", "a sequence"),
            ("[1]", "a string"),
        ],
    ),
    ("store.data", &["\"/srv/jeton\""], PATH),
    (
        "store.url",
        &[
            "\"postgres://jeton@db.example/jeton?sslmode=verify-full\"",
            "\"postgresql://db:5432/jeton\"",
            "\"postgres://jeton@%2Frun%2Fpostgresql/jeton\"",
            "\"postgres://jeton@/jeton?host=/run/postgresql&port=5433\"",
        ],
        DATABASE,
    ),
    ("store.direct_url", &["\"postgres://jeton@db.example/jeton\""], DATABASE),
    ("store.connections", &["1", "1000"], COUNT),
    ("master_key.file", &["\"/etc/jeton/master.key\""], PATH),
    (
        "log.level",
        &["\"off\"", "\"error\"", "\"warn\"", "\"debug\"", "\"trace\""],
        &[
            ("\"loud\"", "\"trace\""),
            ("\"\"", "\"trace\""),
            ("\"INFO\"", "\"info\""),
            ("\"3\"", "\"info\""),
            ("\"jeton=debug\"", "level"),
            ("3", "a string"),
            ("false", "a string"),
        ],
    ),
    (
        "log.format",
        &["\"text\"", "\"json\""],
        &[("\"xml\"", "\"json\""), ("\"\"", "\"json\""), ("1", "a string"), ("[]", "a string")],
    ),
    (
        "proxy.trusted",
        &["[\"10.0.0.0/8\", \"192.0.2.7/32\"]", "[\"2001:db8::/32\"]"],
        &[
            ("[\"10.0.0.0/33\"]", "10.0.0.0/8"),
            ("[\"10.0.0.1/8\"]", "10.0.0.0/8"),
            ("[\"proxy.example\"]", "no network"),
            ("[\"\"]", "no network"),
            ("[\"0.0.0.0/0\"]", "stranger"),
            ("[\"::/0\"]", "stranger"),
            ("\"10.0.0.0/8\"", "a sequence"),
            ("[10]", "a string"),
            ("true", "a sequence"),
        ],
    ),
    ("limits.handshake", &["\"100ms\"", "\"10m\""], TIME),
    ("limits.first_byte", &["\"100ms\"", "\"10m\""], TIME),
    ("limits.header", &["\"100ms\"", "\"10m\""], TIME),
    ("secrets.overlap", &["\"0s\"", "\"168h\"", "\"8784h\""], TIME),
    ("keys.rotate_every", &["\"168h\"", "\"24h\""], TIME),
    ("keys.publish_before", &["\"630s\"", "\"720h\""], TIME),
    ("keys.keep_after", &["\"2h\"", "\"168h\""], TIME),
    (
        "keys.danger_short_lives",
        &["true"],
        &[("\"yes\"", "boolean"), ("\"true\"", "boolean"), ("1", "boolean"), ("[]", "boolean")],
    ),
    ("limits.body", &["\"100ms\"", "\"10m\""], TIME),
    ("limits.answer", &["\"100ms\"", "\"10m\""], TIME),
    ("limits.write", &["\"100ms\"", "\"10m\""], TIME),
    ("limits.idle", &["\"100ms\"", "\"1h\""], TIME),
    ("limits.stop_delay", &["\"1ms\"", "\"10m\""], TIME),
    ("limits.drain", &["\"0s\"", "\"1h\""], TIME),
    ("limits.connections", &["1", "1000000"], COUNT),
    ("limits.header_bytes", &["8192", "1048576"], COUNT),
    ("limits.streams", &["1", "10000"], COUNT),
    ("limits.cached_credentials", &["1", "10000000"], COUNT),
    ("limits.remembered_failures", &["0", "10000000"], COUNT_OR_NONE),
    ("limits.max_staleness", &["\"1s\"", "\"10m\""], TIME),
    ("limits.failures_per_minute", &["1", "1000000"], COUNT),
    ("limits.failures_at_once", &["1", "1000000"], COUNT),
    ("limits.remembered_guessers", &["1000", "10000000"], COUNT),
    ("limits.waiting_signatures", &["1", "1000000"], COUNT),
    ("limits.counted_kinds", &["1000", "10000000"], COUNT),
    ("tls.certificate", &["\"/etc/jeton/tls.crt\""], PATH),
    ("tls.key", &["\"/etc/jeton/tls.key\""], PATH),
];

/// The keys of lists of tables that the tests of the file itself go over.
const ELSEWHERE: [&str; 6] = [
    "environment.name",
    "environment.hosts",
    "environment.issuer",
    "endpoint.path",
    "endpoint.dialect",
    "endpoint.lifetime",
];

/// A file in which the key has this value: line 2 or 3.
fn file(key: &str, value: &str) -> String {
    match key {
        "tls.certificate" => format!("[[tls]]\ncertificate = {value}\nkey = \"/k\"\n"),
        "tls.key" => format!("[[tls]]\ncertificate = \"/c\"\nkey = {value}\n"),
        "store.direct_url" => format!("[store]\nurl = \"postgres://pooler/jeton\"\ndirect_url = {value}\n"),
        _ => {
            let (section, name) = key.split_once('.').unwrap();
            format!("[{section}]\n{name} = {value}\n")
        }
    }
}

fn resolve(text: &str) -> Resolved {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
    sources.resolve().unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn every_key_is_tried() {
    let tried: BTreeSet<&str> = CASES.iter().map(|(key, ..)| *key).chain(ELSEWHERE).collect();
    let known = key_paths();
    assert_eq!(known.iter().map(String::as_str).collect::<BTreeSet<_>>(), tried);
    for (key, good, bad) in CASES {
        assert!(!good.is_empty() && !bad.is_empty(), "{key}");
    }
}

/// A new limit without its key would be one that nobody can set.
#[test]
fn every_limit_is_a_key() {
    let shown = format!("{:#?}", Limits::default());
    let fields = shown.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(':'));
    let fields: BTreeSet<String> = fields.map(|(field, _)| format!("limits.{field}")).collect();
    let keys = key_paths().into_iter().filter(|key| key.starts_with("limits."));
    assert_eq!(keys.collect::<BTreeSet<_>>(), fields);
}

#[test]
fn what_each_takes_changes_what_holds_and_is_shown() {
    for (key, good, _) in CASES {
        for value in *good {
            let mut resolved = resolve(&file(key, value));
            // The default folder is relative to where the process runs, and the shown one must not be.
            resolved.config.make_paths_absolute();
            assert_ne!(resolved.config, Config::default(), "{key} = {value}");
            let (_, name) = key.rsplit_once('.').unwrap();
            let shown = resolved.to_toml(false);
            assert!(shown.contains(&format!("\n{name} = {value}\n")), "{key} = {value}\n{shown}");
            // What is shown is a file that says the same, also with the origins behind it.
            assert_eq!(config(&shown), resolved.config, "{shown}");
            assert_eq!(config(&resolved.to_toml(true)), resolved.config);
            let places = resolved.settings().into_iter().filter(|one| one.origin != Origin::Default);
            assert!(places.count() >= 1);
        }
    }
}

#[test]
fn what_each_refuses_has_a_place_and_a_way_out() {
    for (key, _, bad) in CASES {
        for (value, word) in *bad {
            let text = file(key, value);
            let errors = read(&text).expect_err(&text).0;
            assert_eq!(errors.len(), 1, "{text}: {errors:?}");
            let Origin::File { place: Some((line, column)), .. } = errors[0].origin else {
                panic!("{text}: no place: {errors:?}")
            };
            let in_third = ["tls.key", "store.direct_url"].contains(key);
            assert_eq!(line, if in_third { 3 } else { 2 }, "{text}: {errors:?}");
            let (_, name) = key.rsplit_once('.').unwrap();
            let begin = name.len() + " = ".len() + 1;
            assert!(column == begin || value.starts_with('[') && column == begin + 1, "{text}: {errors:?}");
            assert!(errors[0].message.contains(word), "{text}: {errors:?}");
        }
    }
}

/// A variable takes what the file takes, and refuses what it refuses.
#[test]
fn the_same_by_variable() {
    let resolve = |key: &str, value: &str| {
        let name = format!("JETON_{}", key.replace('.', "__").to_uppercase());
        let variables: Vec<(OsString, OsString)> = vec![(name.into(), value.into())];
        Sources { variables, ..Sources::default() }.resolve()
    };
    // One that needs another beside it is tried in the file alone.
    let alone = |key: &str| !key.starts_with("tls.") && key != "store.direct_url";
    for (key, good, bad) in CASES.iter().filter(|(key, ..)| alone(key)) {
        let plain = |value: &str| value.replace(['"', '[', ']'], "").replace("=::1:0", "=[::1]:0");
        for value in *good {
            let text = plain(value);
            let resolved = resolve(key, &text).unwrap_or_else(|why| panic!("{key}={text}: {why}"));
            assert_eq!(resolved.config, config(&file(key, value)), "{key}={text}");
        }
        // What is of the wrong type in a file is not so here, and an empty variable says nothing.
        let typed = ["a string", "a sequence", "a whole number", "boolean", "expected a time"];
        for (value, word) in bad.iter().filter(|(_, word)| !typed.contains(word)) {
            let text = plain(value);
            if !text.is_empty() && text != "{}" {
                let errors = resolve(key, &text).expect_err(&text).0;
                assert!(matches!(errors[0].origin, Origin::Variable(_)), "{errors:?}");
                assert!(errors[0].message.contains(word) || *word == "bounds", "{key}={text}: {errors:?}");
            }
        }
    }
}

#[test]
fn times_are_written_in_several_ways() {
    for (written, shown) in
        [("90", "90s"), ("120", "2m"), ("\"3600\"", "1h"), ("\"60s\"", "1m"), ("0x10", "16s")]
    {
        let toml = resolve(&file("limits.idle", written)).to_toml(false);
        assert!(toml.contains(&format!("idle = \"{shown}\"")), "{written}: {toml}");
    }
}
