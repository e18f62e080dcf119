//! `jeton doctor`: what it finds at a server and beside it, and from a client's side.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Place, Run, Server, Store};
use crate::token::Demo;

/// The findings, by check; several of one check stand in their order.
fn findings(run: &Run) -> Vec<(String, String, String)> {
    let all: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let all = all.as_array().unwrap().iter();
    for one in all.clone() {
        // What is not good says what to do.
        assert_eq!(one["state"] == "bad", one["fix"].is_string(), "{one}");
    }
    all.map(|one| (text(one, "check"), text(one, "state"), text(one, "found"))).collect()
}

fn state(findings: &[(String, String, String)], check: &str) -> Vec<String> {
    findings.iter().filter(|(own, ..)| own == check).map(|(_, state, _)| state.clone()).collect()
}

#[test]
fn a_server_that_is_well_has_no_finding() {
    for place in Place::both() {
        let management = "127.0.0.1:0";
        let mut command =
            place.command(&format!("serve --listen 127.0.0.1:0 --management-listen {management}"));
        let server = Server::start(&mut command, 2);
        let at = server.address("management");
        let run = Run::of(place.command("-o json doctor").env("JETON_LISTEN__MANAGEMENT", &at));
        let found = findings(&run);
        assert_eq!(run.code, Some(0), "{found:?}");
        for check in [
            "configuration",
            "master key",
            "schema",
            "store",
            "signing keys",
            "audit chain",
            "clock",
            "server",
        ] {
            assert!(state(&found, check).iter().all(|state| state == "good"), "{check}: {found:?}");
            assert!(!state(&found, check).is_empty(), "{check}: {found:?}");
        }
    }
}

#[test]
fn what_is_wrong_is_found_with_what_to_do() {
    let store = Store::new();
    let run = |line: &str| Run::of(store.command(line).env("JETON_LISTEN__MANAGEMENT", "127.0.0.1:1"));
    // Nobody serves any more.
    let found = findings(&run("-o json doctor"));
    assert_eq!(state(&found, "server"), ["bad"]);
    let key = store.path().join("master.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o755)).unwrap();
    let exposed = run("-o json doctor");
    assert_eq!(exposed.code, Some(7), "{exposed:?}");
    let found = findings(&exposed);
    assert!(state(&found, "master key").contains(&"bad".to_owned()), "{found:?}");
    assert_eq!(state(&found, "data folder"), ["bad"]);
    let problem: Value = serde_json::from_str(exposed.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(problem["exit_code"], 7);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o700)).unwrap();
    fs::remove_file(&key).unwrap();
    assert_eq!(state(&findings(&run("-o json doctor")), "store"), ["bad"]);
    let file = store.around().join("jeton.toml");
    fs::write(&file, "[listen]\npublik = \"x\"\n").unwrap();
    let line = format!("-o json doctor --config {}", file.display());
    assert_eq!(state(&findings(&run(&line)), "configuration"), ["bad"]);
}

#[test]
fn a_folder_without_a_store_says_how_to_make_one() {
    let store = Store::new();
    let nowhere = store.around().join("nowhere");
    let mut command = crate::support::jeton();
    let run = Run::of(command.args(["-o", "json", "doctor", "--data"]).arg(&nowhere));
    assert_eq!(run.code, Some(7), "{run:?}");
    assert!(run.stdout.contains("jeton init"), "{run:?}");
    assert!(!nowhere.exists());
}

#[test]
fn a_client_sees_what_it_would_meet() {
    let (store, demo) = (Store::new(), Demo::start());
    let issuer = demo.issuer();
    let id = &demo.credential.id;
    let ask = |more: &str, secret: &str| {
        let line = format!("-o json doctor --issuer {issuer} {more}");
        Run::with_input(&mut store.command(&line), secret.as_bytes())
    };
    let named = findings(&ask("", ""));
    assert_eq!(state(&named, "token endpoint"), ["good"], "{named:?}");
    let well = ask(&format!("--client-id {id} --secret-stdin"), &demo.credential.secret);
    assert_eq!(state(&findings(&well), "token"), ["good"], "{well:?}");
    assert!(!well.stdout.contains(&demo.credential.secret));
    let refused = ask(&format!("--client-id {id} --secret-stdin"), "wrong-secret-of-nobody-canary");
    assert_eq!(refused.code, Some(7), "{refused:?}");
    assert!(!refused.stdout.contains("canary") && refused.stdout.contains("request id"), "{refused:?}");
    let nobody = Run::of(&mut store.command("-o json doctor --issuer http://127.0.0.1:1"));
    assert_eq!(state(&findings(&nobody), "connection"), ["bad"]);
    let plain = Run::of(&mut store.command("-o json doctor --issuer http://auth.example"));
    assert_eq!(state(&findings(&plain), "issuer"), ["bad"]);
    store.run("doctor --client-id x").refused(2);
}

