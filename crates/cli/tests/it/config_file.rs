//! `serve --config`: what it may say, and how it says what is wrong.

use std::fs;

use crate::support::{Run, Server, Store, claims, curl, files, get, key_set, token};

const WORLD: &str = r#"
[listen]
public = ["127.0.0.1:0", "beta=127.0.0.1:0"]

[[environment]]
name = "alpha"
hosts = ["localhost", "alpha.example:443"]
issuer = "https://alpha.example"

[[environment]]
name = "beta"
hosts = ["beta.example"]
issuer = "https://beta.example/"

[[endpoint]]
path = "/token"
dialect = "oauth2"
lifetime = "10m"

[[endpoint]]
path = "/bare"
dialect = "json"
lifetime = 120
"#;

fn with_config(text: &str) -> (Store, std::process::Command) {
    let store = Store::unmade();
    fs::write(store.around().join("jeton.toml"), text).unwrap();
    let command = store.command("serve --config jeton.toml");
    (store, command)
}

#[test]
fn a_file_chooses_environments_endpoints_and_listeners() {
    let (store, mut command) = with_config(WORLD);
    let server = Server::start(&mut command, 2);
    store.ok("api create voice --audience https://api.example/voice --scope voice.billing");
    store.ok("company create acme --name Acme");
    let credential = store.credential_in("beta", "--grant voice");
    let beta = server.origin("beta");

    let issued = token("oauth2", &format!("{beta}/token"), &credential);
    assert_eq!(issued.json()["expires_in"], 600);
    let claimed = claims(&key_set(&beta), &issued.token());
    assert_eq!((claimed.iss.as_ref(), claimed.exp - claimed.iat), ("https://beta.example/", 600));
    let bare = token("json", &format!("{beta}/bare"), &credential).token();
    let claimed = claims(&key_set(&beta), &bare);
    assert_eq!(claimed.exp - claimed.iat, 120);

    assert_eq!(get(&format!("{beta}/oauth/v2/token")).status, 404, "what the file leaves out is not there");
    let misdirected = curl(&["-H", "Host: alpha.example:443", &format!("{beta}/.well-known/jwks.json")]);
    assert_eq!(misdirected.status, 421, "another environment's `name:port` on a bound listener");
    let told = store.refused(3, "credential list --environment production");
    assert!(told.contains("alpha, beta"), "{told}");
}

#[test]
fn the_variable_names_the_file_and_flags_win_over_it() {
    let (store, _) = with_config(WORLD);
    let mut command = store.command("serve --listen alpha=127.0.0.1:0 --issuer alpha=https://other.example");
    command.env("JETON_CONFIG", "jeton.toml");
    let server = Server::start(&mut command, 1);
    let (_, environments) = &server.listeners()[0];
    assert_eq!(environments, "alpha");
    let url = format!("{}/.well-known/oauth-authorization-server", server.origin("alpha"));
    assert_eq!(get(&url).json()["issuer"], "https://other.example");
}

