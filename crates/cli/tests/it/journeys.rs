//! What people come for, as scripts of the command line with their budgets: how many commands, how many refused calls,
//! how long. A budget is a bound that the product keeps; what is measured stands in no test.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Credential, Http, Place, Run, Server, Store, now};

/// A leaked secret is refused everywhere within this time, and so are its tokens.
const CONTAINED: Duration = Duration::from_secs(5);

/// Fifty requests a second.
const PACE: Duration = Duration::from_millis(20);

/// A newcomer has an API and a company that somebody made; three commands more are all that it takes.
#[test]
fn a_first_token_takes_three_commands() {
    let store = Store::new();
    let server = store.start();
    store.ok("api create voice --audience https://api.example/voice --scope voice.billing");
    store.ok("company create acme --name Acme");
    let line =
        "credential create --company acme --environment production --client-id acme-1 --grant voice -o env";
    std::fs::write(store.around().join(".env"), store.ok(line)).unwrap();
    let url = format!("{}/oauth/v2/token", server.production());
    let get = "set -a; . ./.env; exec \"$0\" token get --dialect oauth2 --secret-env CLIENT_SECRET --client-id \"$CLIENT_ID\" \
               --token-url \"$1\"";
    let mut command = std::process::Command::new("bash");
    crate::support::clean(&mut command);
    command.args(["-uec", get, env!("CARGO_BIN_EXE_jeton"), &url]).current_dir(store.around());
    let token = Run::of(&mut command).ok();
    let verify = "token verify --audience https://api.example/voice --environment production";
    let verified = Run::with_input(&mut store.command(verify), token.as_bytes()).ok();
    assert!(verified.contains("acme-1"), "{verified}");
}

/// A client that asks fifty times a second, half with the secret that it was started with, and half with the newest one.
#[test]
fn a_rotation_costs_no_call() {
    let store = Store::with_acme();
    let server = store.start();
    let old = store.credential("--client-id x --grant voice");
    let newest = Arc::new(Mutex::new(old.clone()));
    let (stop, stopped) = channel::<()>();
    let asks = {
        let (old, newest) = (old.clone(), Arc::clone(&newest));
        let mut http = Http::to(&server).unwrap();
        std::thread::spawn(move || {
            let mut answers = vec![];
            while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
                let credential =
                    if answers.len() % 2 == 0 { old.clone() } else { newest.lock().unwrap().clone() };
                answers.push(http.token(&credential).unwrap().status);
            }
            answers
        })
    };
    // Some calls before it, and some after it.
    store.ok("secret list x --environment production");
    let rotated = Credential::of(&store.json("secret rotate x --environment production --overlap 1h"));
    *newest.lock().unwrap() = rotated;
    let begun = now();
    while now() - begun < Duration::from_secs(2) {
        store.ok("secret list x --environment production");
    }
    stop.send(()).unwrap();
    let answers = asks.join().unwrap();
    assert!(answers.len() > 50, "{}", answers.len());
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    // It ends by itself, or when somebody says so.
    let id = store.json("secret list x --environment production");
    let id = id.as_array().unwrap().iter().find(|one| ends_with(one, &old)).unwrap()["id"].clone();
    store.ok(&format!("secret retire x --environment production --secret {} --in 0s", id.as_str().unwrap()));
    let newest = newest.lock().unwrap().clone();
    until_refused(&[&server], &old);
    assert_eq!(Http::to(&server).unwrap().token(&newest).unwrap().status, 200);
}

fn ends_with(secret: &Value, credential: &Credential) -> bool {
    credential.secret.ends_with(secret["ends_with"].as_str().unwrap())
}

/// A secret stands in somebody's log. One command, which reads it, ends it on every node, with every token that it got.
#[test]
fn a_leaked_secret_is_contained_by_one_command_on_two_nodes() {
    let place = Place::postgres().with_acme();
    let nodes = [place.start(), place.start()];
    let made = place
        .json("credential create --company acme --environment production --client-id leaky --grant voice");
    let leaked = Credential::of(&made);
    let witness = Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() };
    let token = Http::to(&nodes[0]).unwrap().token(&leaked).unwrap().token();
    let active = |node: &Server| {
        let told = Http::to(node).unwrap().introspect(&leaked, &token).unwrap();
        (told.status, told.status == 200 && told.json()["active"] == true)
    };
    assert_eq!(active(&nodes[1]), (200, true));
    let mut contain = place.command("-o json secret contain --replace");
    let shown: Value =
        serde_json::from_str(&Run::with_input(&mut contain, leaked.secret.as_bytes()).ok()).unwrap();
    assert_eq!(shown["client_id"], "leaky");
    let replaced = Credential::of(&shown);
    until_refused(&[&nodes[0], &nodes[1]], &leaked);
    for node in &nodes {
        let mut http = Http::to(node).unwrap();
        assert_eq!(http.token(&witness).unwrap().status, 200, "nobody else notices");
        let (begun, mut told) = (now(), http.introspect(&replaced, &token).unwrap());
        while told.status != 200 || told.json()["active"] == true {
            assert!(now() - begun < CONTAINED, "its token is active after {CONTAINED:?}: {told:?}");
            told = http.introspect(&replaced, &token).unwrap();
        }
        assert_eq!(http.token(&replaced).unwrap().status, 200, "its owner goes on");
    }
}

#[test]
fn what_is_nobodys_secret_contains_nothing() {
    let store = Store::with_acme();
    let x = store.credential("--client-id x --grant voice");
    let contain = |text: &[u8], more: &str| {
        Run::with_input(&mut store.command(&format!("secret contain {more}")), text)
    };
    assert!(contain(b"jtn_production_nobody", "").refused(3).contains("cannot be told"));
    contain(b"", "").refused(3);
    let shown = contain(x.secret.as_bytes(), "--dry-run");
    assert!(shown.stdout.contains("secrets/revoke") && shown.stdout.contains("revoke-tokens"), "{shown:?}");
    assert!(!format!("{shown:?}").contains(&x.secret));
    let live = |store: &Store| store.json("secret list x --environment production")[0]["state"].clone();
    assert_eq!(live(&store), "live");
    contain(x.secret.as_bytes(), "").ok();
    assert_eq!(live(&store), "revoked");
    // Once more, since the first answer was lost.
    contain(x.secret.as_bytes(), "").ok();
}

/// Asks each until it refuses.
#[track_caller]
fn until_refused(nodes: &[&Server], credential: &Credential) {
    let begun = now();
    for node in nodes {
        let mut http = Http::to(node).unwrap();
        while http.token(credential).unwrap().status != 401 {
            assert!(now() - begun < CONTAINED, "accepted after {CONTAINED:?}");
        }
    }
}
