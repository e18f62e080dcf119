//! The proxies' configurations that we give away: judged by the proxies themselves.

use std::process::Command;

use super::{Nobody, block, read};
use crate::support::{Run, clean};

/// A folder with `jeton.crt`, `jeton.key`, and both in `jeton.pem`.
fn certified() -> Nobody {
    let folder = Nobody::new(4_000_000_003);
    folder.certify("jeton.crt", "jeton.key");
    let both = ["jeton.crt", "jeton.key"].map(|name| std::fs::read_to_string(folder.path(name)).unwrap());
    folder.write("jeton.pem", &both.concat(), 0o400);
    folder
}

/// A program's judgement of a file, with the words that come before it.
fn judged(program: &str, words: &[&str], folder: &Nobody, file: &str) {
    let mut command = Command::new(program);
    clean(&mut command);
    let run = Run::of(command.args(words).arg(folder.path(file)));
    assert_eq!(run.code, Some(0), "{run:?}");
    let said = [run.stdout, run.stderr].concat().to_lowercase();
    assert!(!said.contains("warning") && !said.contains("[warn]"), "{said}");
}

#[test]
fn haproxy_takes_its_file() {
    let folder = certified();
    folder.write(
        "haproxy.cfg",
        &read("deploy/haproxy.cfg").replace("/etc/haproxy", folder.path("").to_str().unwrap()),
        0o444,
    );
    judged("haproxy", &["-c", "-f"], &folder, "haproxy.cfg");
}

#[test]
fn nginx_takes_the_guides_lines() {
    let folder = certified();
    let server = block("nginx", "proxy_pass")
        .replace("/etc/nginx", folder.path("").to_str().unwrap())
        .replace("listen 443", &format!("listen unix:{}", folder.text("front")));
    let around = folder.text("");
    let configuration = format!(
        "pid {around}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {around}/body;\nproxy_temp_path {around}/proxy;\nfastcgi_temp_path {around}/fastcgi;\n\
         uwsgi_temp_path {around}/uwsgi;\nscgi_temp_path {around}/scgi;\n{server}\n}}\n"
    );
    folder.write("nginx.conf", &configuration, 0o444);
    judged("nginx", &["-e", "stderr", "-t", "-c"], &folder, "nginx.conf");
}