#[test]
fn a_touched_audit_chain_is_found() {
    for place in Place::both() {
        let place = place.with_acme();
        let look = || Run::of(place.command("-o json doctor").env("JETON_LISTEN__MANAGEMENT", "127.0.0.1:1"));
        let found = findings(&look());
        assert_eq!(state(&found, "audit chain"), ["good"], "{found:?}");
        place.sql("UPDATE changes SET actor = 'cli:mallory' WHERE kind = 'company.created'");
        let run = look();
        assert_eq!(run.code, Some(7), "{run:?}");
        assert_eq!(state(&findings(&run), "audit chain"), ["bad"]);
        assert!(run.stdout.contains("audit verify --checkpoint"), "{run:?}");
    }
}

#[test]
fn a_database_whose_clock_is_another_is_found() {
    let place = Place::postgres().with_acme();
    let look = || {
        let run = Run::of(place.command("-o json doctor").env("JETON_LISTEN__MANAGEMENT", "127.0.0.1:1"));
        state(&findings(&run), "clock")
    };
    assert_eq!(look(), ["good", "good"]);
    for by in ["+ interval '1 hour'", "- interval '2 minutes'"] {
        // What a database with a clock that is off would say.
        place.sql(&format!(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql \
             AS $$ SELECT pg_catalog.clock_timestamp() {by} $$"
        ));
        place.sql(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', \
             current_database()); END $$",
        );
        assert_eq!(look(), ["good", "bad"], "{by}");
    }
}

/// What stands for a server whose clock is off: it says a `Date` of its own.
fn server_at(date: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = "{}";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            // Whoever asked may be gone.
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    format!("http://{at}")
}

#[test]
fn a_server_whose_clock_is_another_is_found() {
    let store = Store::new();
    for (date, expected) in [
        ("Thu, 01 Jan 2015 00:00:00 GMT", "bad"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "bad"),
        ("yesterday", "unknown"),
    ] {
        let run = Run::of(&mut store.command(&format!("-o json doctor --issuer {}", server_at(date))));
        assert_eq!(run.code, Some(7));
        assert_eq!(state(&findings(&run), "clock"), [expected], "{date}: {run:?}");
    }
}

/// A certificate for `localhost` that is good for these days from now.
fn certificate(store: &Store, days: i64) {
    let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let at = |days: i64| {
        std::time::SystemTime::UNIX_EPOCH
            + std::time::Duration::from_secs(u64::try_from(now + days * 86_400).unwrap())
    };
    parameters.not_before = at(-400).into();
    parameters.not_after = at(days).into();
    let key = rcgen::KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    fs::write(store.around().join("a.crt"), made.pem()).unwrap();
    fs::write(store.around().join("a.key"), key.serialize_pem()).unwrap();
}

#[test]
fn the_certificate_that_a_server_shows_is_judged_by_its_end() {
    for (days, expected, connected) in [(300, "good", "good"), (5, "bad", "good"), (-2, "bad", "bad")] {
        let store = Store::unmade();
        let file = "[[tls]]\ncertificate = \"a.crt\"\nkey = \"a.key\"\n";
        fs::write(store.around().join("jeton.toml"), file).unwrap();
        certificate(&store, days);
        let line = "serve --config jeton.toml --listen 127.0.0.1:0 --management-listen off";
        let server = Server::start(&mut store.command(line), 1);
        let port = server.address("production").rsplit_once(':').unwrap().1.to_owned();
        let mut command = store.command(&format!("-o json doctor --issuer https://localhost:{port}"));
        let run = Run::of(command.env("SSL_CERT_FILE", store.around().join("a.crt")));
        let found = findings(&run);
        assert_eq!(state(&found, "certificate"), [expected], "{days}: {found:?}");
        assert_eq!(state(&found, "connection"), [connected], "{days}: {found:?}");
        server.stop();
    }
}