#[test]
fn an_empty_file_is_the_default() {
    let (_store, mut command) = with_config("");
    command.args(["--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command, 1);
    assert_eq!(server.listeners()[0].1, "production (localhost, 127.0.0.1), sandbox (sandbox.localhost)");
}

/// Each fault with the place that is named, and a part of the sentence.
const FAULTS: [(&str, &str, &str); 26] = [
    ("[listn]\n", "1:2", "listn"),
    ("[listen]\npublik = []\n", "2:1", "publik"),
    ("\n[listen]\npublic = \"127.0.0.1:0\"\n", "3:10", "sequence"),
    ("[listen]\npublic = [\"127.0.0.1\"]\n", "2:1", "IP:PORT"),
    ("[listen]\npublic = [\"127.0.0.1:99999\"]\n", "2:1", "IP:PORT"),
    ("[listen]\npublic = [8080]\n", "2:1", "string"),
    ("[listen]\ndanger_plain_http = \"yes\"\n", "2:21", "boolean"),
    ("[listen]\n[listen]\n", "2:", "duplicate"),
    ("listen = [\n", "", ""),
    ("[[environment]]\nname = \"a\"\nhosts = [\"a\"]\n", "1:1", "issuer"),
    (
        "[[environment]]\nname = \"A\"\nhosts = [\"a\"]\nissuer = \"http://a\"\n",
        "2:8",
        "an environment must be",
    ),
    ("[[environment]]\nname = \"management\"\nhosts = [\"a\"]\nissuer = \"http://a\"\n", "2:8", "reserved"),
    ("[[environment]]\nname = \"a\"\nhosts = []\nissuer = \"http://a\"\n", "2:8", "no host"),
    ("[[environment]]\nname = \"a\"\nhosts = [\"http://a\"]\nissuer = \"http://a\"\n", "3:", "is no host"),
    ("[[environment]]\nname = \"a\"\nhosts = [\"a\"]\nissuer = \"a\"\n", "4:10", "is no issuer"),
    ("[[environment]]\nname = \"a\"\nhosts = [\"a\"]\nissuer = \"http://a?q\"\n", "4:10", "is no issuer"),
    ("[[environment]]\nname = \"a\"\nhosts = [\"a\"]\nissuer = \"http://a#f\"\n", "4:10", "is no issuer"),
    ("[[environment]]\nname = \"a\"\nname = \"b\"\n", "3:1", "duplicate"),
    ("[[endpoint]]\npath = \"token\"\ndialect = \"json\"\n", "2:8", "begins with '/'"),
    ("[[endpoint]]\npath = \"/.well-known/x\"\ndialect = \"json\"\n", "2:8", "well-known"),
    ("[[endpoint]]\npath = \"/t\"\ndialect = \"soap\"\n", "3:11", "gateway"),
    ("[[endpoint]]\npath = \"/t\"\ndialect = \"json\"\nlifetime = -1\n", "4:12", "a minute to a day"),
    ("[[endpoint]]\npath = \"/t\"\ndialect = \"json\"\nlifetime = \"25h\"\n", "4:12", "a minute to a day"),
    (
        "[[endpoint]]\npath = \"/t\"\ndialect = \"json\"\nlifetime = \"99999999999999999999h\"\n",
        "4:12",
        "a minute",
    ),
    ("[[endpoint]]\npath = \"/t\"\ndialect = \"json\"\nlifetime = 1.5\n", "4:12", "seconds"),
    (
        "[[endpoint]]\npath = \"/t\"\ndialect = \"json\"\n\n[[endpoint]]\npath = \"/t\"\ndialect = \"oauth2\"\n",
        "6:8",
        "two endpoints",
    ),
];

#[test]
fn a_fault_is_named_with_its_place_and_nothing_is_made() {
    for (text, place, named) in FAULTS {
        let (store, mut command) = with_config(text);
        let told = Run::of(&mut command).refused(78);
        assert!(told.starts_with(&format!("jeton: jeton.toml:{place}")), "{text}\n{told}");
        assert!(told.contains(named), "{text}\n{told}");
        assert_eq!(files(store.around()), [store.around().join("jeton.toml")], "{text}");
    }
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let environment = |name: &str, host: &str, issuer: &str| {
        format!("[[environment]]\nname = \"{name}\"\nhosts = [\"{host}\"]\nissuer = \"{issuer}\"\n")
    };
    for (text, named) in [
        (environment("a", "x", "http://a") + &environment("a", "y", "http://b"), "two environments a"),
        (environment("a", "x", "http://a") + &environment("b", "y", "http://a"), "the same issuer"),
        (environment("a", "x", "http://a") + &environment("b", "X", "http://b"), "chooses both"),
        ("[listen]\npublic = []\n".to_owned(), "no listener"),
        ("[listen]\npublic = [\"staging=127.0.0.1:0\"]\n".to_owned(), "staging"),
        ("[listen]\npublic = [\"10.0.0.1:8080\"]\n".to_owned(), "plain text"),
    ] {
        let (_store, mut command) = with_config(&text);
        let told = Run::of(&mut command).refused(78);
        assert!(told.starts_with("jeton: ") && told.contains(named), "{text}\n{told}");
        assert!(told.contains("jeton.toml"), "it says which file: {told}");
    }
}

#[test]
fn what_is_no_file_is_said() {
    let store = Store::unmade();
    for path in [".", "missing/jeton.toml"] {
        let told = store.run(&format!("serve --config {path}")).refused(78);
        assert!(told.contains(path) && told.contains("cannot be read"), "{told}");
    }
}
