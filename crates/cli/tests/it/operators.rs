//! How operators get in: `init` makes the first, `serve --dev` one that the command line finds.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Credential, Place, Run, Server, curl, form_token, jeton, mode, words};

/// A server with a management listener.
fn serve(place: &Place) -> Server {
    let line = "serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0 --management-listen 127.0.0.1:0";
    Server::start(&mut place.command(line), 3)
}

fn ask(at: &str, Credential { id, secret }: &Credential) -> Answer {
    curl(&[
        "-u",
        &format!("{id}:{secret}"),
        "-d",
        "grant_type=client_credentials",
        &format!("http://{at}/oauth/v2/token"),
    ])
}

/// Who a token says that one is.
fn whoami(at: &str, token: &str) -> Answer {
    curl(&["-H", &format!("Authorization: Bearer {token}"), &format!("http://{at}/management/v1/whoami")])
}

#[test]
fn init_makes_store_keys_and_the_first_operator_once() {
    for place in Place::both() {
        let made = Run::of(&mut place.command("-o json init --client-id root")).ok();
        let made: Value = serde_json::from_str(&made).unwrap();
        let first = Credential::of(&made);
        assert_eq!(first.id, "root");
        assert_eq!((&made["company"], &made["environment"]), (&json!("operators"), &json!("management")));
        let told = Run::of(&mut place.command("init")).refused(5);
        assert!(told.contains("there is an operator") && told.contains("credential create"), "{told}");
        assert_eq!(Run::of(&mut place.command("-o json init")).problem(5)["status"], 409);
        let server = serve(&place);
        let at = server.address("management");
        let who = whoami(&at, &ask(&at, &first).token());
        assert_eq!((who.status, &who.json()["actor"]), (200, &json!("operator:root")), "{who:?}");
        assert_eq!(who.json()["scopes"].as_array().unwrap().len(), 12);
        server.stop();
    }
}

/// On a store that servers have used, and while one runs.
#[test]
fn init_lets_an_operator_into_a_store_that_is_there() {
    for place in Place::both() {
        let server = serve(&place);
        let at = server.address("management");
        let shown = Run::of(&mut place.command("init --label Ann"));
        assert!(
            shown.stderr.contains("jeton login --url http://127.0.0.1:9080")
                || shown.stderr.contains("jeton login")
        );
        assert!(shown.stderr.contains("shown this once"), "{}", shown.stderr);
        let value = |name: &str| {
            let line = shown.stdout.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        };
        let first = Credential { id: value("client_id"), secret: value("client_secret") };
        assert_eq!(whoami(&at, &ask(&at, &first).token()).status, 200);
        server.stop();
    }
}

/// No wait and no second try: the answer of the node that made the change is also its memory's.
#[test]
fn what_an_operator_changed_holds_at_that_node_at_once() {
    for place in Place::both() {
        let place = place.with_acme();
        let made = Run::of(&mut place.command("-o json init")).ok();
        let operator = Credential::of(&serde_json::from_str(&made).unwrap());
        let server = serve(&place);
        let at = server.address("management");
        let bearer = format!("Authorization: Bearer {}", ask(&at, &operator).token());
        let x = Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() };
        for _ in 0..10 {
            for (verb, status) in [("suspend", 401), ("resume", 200)] {
                let url = format!("http://{at}/management/v1/credentials/production/x/{verb}");
                let done = curl(&["-X", "POST", "-H", &bearer, &url]);
                assert_eq!(done.status, 200, "{done:?}");
                assert_eq!(form_token(&server.production(), &x).status, status, "{verb}");
            }
        }
        server.stop();
    }
}

#[test]
fn of_racing_inits_one_makes_it() {
    for place in Place::both() {
        let racing: Vec<_> = (0..4).map(|_| Run::begin(&mut place.command("-o json init"))).collect();
        let ends: Vec<Run> = racing.into_iter().map(Run::end_of).collect();
        let made = ends.iter().filter(|run| run.code == Some(0)).count();
        assert_eq!(made, 1, "{ends:?}");
        assert!(ends.iter().all(|run| matches!(run.code, Some(0 | 5))), "{ends:?}");
    }
}

#[test]
fn what_is_reserved_is_refused() {
    let place = Place::folder();
    place.start().stop();
    for (code, line) in [
        (5, "company create operators --name Mine"),
        (5, "company update operators --limit 3"),
        (5, "company suspend operators"),
        (5, "company delete operators"),
        (5, "api create management --audience https://api.example/m"),
        (5, "credential create --company operators --environment production"),
        (3, "credential create --company operators --environment management --grant management:nothing"),
    ] {
        Run::of(&mut place.command(line)).refused(code);
    }
    let shown = Run::of(&mut place.command("-o json company get operators")).ok();
    assert!(serde_json::from_str::<Value>(&shown).unwrap()["credential_limit"].is_null(), "{shown}");
}

fn dev(around: &Path, more: &str) -> Command {
    let mut command = jeton();
    command.env("TMPDIR", around).env("XDG_CONFIG_HOME", around.join("config")).current_dir(around);
    command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0")).args(words(more));
    command
}

#[test]
fn a_dev_server_leaves_word_where_the_command_line_finds_it() {
    let around = TempDir::new().unwrap();
    let path = around.path().join("config/jeton/dev.json");
    // What a server that was killed left behind.
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, r#"{"url":"http://127.0.0.1:1","client_id":"x","client_secret":"y","pid":1}"#).unwrap();
    let mut server = Server::start(&mut dev(around.path(), "--management-listen 127.0.0.1:0"), 3);
    let at = server.address("management");
    let told = server.stdout.find("operator for").unwrap();
    assert!(told.contains(path.to_str().unwrap()), "{told}");
    assert_eq!(mode(&path), 0o600);
    let value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(value["url"], json!(format!("http://{at}")));
    assert_eq!(value["pid"], json!(server.pid().as_raw_nonzero().get()));
    let operator = Credential::of(&value);
    assert_eq!(whoami(&at, &ask(&at, &operator).token()).status, 200);
    let ended = server.stop();
    assert!(!format!("{ended:?}").contains(&operator.secret));
    assert!(!path.exists());
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0, "no draft is left");
}

#[test]
fn a_dev_server_without_a_place_for_it_does_without() {
    let around = TempDir::new().unwrap();
    let mut command = dev(around.path(), "--management-listen 127.0.0.1:0");
    command.env_remove("XDG_CONFIG_HOME");
    let ended = Server::start(&mut command, 3).stop();
    assert!(ended.stderr.contains("no dev.json"), "{}", ended.stderr);
    // Nor is there one where operators cannot come in.
    Server::start(&mut dev(around.path(), ""), 2).stop();
    assert!(!around.path().join("config").exists());
}
