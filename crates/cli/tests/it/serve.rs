//! `serve` without `--dev`: the folder that it makes and keeps, where it listens, and whom it is.

use std::path::Path;
use std::process::Command;

use crate::support::{
    Run, Server, Store, claims, clean, curl, files, form_token, get, jeton, key_set, mode, token,
};

#[test]
fn the_data_folder_is_private_whatever_the_umask() {
    let store = Store::unmade();
    let folder = store.around().join("above/data");
    let mut bash = Command::new("bash");
    clean(&mut bash);
    bash.args(["-c", "umask 000; exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\""]);
    bash.arg(env!("CARGO_BIN_EXE_jeton")).arg(&folder);
    let server = Server::start(&mut bash, 1);
    let check = || {
        assert_eq!(mode(&folder), 0o700);
        assert!(files(&folder).len() >= 3);
        for file in files(&folder) {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    };
    check();
    server.stop();
    check();
}

#[test]
fn a_restart_finds_everything() {
    let store = Store::new();
    let server = store.start();
    let before = key_set(&server.production()).to_json();
    store.ok("api create voice --audience https://api.example/voice --scope voice.billing --alg EdDSA");
    store.ok("company create acme --name Acme");
    let credential = store.credential("--grant voice --client-id acme-1");
    server.stop();

    let server = store.start();
    let keys = key_set(&server.production());
    assert!(keys.to_json().len() > before.len(), "the EdDSA key is there too");
    let old = form_token(&server.production(), &credential).token();
    server.stop();

    let server = store.start();
    assert_eq!(key_set(&server.production()).to_json(), keys.to_json());
    assert_eq!(claims(&key_set(&server.production()), &old).client_id, "acme-1");
    assert_eq!(form_token(&server.production(), &credential).status, 200);
    assert_eq!(store.ids("credential list", "client_id"), ["acme-1"]);
}

#[test]
fn the_folder_comes_from_the_flag_the_variable_or_the_working_folder() {
    let store = Store::unmade();
    let serve = |flags: &[&str], variable: Option<&str>| {
        let mut command = jeton();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(flags).current_dir(store.around());
        if let Some(folder) = variable {
            command.env("JETON_DATA", folder);
        }
        let mut server = Server::start(&mut command, 1);
        let named = server.stdout.find("data folder: ").unwrap();
        server.stop();
        named.trim_start_matches("data folder: ").to_owned()
    };
    assert_eq!(serve(&[], None), "jeton-data");
    assert_eq!(serve(&[], Some("by-variable")), "by-variable");
    assert_eq!(serve(&[], Some("")), "jeton-data", "empty is unset");
    assert_eq!(serve(&["--data", "by-flag"], Some("by-variable")), "by-flag");
    for folder in ["jeton-data", "by-variable", "by-flag"] {
        assert!(store.around().join(folder).join("jeton.db").exists(), "{folder}");
    }
}

#[test]
fn a_bound_listener_leads_to_its_environment_whatever_the_name() {
    let store = Store::with_acme();
    let server = store.start();
    let (production, sandbox) =
        (store.credential("--grant voice"), store.credential_in("sandbox", "--grant voice"));
    let [(first, by_name), (second, bound)] = &server.listeners()[..] else { panic!("two listeners") };
    assert_eq!(by_name, "production (localhost, 127.0.0.1), sandbox (sandbox.localhost)");
    assert_eq!(bound, "sandbox");
    let url = |address: &str| format!("http://{address}/oauth/v2/token");
    assert_eq!(token("oauth2", &url(first), &production).status, 200);
    assert_eq!(token("oauth2", &url(second), &sandbox).status, 200);
    assert_eq!(token("oauth2", &url(second), &production).status, 401);
    assert_eq!(token("oauth2", &url(first), &sandbox).status, 401);
    // On a listener that is bound to none, the name chooses.
    let jwks = |host: &str| {
        curl(&["-H", &format!("Host: {host}"), &format!("http://{first}/.well-known/jwks.json")])
    };
    assert_eq!(jwks("sandbox.localhost").body, get(&format!("http://{second}/.well-known/jwks.json")).body);
    assert_eq!(jwks("elsewhere.example").status, 421);
}

#[test]
fn each_environment_has_the_issuer_that_is_given() {
    let store = Store::with_acme();
    let mut command = store.serve(
        "--issuer production=https://auth.example --issuer sandbox=https://sandbox.auth.example/tenant",
    );
    let server = Server::start(&mut command, 2);
    let well_known = "/.well-known/oauth-authorization-server";
    let at = |url: String| get(&url).json()["issuer"].clone();
    assert_eq!(at(format!("{}{well_known}", server.production())), "https://auth.example");
    let sandbox = "https://sandbox.auth.example/tenant";
    assert_eq!(at(format!("{}{well_known}/tenant", server.sandbox())), sandbox);
    assert_eq!(at(format!("{}/tenant/.well-known/openid-configuration", server.sandbox())), sandbox);
    let credential = store.credential_in("sandbox", "--grant voice");
    let issued = form_token(&server.sandbox(), &credential).token();
    assert_eq!(claims(&key_set(&server.sandbox()), &issued).iss, sandbox);
}

#[test]
fn a_taken_port_is_said_and_names_the_flag() {
    let store = Store::unmade();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let told = store.run(&format!("serve --listen {taken}")).refused(1);
    assert!(told.contains("--listen") && told.contains(&taken), "{told}");
    assert!(!store.path().exists(), "nothing is made for a server that does not start");
}

#[test]
fn plain_http_beyond_this_machine_needs_the_loud_word() {
    let store = Store::unmade();
    let told = store.run("serve --listen 0.0.0.0:0").refused(78);
    assert!(told.contains("plain text") && told.contains("danger_plain_http"), "{told}");
    let told = store.run("serve --listen [::]:0").refused(78);
    assert!(told.contains("plain text"), "{told}");
    assert!(!store.path().exists());
    Server::start(&mut store.command("serve --listen 0.0.0.0:0 --danger-plain-http"), 1).stop();
}

#[test]
fn flags_that_make_no_sense_are_refused_before_anything_is_made() {
    let store = Store::unmade();
    for (flags, code, named) in [
        ("--listen localhost", 2, "IP:PORT"),
        ("--listen 127.0.0.1", 2, "IP:PORT"),
        ("--listen 127.0.0.1:65536", 2, "IP:PORT"),
        ("--listen Sandbox=127.0.0.1:0", 2, "an environment must be"),
        ("--listen =127.0.0.1:0", 2, "an environment must be"),
        ("--listen staging=127.0.0.1:0", 78, "staging"),
        ("--issuer https://auth.example", 2, "ENVIRONMENT=VALUE"),
        ("--issuer production=auth.example", 2, "is no issuer"),
        ("--issuer production=https://auth.example?x", 2, "is no issuer"),
        ("--issuer production=ftp://auth.example", 2, "is no issuer"),
        ("--issuer staging=https://auth.example", 78, "staging"),
        ("--config missing.toml", 78, "missing.toml"),
        ("--port 8080", 2, "--port"),
    ] {
        let told = store.run(&format!("serve {flags}")).refused(code);
        assert!(told.contains(named), "{flags}: {told}");
    }
    assert_eq!(files(store.around()), [] as [&Path; 0]);
}

#[test]
fn errors_of_serve_are_problems_too_where_json_is_asked_for() {
    let store = Store::unmade();
    let problem = store.run("-o json serve --listen 0.0.0.0:0").problem(78);
    assert!(problem["detail"].as_str().unwrap().contains("plain text"), "{problem}");
    Run::of(&mut store.command("serve --listen nowhere -o json")).problem(2);
}
