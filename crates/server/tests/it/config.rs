//! The configuration file: what it says, and where it is wrong. `keys` goes over every key, `sources` over what wins
//! over what, `reference` over the documents that are made of the keys.

mod keys;
mod reference;
mod sources;

use std::time::Duration;

use jeton_core::id::EnvironmentName;
use jeton_server::config::{Config, Dialect, Issuer, ListenAddress, Origin};
use jeton_testkit::id;

use crate::support::{config, read};

/// Two environments and an endpoint, all of it right: line 3 is the first name.
const RIGHT: &str = r#"
[[environment]]
name = "production"
hosts = ["auth.example", "auth.example:8443"]
issuer = "https://auth.example"

[[environment]]
name = "sandbox"
hosts = ["sandbox.auth.example"]
issuer = "https://sandbox.auth.example"

[[endpoint]]
path = "/token"
dialect = "oauth2"
lifetime = "30m"

[listen]
public = ["127.0.0.1:8080", "sandbox=[::1]:8081"]
"#;

/// What is wrong with a text that is refused: line and column, and the sentence.
fn refused(text: &str) -> ((usize, usize), String) {
    let error = read(text).expect_err(text).0.remove(0);
    let Origin::File { path, place: Some(place) } = &error.origin else { panic!("no place: {error}") };
    let shown = error.to_string();
    assert_eq!(shown, format!("{}:{}:{}: {}", path.display(), place.0, place.1, error.message));
    (*place, error.message)
}

/// The right text with one thing in it replaced.
fn with(part: &str, other: &str) -> String {
    assert_eq!(RIGHT.matches(part).count(), 1, "{part}");
    RIGHT.replace(part, other)
}

#[test]
fn what_it_says() {
    let config = config(RIGHT);
    let names: Vec<&str> = config.environments.iter().map(|environment| environment.name.as_str()).collect();
    assert_eq!(names, ["production", "sandbox"]);
    let hosts: Vec<String> = config.environments[0].hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["auth.example", "auth.example:8443"]);
    assert_eq!(config.environments[1].issuer.as_str(), "https://sandbox.auth.example");
    let [endpoint] = &config.endpoints[..] else { panic!("there is one endpoint") };
    assert_eq!((endpoint.path.as_str(), endpoint.dialect), ("/token", Dialect::OAuth2));
    assert_eq!(endpoint.lifetime, Duration::from_mins(30));
    let sandbox: ListenAddress = "sandbox=[::1]:8081".parse().unwrap();
    assert_eq!(config.listeners, ["127.0.0.1:8080".parse().unwrap(), sandbox]);
    assert!(!config.danger_plain_http);
}

#[test]
fn what_is_left_out_is_as_without_a_file() {
    assert_eq!(config(""), Config::default());
    assert_eq!(config("# nothing\n[listen]\n"), Config::default());
    let endpoints = config("[[endpoint]]\npath = \"/t\"\ndialect = \"gateway\"\n");
    assert_eq!(endpoints.endpoints[0].lifetime, Duration::from_mins(30));
    assert_eq!(endpoints.environments, Config::default().environments);
    // Without a sandbox there is no listener for one.
    let one = "[[environment]]\nname = \"live\"\nhosts = [\"a.example\"]\nissuer = \"https://a.example\"\n";
    assert_eq!(config(one).listeners, ["127.0.0.1:8080".parse().unwrap()]);
}

#[test]
fn the_default_is_the_contracts() {
    let config = Config::default();
    config.check().unwrap();
    let issuers: Vec<&str> = config.environments.iter().map(|one| one.issuer.as_str()).collect();
    assert_eq!(issuers, ["http://localhost:8080", "http://localhost:8081"]);
    let paths: Vec<&str> = config.endpoints.iter().map(|endpoint| endpoint.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/authentication/v1/oauth/token", "/oauth/v2/token", "/authentication/api/v1/oauth2/token"]
    );
    let listeners: [ListenAddress; 2] =
        ["127.0.0.1:8080".parse().unwrap(), "sandbox=127.0.0.1:8081".parse().unwrap()];
    assert_eq!(config.listeners, listeners);
}

