//! `deploy/Dockerfile`: what it copies is there, and what it runs runs, with its environment and without rights.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{Nobody, block, read, repository};
use crate::support::{Run, Server, files, mode};

/// The instructions with their arguments.
fn instructions() -> Vec<(String, String)> {
    let lines = read("deploy/Dockerfile").replace("\\\n", " ");
    let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

/// The last of its kind.
fn last(name: &str) -> String {
    instructions().into_iter().rfind(|(one, _)| one == name).unwrap_or_else(|| panic!("there is a {name}")).1
}

/// The words of an instruction that needs no shell to be run.
fn exec(arguments: &str) -> Vec<String> {
    let at = arguments.find('[').unwrap_or_else(|| panic!("{arguments} is a list, not a line for a shell"));
    serde_json::from_str(&arguments[at..]).unwrap()
}

/// What is copied out of the repository.
fn sources() -> BTreeSet<String> {
    let copied = instructions()
        .into_iter()
        .filter(|(name, arguments)| name == "COPY" && !arguments.starts_with("--from"));
    copied
        .flat_map(|(_, arguments)| {
            let mut words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
            words.pop().expect("the last is where to");
            words
        })
        .collect()
}

#[test]
fn what_it_copies_is_there_and_is_all_that_is_sent() {
    for source in sources() {
        assert!(repository().join(&source).exists(), "{source}");
    }
    let ignored = read(".dockerignore");
    let sent: BTreeSet<String> =
        ignored.lines().filter_map(|line| line.strip_prefix('!')).map(str::to_owned).collect();
    assert!(ignored.lines().any(|line| line == "*"), "nothing else is sent");
    assert_eq!(sources(), sent);
}

#[test]
fn every_member_of_the_workspace_is_copied() {
    let mut cargo = Command::new(env!("CARGO"));
    let asked = cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let told = asked.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&told.stdout).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest =
            package["manifest_path"].as_str().unwrap().strip_prefix(root).unwrap().trim_start_matches('/');
        let folder = manifest.split('/').next().unwrap();
        assert!(sources().contains(folder), "{manifest}");
        // The compiler is no older than they ask for.
        let from = instructions().into_iter().find(|(name, _)| name == "FROM").unwrap().1;
        let needed = package["rust_version"].as_str().unwrap();
        assert!(from.starts_with(&format!("rust:{needed}-bookworm ")), "{from} for {needed}");
    }
}

#[test]
fn it_needs_no_shell_and_no_rights() {
    let all = instructions();
    let runtime = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    assert!(all[runtime..].iter().all(|(name, _)| name != "RUN"), "there is nothing to run a line with");
    assert_eq!(exec(&last("ENTRYPOINT")), ["/usr/local/bin/jeton"]);
    assert_eq!(exec(&last("HEALTHCHECK"))[0], "/usr/local/bin/jeton");
    assert_eq!(last("STOPSIGNAL"), "SIGTERM");
    let user = last("USER");
    assert!(user.split(':').all(|id| id.parse::<u32>().unwrap() > 0), "{user}");
    let volume =
        all.iter().find(|(name, arguments)| name == "COPY" && arguments.ends_with(&last("VOLUME"))).unwrap();
    assert!(volume.1.contains(&format!("--chown={user} ")), "{volume:?}");
}

/// A container's user, volume and configuration.
struct Container(Nobody);

impl Container {
    fn new() -> Self {
        let user = last("USER").split(':').next().unwrap().parse().unwrap();
        let nobody = Nobody::new(user);
        std::fs::create_dir(nobody.path("volume")).unwrap();
        // As Docker makes one; Kubernetes gives it to a group, with more rights.
        nobody.own(&nobody.path("volume"), 0o2775);
        nobody.write("jeton.toml", &read("deploy/container.toml"), 0o444);
        Self(nobody)
    }

    /// The image's program with these arguments, in its environment.
    fn run(&self, arguments: &[String]) -> Command {
        let mut command = self.0.run(&[exec(&last("ENTRYPOINT")), arguments.to_vec()].concat());
        command.env_remove("JETON_LISTEN__MANAGEMENT");
        let environment = instructions().into_iter().filter(|(name, _)| name == "ENV");
        for (name, value) in environment
            .map(|(_, pair)| pair)
            .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        {
            let value = value.replace("/etc/jeton/jeton.toml", &self.0.text("jeton.toml"));
            command.env(name, value.replace("/var/lib/jeton", &self.0.text("volume")));
        }
        command
    }
}

#[test]
fn as_it_stands_it_says_what_it_needs() {
    let container = Container::new();
    let mut serve = container.run(&exec(&last("CMD")));
    let told = Run::of(serve.env("JETON_LISTEN__MANAGEMENT", "off")).refused(78);
    assert!(told.contains("[[tls]]") && told.contains("proxy.trusted"), "{told}");
    assert!(!container.0.path("volume/data").exists(), "nothing is made for a server that does not start");
}

#[test]
fn it_serves_with_certificates_and_is_healthy() {
    let container = Container::new();
    container.0.certify("tls.crt", "tls.key");
    let tls = "[listen]\npublic = [\"0.0.0.0:0\"]\n\n[[tls]]\ncertificate = \"tls.crt\"\nkey = \"tls.key\"\n";
    std::fs::write(container.0.path("jeton.toml"), tls).unwrap();
    serves(&container, "https");
}

#[test]
fn it_serves_behind_a_proxy_as_the_guide_has_it() {
    let container = Container::new();
    let behind = block("toml", "0.0.0.0:8080").replace("0.0.0.0:8080", "0.0.0.0:0");
    assert!(behind.contains("trusted"), "{behind}");
    std::fs::write(container.0.path("jeton.toml"), behind).unwrap();
    serves(&container, "http");
}

fn serves(container: &Container, scheme: &str) {
    let mut serve = container.run(&exec(&last("CMD")));
    let mut server = Server::start(serve.env("JETON_LISTEN__MANAGEMENT", "127.0.0.1:0"), 2);
    assert!(server.stdout.so_far().contains(&format!("listening on {scheme}://0.0.0.0:")));
    let (management, _) = server.listeners().pop().unwrap();
    let mut health = container.run(&exec(&last("HEALTHCHECK"))[1..]);
    health.env("JETON_LISTEN__MANAGEMENT", management);
    assert_eq!(Run::of(&mut health).ok(), "ready\n");
    let data = container.0.path("volume/data");
    // A group that the folder takes over from such a volume may do nothing in it.
    assert_eq!(mode(&data) & 0o777, 0o700);
    for file in files(&data) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    server.signal(rustix::process::Signal::TERM);
    assert!(server.stderr.find("stopping").is_some());
    assert_eq!(server.end().code, Some(0));
    assert_eq!(Run::of(&mut health).code, Some(6), "nobody is there any more");
}
