//! TLS and a password to the database, as `docs/postgresql.md` tells people to set them up.

use std::fs;
use std::path::Path;

use jeton_testkit::PostgresServer;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{Credential, Run, Server, Shared, form_token};

/// Of the database's user, and to be seen nowhere.
const SECRET: &str = "canary-ad81c2";

/// A CA that signs for the database, written to `name`, and what it signed: certificate and key.
fn authority(folder: &Path, name: &str, host: &str) -> (String, String) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join(name), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let signed = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (signed.pem(), key.serialize_pem())
}

#[test]
fn a_database_is_known_by_its_certificate_and_asks_for_the_password() {
    let folder = tempfile::TempDir::new().unwrap();
    let (certificate, key) = authority(folder.path(), "ca.pem", "127.0.96.1");
    authority(folder.path(), "other.pem", "127.0.96.1");
    let (postgres, address) = PostgresServer::start_with_tls(&certificate, &key, SECRET);
    let shared = Shared::on(postgres.database());
    let url = |password: &str, mode: &str, ca: &str| {
        let ca = folder.path().join(ca);
        format!("postgres://jeton:{password}@{address}/postgres?sslmode={mode}&sslrootcert={}", ca.display())
    };
    let run = |line: &str, url: &str| {
        let mut command = shared.command(line);
        command.env("JETON_STORE__URL", url);
        command
    };
    let right = url(SECRET, "verify-full", "ca.pem");
    let node = Server::start(&mut run("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0", &right), 2);
    for line in ["api create voice --audience urn:voice", "company create acme --name Acme"] {
        Run::of(&mut run(line, &right)).ok();
    }
    let create = "-o json credential create --company acme --environment production --grant voice";
    let credential = Credential::of(&serde_json::from_str(&Run::of(&mut run(create, &right)).ok()).unwrap());
    form_token(&node.production(), &credential).token();
    let encrypted = "SELECT COUNT(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl";
    assert_eq!(shared.database.sql(encrypted), ["t"]);
    let ended = node.stop();
    assert!(!format!("{ended:?}").contains(SECRET), "{ended:?}");

    for (wrong, code, says) in [
        (url("canary-wrong", "verify-full", "ca.pem"), 78, "password"),
        (url(SECRET, "verify-full", "other.pem"), 6, "cannot be reached"),
        (url(SECRET, "disable", "ca.pem"), 78, "pg_hba"),
    ] {
        for line in ["serve --listen 127.0.0.1:0", "api list"] {
            let told = Run::of(&mut run(line, &wrong));
            assert!(!format!("{told:?}").contains("canary"), "{told:?}");
            assert!(told.refused(code).contains(says), "{line}: {says}");
        }
    }
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let (certificate, key) = authority(folder.path(), "ca.pem", "db.example");
    let (postgres, address) = PostgresServer::start_with_tls(&certificate, &key, SECRET);
    let shared = Shared::on(postgres.database());
    let ca = folder.path().join("ca.pem");
    let run = |mode: &str| {
        let url = format!(
            "postgres://jeton:{SECRET}@{address}/postgres?sslmode={mode}&sslrootcert={}",
            ca.display()
        );
        Run::of(shared.command("api list").env("JETON_STORE__URL", url))
    };
    let told = run("verify-full");
    assert!(told.code == Some(6) && told.stderr.contains("db.example"), "{told:?}");
    assert!(!format!("{told:?}").contains(SECRET), "{told:?}");
    // The chain alone is right: it comes as far as to find no store.
    assert!(run("verify-ca").refused(78).contains("there is no store"));
}
