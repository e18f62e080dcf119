//! Many processes on one store.

use serde_json::json;

use crate::support::{Credential, Reaped, Run, Server, Store, sql};

/// Runs them all at once.
fn together(store: &Store, lines: impl Iterator<Item = String>) -> Vec<Run> {
    let children: Vec<Reaped> = lines.map(|line| Run::begin(&mut store.command(&line))).collect();
    children.into_iter().map(Run::end_of).collect()
}

#[test]
fn forty_processes_race_for_the_last_places() {
    let store = Store::with_acme();
    store.credential("--client-id one");
    store.credential_in("sandbox", "--client-id two");
    store.credential("--client-id three");
    let runs = together(
        &store,
        (0..40).map(|at| {
            let environment = ["production", "sandbox"][at % 2];
            format!("-o json credential create --company acme --environment {environment} --grant voice")
        }),
    );
    let (made, refused): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| run.code == Some(0));
    assert_eq!((made.len(), refused.len()), (2, 38));
    for run in refused {
        let problem = run.problem(5);
        assert!(
            problem["detail"].as_str().unwrap().contains("as many credentials as it may (5)"),
            "{problem}"
        );
    }
    let made: Vec<String> =
        made.into_iter().map(|run| Credential::of(&serde_json::from_str(&run.ok()).unwrap()).id).collect();
    let mut listed = store.ids("credential list", "client_id");
    listed.retain(|id| !["one", "two", "three"].contains(&id.as_str()));
    listed.sort();
    let mut made = made;
    made.sort();
    assert_eq!(listed, made, "who was told that it is made is listed, and nobody else");
}

#[test]
fn one_of_many_gets_an_id() {
    let store = Store::with_acme();
    store.ok("company update acme --limit 100");
    let runs = together(
        &store,
        (0..16).map(|at| {
            let id = ["Robot", "robot"][at % 2];
            format!("credential create --company acme --environment production --client-id {id}")
        }),
    );
    let codes: Vec<Option<i32>> = runs.iter().map(|run| run.code).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 5))), "{codes:?}");
}

#[test]
fn two_secrets_live_however_many_rotate_at_once() {
    let store = Store::with_acme();
    store.credential("--client-id x");
    let runs = together(&store, (0..12).map(|_| "secret rotate x --environment production".to_owned()));
    let codes: Vec<Option<i32>> = runs.iter().map(|run| run.code).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 5))), "{codes:?}");
    assert_eq!(store.json("secret list x --environment production").as_array().unwrap().len(), 2);
}

#[test]
fn first_starts_at_once_agree_on_one_store() {
    let store = Store::unmade();
    let mut servers: Vec<Server> = (0..4).map(|_| Server::spawn(&mut store.serve(""))).collect();
    for server in &mut servers {
        let listening = server.stdout.find("listening on").is_some();
        assert!(listening, "{}", server.stderr.all());
    }
    let keys = sql(store.path(), "SELECT environment, COUNT(*) FROM signing_keys GROUP BY 1 ORDER BY 1");
    assert_eq!(json!(keys), json!([["management", 1], ["production", 1], ["sandbox", 1]]));
}
