//! `jeton token` over TLS, to a server whose root nobody else knows.

use std::fs;

use crate::support::{Credential, Run, Server, Store, jeton, words};

use super::get_command;

#[test]
fn a_root_of_ones_own_is_named_by_ssl_cert_file() {
    let store = Store::unmade();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(store.around().join("a.crt"), made.cert.pem()).unwrap();
    fs::write(store.around().join("a.key"), made.signing_key.serialize_pem()).unwrap();
    let file = "[[tls]]\ncertificate = \"a.crt\"\nkey = \"a.key\"\n";
    fs::write(store.around().join("jeton.toml"), file).unwrap();
    let line = "serve --config jeton.toml --listen 127.0.0.1:0 --management-listen off";
    let server = Server::start(&mut store.command(line), 1);
    store.ok("api create voice --audience https://api.example/voice --scope voice.billing");
    store.ok("company create acme --name Acme");
    let credential = store.credential("--client-id acme-1 --grant voice");
    let origin = server.production().replace("http://", "https://");
    let root = store.around().join("a.crt");

    let get =
        |credential: &Credential| get_command("oauth2", &format!("{origin}/oauth/v2/token"), credential);
    let told = Run::of(&mut get(&credential)).refused(1);
    assert!(told.contains("SSL_CERT_FILE") && !told.contains(&credential.secret), "{told}");
    let token = Run::of(get(&credential).env("SSL_CERT_FILE", &root)).ok();

    let line = format!(
        "token verify --audience https://api.example/voice --issuer http://localhost:8080 \
         --jwks {origin}/.well-known/jwks.json"
    );
    let told = Run::with_input(jeton().args(words(&line)), token.as_bytes()).refused(1);
    assert!(told.contains("SSL_CERT_FILE"), "{told}");
    let mut verify = jeton();
    Run::with_input(verify.args(words(&line)).env("SSL_CERT_FILE", &root), token.as_bytes()).ok();
}
