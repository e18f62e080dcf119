//! `jeton credential`.

use serde_json::{Value, json};

use crate::support::{Credential, PATIENCE, Place, Store, form_token, now};

#[test]
fn a_creation_shows_id_secret_and_environment() {
    let store = Store::with_acme();
    let made = store.json(
        "credential create --company acme --environment sandbox --client-id Acme.1 --label 'Billing robot' \
         --grant voice:voice.billing --grant mail",
    );
    assert_eq!((&made["client_id"], &made["environment"]), (&json!("Acme.1"), &json!("sandbox")));
    let secret = made["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("jtn_sandbox_") && secret.len() == "jtn_sandbox_".len() + 49, "{secret}");
    assert_eq!((&made["company"], &made["label"]), (&json!("acme"), &json!("Billing robot")));
    assert_eq!(made["grants"], json!(["mail:mail.send", "voice:voice.billing"]));
    assert_eq!(made["state"], "active");

    let generated = store.credential("");
    assert_eq!(generated.id.len(), 20, "{generated:?}");
    assert_ne!(generated.secret, store.credential("").secret);
}

#[test]
fn the_secret_is_printed_once_and_never_again() {
    let store = Store::with_acme();
    let run = store.run("credential create --company acme --environment production --client-id x");
    let stdout = run.stdout.clone();
    let secret = stdout.split_whitespace().find(|word| word.starts_with("jtn_")).unwrap();
    assert_eq!(stdout.matches(secret).count(), 1);
    assert!(run.stderr.contains("once") && !run.stderr.contains(secret), "{}", run.stderr);
    run.ok();
    for line in [
        "credential get x --environment production",
        "credential list",
        "credential update x --environment production --label y",
        "credential suspend x --environment production",
        "credential resume x --environment production",
        "grant add x --environment production voice",
        "grant remove x --environment production voice",
        "secret list x --environment production",
        "secret rotate x --environment production",
        "secret revoke x --environment production --all",
        "credential delete x --environment production",
    ] {
        let run = store.run(&format!("-o json {line}"));
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{line}");
        run.ok();
    }
}

#[test]
fn a_secret_is_no_argument() {
    let store = Store::with_acme();
    for flag in ["--secret hunter2", "--secret=hunter2", "--client-secret hunter2", "--secret-stdin hunter2"]
    {
        store.refused(2, &format!("credential create --company acme --environment production {flag}"));
    }
}

#[test]
fn a_credential_through_its_life() {
    let store = Store::with_acme();
    let Credential { id, .. } = store.credential("--label One");
    let line = |verb: &str| format!("credential {verb} {id} --environment production");
    assert_eq!(store.json(&line("get"))["label"], "One");
    assert_eq!(store.json(&format!("{} --label 'The first'", line("update")))["label"], "The first");
    assert_eq!(store.json(&format!("{} --label ''", line("update")))["label"], Value::Null);
    assert_eq!(store.json(&line("suspend"))["state"], "suspended");
    assert!(store.refused(5, &line("suspend")).contains("suspended already"));
    assert_eq!(store.json(&line("resume"))["state"], "active");
    assert!(store.refused(5, &line("resume")).contains("active already"));
    let deleted = store.json(&line("delete"));
    assert_eq!(deleted, json!({ "client_id": id, "environment": "production", "state": "deleted" }));
    for verb in ["get", "suspend", "resume", "delete"] {
        store.refused(3, &line(verb));
    }
    assert_eq!(store.json("credential list"), json!([]));
}

#[test]
fn lists_are_by_company_and_environment() {
    let store = Store::with_acme();
    store.ok("company create other --name Other");
    for (company, environment, id) in
        [("acme", "production", "a-p"), ("acme", "sandbox", "a-s"), ("other", "production", "o-p")]
    {
        store.ok(&format!(
            "credential create --company {company} --environment {environment} --client-id {id}"
        ));
    }
    let ids = |more: &str| store.ids(&format!("credential list {more}"), "client_id");
    assert_eq!(ids(""), ["a-p", "o-p", "a-s"]);
    assert_eq!(ids("--company acme"), ["a-p", "a-s"]);
    assert_eq!(ids("--environment production"), ["a-p", "o-p"]);
    assert_eq!(ids("--company other --environment sandbox"), [""; 0]);
    assert_eq!(store.json("company get acme")["credentials"], 2);
}

#[test]
fn a_client_id_is_given_out_once_in_an_environment() {
    let store = Store::with_acme();
    let create = |environment: &str, id: &str| {
        format!("credential create --company acme --environment {environment} --client-id {id}")
    };
    store.ok(&create("production", "Robot"));
    assert!(store.refused(5, &create("production", "Robot")).contains("exists already"));
    for alike in ["robot", "ROBOT", "rObOt"] {
        let told = store.refused(5, &create("production", alike));
        assert!(told.contains("\"Robot\"") && told.contains("only by case"), "{told}");
    }
    store.ok(&create("sandbox", "robot"));
    store.ok("credential delete Robot --environment production");
    let told = store.refused(5, &create("production", "Robot"));
    assert!(told.contains("was deleted") && told.contains("choose another"), "{told}");
    store.refused(5, &create("production", "robot"));
    store.refused(3, "credential get robot --environment production");
}

#[test]
fn the_sixth_of_a_company_is_refused() {
    let store = Store::with_acme();
    for at in 0..5 {
        let environment = ["production", "sandbox"][at % 2];
        store.ok(&format!("credential create --company acme --environment {environment} --client-id c{at}"));
    }
    let create = "credential create --company acme --environment sandbox";
    let told = store.refused(5, create);
    assert!(told.contains("delete one") && told.contains("`company update acme --limit`"), "{told}");
    // Suspended ones count, deleted ones do not.
    store.ok("credential suspend c0 --environment production");
    store.refused(5, create);
    store.ok("credential delete c0 --environment production");
    store.ok(create);
    store.refused(5, create);
    store.ok("company update acme --limit 6");
    store.ok(create);
    // A lower limit takes nothing away.
    store.ok("company update acme --limit 1");
    assert_eq!(store.json("company get acme")["credentials"], 6);
    store.refused(5, create);
}

#[test]
fn a_creation_that_is_refused_leaves_nothing() {
    let store = Store::with_acme();
    store.ok("api create rsa --audience urn:rsa --alg RS256");
    let create = "credential create --company acme --environment production --client-id x";
    store.refused(3, &format!("{create} --grant voice --grant unknown"));
    store.refused(3, &format!("{create} --grant voice:voice.unknown"));
    store.refused(5, &format!("{create} --grant voice --grant rsa"));
    assert_eq!(store.json("credential list"), json!([]));
    assert_eq!(store.json("company get acme")["credentials"], 0);
    store.ok(create);
}

#[test]
fn client_ids_and_labels_have_their_grammar() {
    let store = Store::with_acme();
    let create = "credential create --company acme --environment production";
    for id in ["'a b'", "a/b", "a:b", "ä", "''", &"x".repeat(129)] {
        let told = store.refused(2, &format!("{create} --client-id {id}"));
        assert!(told.contains("a client id must be 1 to 128"), "{id}: {told}");
    }
    store.ok(&format!("{create} --client-id {}", "x".repeat(128)));
    store.ok(&format!("{create} --client-id=-._~"));
    store.ok("credential get --environment production -- -._~");
    store.refused(2, &format!("{create} --label 'a\u{7}b'"));
    let update = format!("credential update {} --environment production", "x".repeat(128));
    let told = store.refused(2, &format!("{update} --label '{}'", "l".repeat(201)));
    assert!(told.contains("1 to 200 characters"), "{told}");
    for grant in ["voice:", "voice:a,,b", ":voice.billing", "Voice"] {
        store.refused(2, &format!("{create} --grant {grant}"));
    }
}

#[test]
fn one_ends_at_a_time_or_after_a_while_or_never() {
    for place in Place::both() {
        let place = place.with_acme();
        let server = place.start();
        let x = Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() };
        let update = |how: &str| {
            place.json(&format!("credential update x --environment production {how}"))["expires"].clone()
        };
        assert_eq!(update("--expires 2099-01-31T00:00:00Z"), "2099-01-31T00:00:00Z");
        assert!(update("--expires 90d").as_str().is_some_and(|at| at < "2099"));
        assert!(update("--label y").is_string(), "what is not said stays");
        assert_eq!(update("--never-expires"), Value::Null);
        assert_eq!(form_token(&server.production(), &x).status, 200);
        assert_eq!(update("--expires 2020-01-01T00:00:00+01:00"), "2019-12-31T23:00:00Z");
        let begun = now();
        while form_token(&server.production(), &x).status != 401 {
            assert!(now() - begun < PATIENCE, "it has ended");
        }
        for wrong in
            ["--expires soon", "--expires 2027-01-31", "--expires 1d --never-expires", "--expires -1d"]
        {
            place.refused(2, &format!("credential update x --environment production {wrong}"));
        }
        server.stop();
    }
}
