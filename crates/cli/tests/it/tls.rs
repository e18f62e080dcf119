//! `serve` with certificate files: curl over HTTPS, files that change while it serves, and files that are wrong.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::support::{PATIENCE, Server, Store, curl, now};

/// A certificate for `localhost` in `name.crt`, with `name.key`.
fn make(folder: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join(name).with_extension("crt"), made.cert.pem()).unwrap();
    fs::write(folder.join(name).with_extension("key"), made.signing_key.serialize_pem()).unwrap();
}

/// A store whose configuration names `a.crt` and `a.key`.
fn store() -> Store {
    let store = Store::unmade();
    let file = "[[tls]]\ncertificate = \"a.crt\"\nkey = \"a.key\"\n";
    fs::write(store.around().join("jeton.toml"), file).unwrap();
    make(store.around(), "a");
    store
}

fn serve(store: &Store) -> Command {
    store.command("serve --config jeton.toml --listen 127.0.0.1:0 --management-listen off")
}

fn url(server: &Server) -> String {
    format!("{}/.well-known/jwks.json", server.production().replace("http://", "https://"))
}

/// Whether curl, which trusts this certificate alone, is answered.
fn is_served(certificate: &Path, url: &str) -> bool {
    let mut command = Command::new("curl");
    command.args(["-q", "-sS", "-o", "/dev/null", "--noproxy", "*", "--max-time", "30", "--cacert"]);
    command.arg(certificate).arg(url).output().unwrap().status.success()
}

#[test]
fn https_by_both_protocols_and_nothing_else() {
    let store = store();
    let server = Server::start(&mut serve(&store), 1);
    assert!(server.stdout.so_far().contains("listening on https://127.0.0.1:"));
    let certificate = store.around().join("a.crt");
    let certificate = certificate.to_str().unwrap();
    for (protocol, head) in [("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")] {
        let answer = curl(&[protocol, "--cacert", certificate, &url(&server)]);
        assert!(answer.head.starts_with(head) && answer.body.contains("\"keys\""), "{answer:?}");
    }
    let mut plain = TcpStream::connect(server.address("production")).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Write::write_all(&mut plain, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = vec![];
    // A reset closes it too.
    let _ = std::io::Read::read_to_end(&mut plain, &mut answer);
    assert!(!answer.starts_with(b"HTTP"));
    server.stop();
}

#[test]
fn a_new_certificate_is_taken_up_without_a_restart() {
    let store = store();
    let mut server = Server::start(&mut serve(&store), 1);
    make(store.around(), "b");
    let at = |name: &str| store.around().join(name);
    assert!(!is_served(&at("b.crt"), &url(&server)));
    fs::copy(at("b.crt"), at("a.crt")).unwrap();
    fs::copy(at("b.key"), at("a.key")).unwrap();
    server.stderr.find("a new certificate is served").expect("it says so");
    assert!(is_served(&at("b.crt"), &url(&server)));
    // A wrong one is said once, and changes nothing.
    make(store.around(), "c");
    fs::copy(at("c.key"), at("a.key")).unwrap();
    server.stderr.find("the old one serves on").expect("it says so");
    assert!(is_served(&at("b.crt"), &url(&server)));
    let ended = server.stop();
    assert_eq!(ended.stderr.matches("the old one serves on").count(), 1, "{ended:?}");
}

#[test]
fn files_that_are_wrong_are_said_before_anything_is_made() {
    let begun = now();
    for (file, content) in
        [("a.crt", None), ("a.key", None), ("a.crt", Some("junk")), ("a.key", Some("junk"))]
    {
        let store = store();
        let file = store.around().join(file);
        match content {
            None => fs::remove_file(&file).unwrap(),
            Some(content) => fs::write(&file, content).unwrap(),
        }
        let told = crate::support::Run::of(&mut serve(&store)).refused(78);
        assert!(told.contains(file.file_name().unwrap().to_str().unwrap()), "{told}");
        assert!(told.contains(". Give "), "{told}");
        assert!(!store.path().exists(), "nothing is made for a server that does not start");
    }
    assert!(now() - begun < PATIENCE);
}
