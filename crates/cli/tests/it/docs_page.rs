//! The page `/docs` of the management listener, in a real browser: what a policy forbids, only a browser knows.

use std::process::Command;

use tempfile::TempDir;

use crate::support::{Run, Server, clean, get, jeton, words};

/// What the browser made of a page, and what it said on its console meanwhile.
struct Page {
    text: String,
    console: Vec<String>,
}

/// Chromium without a window, which asks nothing of its own of the network. Time is virtual: it hurries through every
/// timer of the page, and ends when nothing is left to do.
fn open(url: &str) -> Page {
    let profile = TempDir::new().unwrap();
    let mut command = Command::new("chromium");
    clean(&mut command);
    command.env("HOME", profile.path());
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.args(words(
        "--headless --disable-gpu --disable-dev-shm-usage --disable-background-networking --disable-component-update \
         --no-first-run --enable-logging=stderr --virtual-time-budget=20000 --dump-dom",
    ));
    command.arg("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
    if rustix::process::geteuid().is_root() {
        // As root it starts in no other way. The page is ours.
        command.arg("--no-sandbox");
    }
    let run = Run::of(command.arg(url));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let console = run.stderr.lines().filter(|line| line.contains(":CONSOLE:")).map(str::to_owned).collect();
    Page { text: run.stdout, console }
}

#[test]
fn it_shows_the_api_under_its_own_policy() {
    let around = TempDir::new().unwrap();
    let mut command = jeton();
    command.env("TMPDIR", around.path()).current_dir(around.path());
    command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"));
    command.args(words("--management-listen 127.0.0.1:0"));
    let server = Server::start(&mut command, 3);
    let origin = format!("http://{}", server.address("management"));

    let page = open(&format!("{origin}/docs"));
    let document = get(&format!("{origin}/openapi.json")).json();
    assert!(page.text.contains(document["info"]["title"].as_str().unwrap()), "{}", page.text);
    // The operations of the group that is open at first, and every group by its heading.
    for operation in ["/management/v1/apis", "Make an API", "audit", "companies", "credentials", "manifests"]
    {
        assert!(page.text.contains(operation), "{operation} in {}", page.text);
    }
    // How one gets in is asked for without a choice first.
    assert!(page.text.contains("Client Secret"), "{}", page.text);
    // It introduces itself; whatever its policy forbids, or is not there, stands on a line of its own.
    let [hello] = page.console.as_slice() else { panic!("{:#?}", page.console) };
    assert!(hello.contains("@scalar/api-reference"), "{hello}");
}