#[test]
fn unknown_keys() {
    for (text, place, name) in [
        ("colour = 1\n".to_owned(), (1, 1), "colour"),
        ("[metrics]\n".to_owned(), (1, 2), "metrics"),
        (with("hosts = [\"auth", "host = 1\nhosts = [\"auth"), (4, 1), "host"),
        (with("lifetime =", "life = 1\nlifetime ="), (15, 1), "life"),
        (with("[listen]", "[listen]\n  port = 1"), (18, 3), "port"),
        (with("[listen]", "[listener]"), (17, 2), "listener"),
    ] {
        let (found, message) = refused(&text);
        assert_eq!(found, place, "{message}");
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn values_that_are_none() {
    let (name, issuer, host) = ("\"production\"", "\"https://auth.example\"", "\"auth.example\"");
    let (path, dialect, lifetime, listener) = ("\"/token\"", "\"oauth2\"", "\"30m\"", "\"127.0.0.1:8080\"");
    let listeners = "[\"127.0.0.1:8080\", \"sandbox=[::1]:8081\"]";
    for (part, others, place, word) in [
        (name, r#""Production" "" "a-b" "seventeenletters0""#, (3, 8), "environment"),
        (issuer, r#""auth.example" "ftp://a.example" "https://a.example?b" """#, (5, 10), "issuer"),
        (issuer, r#""https://a.example#b" "https://u@a.example" "https://""#, (5, 10), "issuer"),
        (host, r#""http://a.example" "a.example/b" "" "a:" "a:b" "a:70000" "u@a.example""#, (4, 10), "host"),
        (path, r#""token" "" "/a?b" "/a#b" "/%61" "/\u00e9""#, (13, 8), "path"),
        (path, r#""/.well-known/jwks.json" "/demo/voice/numbers""#, (13, 8), "path"),
        (path, r#""/forward-auth" "/forward-auth/voice/-" "/auth-request/token""#, (13, 8), "path"),
        (dialect, r#""oauth" "OAuth2" """#, (14, 11), "gateway"),
        (lifetime, r#"59 "59s" 86401 "25h" "2d" "" "-60" -60 "m" "+60" "1.5h""#, (15, 12), "lifetime"),
        (lifetime, r#""99999999999999999999h" "18446744073709551615h""#, (15, 12), "lifetime"),
        (listener, r#""localhost:8080" "127.0.0.1" ":8080" "8080" """#, (18, 11), "address"),
        (listener, r#""=127.0.0.1:8080" "A=127.0.0.1:8080""#, (18, 11), "environment"),
        // Of another type altogether.
        (name, "1 true [] {}", (3, 8), "expected"),
        (issuer, "1 true [] {}", (5, 10), "expected"),
        (host, "1 true [] {}", (4, 10), "expected"),
        (path, "1 true [] {}", (13, 8), "expected"),
        (dialect, "1 true []", (14, 11), ""),
        (lifetime, "1.5 true [] {}", (15, 12), "expected"),
        (listener, "8080 true [] {}", (18, 11), "expected"),
        (listeners, "\"127.0.0.1:8080\" 1 true", (18, 10), "expected"),
    ] {
        for other in others.split(' ') {
            let (found, message) = refused(&with(part, other));
            assert_eq!(found, place, "{other}: {message}");
            assert!(message.contains(word), "{other}: {message}");
        }
    }
    let (place, message) = refused("[listen]\ndanger_plain_http = \"yes\"\n");
    assert_eq!(place, (2, 21), "{message}");
}

#[test]
fn values_at_the_edge() {
    for lifetime in ["60", "86400", "\"60\"", "\"60s\"", "\"1m\"", "\"24h\"", "\"1440m\""] {
        config(&with("\"30m\"", lifetime));
    }
    for path in ["\"/\"", "\"/a/b.c;d=e~\"", "\"/.well-known\"", "\"/demo\""] {
        config(&with("\"/token\"", path));
    }
    let upper = config(&with("\"auth.example\"", "\"AUTH.example\""));
    assert_eq!(upper.environments[0].hosts[0].name(), "auth.example");
}

#[test]
fn keys_that_are_missing() {
    for (line, name) in [
        ("name = \"production\"\n", "name"),
        ("hosts = [\"sandbox.auth.example\"]\n", "hosts"),
        ("issuer = \"https://auth.example\"\n", "issuer"),
        ("path = \"/token\"\n", "path"),
        ("dialect = \"oauth2\"\n", "dialect"),
    ] {
        let (_, message) = refused(&with(line, ""));
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn text_that_is_no_toml() {
    assert_eq!(refused("[[environment]\n").0.0, 1);
    assert_eq!(refused("\n\n  = 1\n").0, (3, 3));
    assert_eq!(refused(&with("name = \"sandbox\"", "name = \"sandbox\"\nname = \"b\"")).0, (9, 1));
}

#[test]
fn parts_that_do_not_fit() {
    for (text, place, words) in [
        (with("\"sandbox\"", "\"management\""), (8, 8), "reserved"),
        (with("\"sandbox\"", "\"production\""), (8, 8), "two environments production"),
        (with("[\"sandbox.auth.example\"]", "[]"), (8, 8), "no host"),
        (
            with("[\"sandbox.auth.example\"]", "[\"x\", \"Auth.example:8443\"]"),
            (9, 15),
            "production and sandbox",
        ),
        (with("\"https://sandbox.auth.example\"", "\"https://auth.example\""), (10, 10), "same issuer"),
        (
            with("[listen]", "[[endpoint]]\npath = \"/token\"\ndialect = \"json\"\n[listen]"),
            (18, 8),
            "two endpoints",
        ),
        (with("sandbox=[::1]", "staging=[::1]"), (18, 29), "no such environment"),
        (with("127.0.0.1:8080", "0.0.0.0:8080"), (18, 11), "danger_plain_http = true"),
        (with("sandbox=[::1]", "sandbox=[::]"), (18, 29), "danger_plain_http = true"),
        (with("[\"127.0.0.1:8080\", \"sandbox=[::1]:8081\"]", "[]"), (18, 10), "no listener"),
    ] {
        let (found, message) = refused(&text);
        assert_eq!(found, place, "{message}");
        assert!(message.contains(words), "{message}");
    }
    let beyond = with("[listen]", "[listen]\ndanger_plain_http = true").replace("127.0.0.1", "192.0.2.1");
    assert!(config(&beyond).danger_plain_http);
}

#[test]
fn a_file_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jeton.toml");
    let errors = Config::read(&path).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert_eq!(errors.0[0].origin, Origin::File { path, place: None });
    let errors = Config::read(folder.path()).unwrap_err();
    assert!(errors.to_string().contains("cannot be read"), "{errors}");
}

#[test]
fn lists_over_several_lines() {
    let hosts = with("\"auth.example\", \"", "\n  \"auth.example\",\n  \"auth example\",\n  \"");
    assert_eq!(refused(&hosts).0, (6, 3));
    let listeners = with("[\"127.0.0.1:8080\", ", "[\n    \"127.0.0.1:8080\",\n    \"8080\",\n");
    assert_eq!(refused(&listeners).0, (20, 5));
    let numbers = with("[\"127.0.0.1:8080\", ", "[\n    \"127.0.0.1:8080\",\n    8080,\n");
    assert_eq!(refused(&numbers).0, (20, 5));
}

/// What flags change is judged by the same rules.
#[test]
fn flags_over_the_file() {
    let mut config = Config::default();
    let sandbox: EnvironmentName = id("sandbox");
    assert!(config.set_issuer(&id("staging"), "https://a.example".parse().unwrap()).is_err());
    config.set_issuer(&sandbox, "http://localhost:8080".parse().unwrap()).unwrap();
    let message = config.check().unwrap_err();
    assert!(message.contains("same issuer"), "{message}");
    config.set_issuer(&sandbox, "http://localhost:8080/".parse().unwrap()).unwrap();
    config.check().unwrap();
    config.listen_on(vec!["sandbox=0.0.0.0:0".parse().unwrap()]);
    assert!(config.check().unwrap_err().contains("danger_plain_http"));
    config.listen_on(vec!["staging=127.0.0.1:0".parse().unwrap()]);
    assert!(config.check().unwrap_err().contains("staging"));
}

#[test]
fn issuers_follow_the_ports() {
    let issuers = |bound: &[&str], fixed: &[&str]| -> Vec<String> {
        let mut config = Config::default();
        let bound: Vec<ListenAddress> = bound.iter().map(|address| address.parse().unwrap()).collect();
        let fixed: Vec<EnvironmentName> = fixed.iter().copied().map(id).collect();
        config.follow_ports(&bound, &fixed);
        config.environments.iter().map(|environment| environment.issuer.to_string()).collect()
    };
    let default = ["http://localhost:8080", "http://localhost:8081"];
    assert_eq!(issuers(&[], &[]), default);
    assert_eq!(
        issuers(&["127.0.0.1:1", "sandbox=127.0.0.1:2"], &[]),
        ["http://localhost:1", "http://localhost:2"]
    );
    assert_eq!(issuers(&["127.0.0.1:1"], &[]), ["http://localhost:1", "http://sandbox.localhost:1"]);
    assert_eq!(issuers(&["sandbox=127.0.0.1:2"], &[]), ["http://localhost:8080", "http://localhost:2"]);
    assert_eq!(issuers(&["127.0.0.1:1", "sandbox=127.0.0.1:2"], &["production", "sandbox"]), default);
}

#[test]
fn issuers_are_kept_to_the_byte() {
    for (text, origin, path) in [
        ("https://auth.example", "https://auth.example", ""),
        ("https://auth.example/", "https://auth.example", ""),
        ("HTTPS://Auth.Example:8443/Tenants/One/", "HTTPS://Auth.Example:8443", "/Tenants/One"),
        ("http://[::1]:80/a", "http://[::1]:80", "/a"),
    ] {
        let issuer: Issuer = text.parse().unwrap();
        assert_eq!((issuer.as_str(), issuer.origin(), issuer.path()), (text, origin, path));
    }
}
