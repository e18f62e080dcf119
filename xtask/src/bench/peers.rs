//! Servers that others have written, as their registries give them, each with one client and a configuration of its own in
//! `bench/peers`.

use std::path::{Path, PathBuf};

use super::side::Side;
use crate::libraries::{self, PEERS, PEERS_SOURCES};
use crate::measure::server::{Pinned, Server};
use crate::process::{Outcome, output_of, program};
use crate::workspace;

/// Installs what a side needs.
pub(crate) fn install(side: Side) -> Outcome {
    match side {
        Side::OidcProvider | Side::Authlib => libraries::install_from(PEERS_SOURCES, "peers", PEERS),
        Side::Ceiling(_) | Side::Jeton(..) | Side::Hello | Side::ForwardAuth => Ok(()),
    }
}

/// Starts one, with the first credential of a file of them.
pub(crate) fn start(side: Side, secrets: &str, pinned: &Pinned<'_>) -> Outcome<Server> {
    let sources = workspace::root().join(PEERS_SOURCES);
    if side == Side::OidcProvider {
        let script = sources.join("oidc-provider/server.mjs").display().to_string();
        // It looks for its libraries where it runs.
        let (node, folder) = (Path::new("env"), installed("oidc-provider").display().to_string());
        let arguments = ["--chdir", &folder, "NODE_ENV=production", "node", &script, secrets];
        return Server::start_pinned(node, &arguments, pinned);
    }
    let folder = sources.join("authlib").display().to_string();
    let (gunicorn, credentials) = (python("gunicorn"), format!("CREDENTIALS={secrets}"));
    let arguments = [
        "--chdir",
        &folder,
        &credentials,
        "PYTHONDONTWRITEBYTECODE=1",
        &gunicorn,
        "-c",
        "gunicorn.conf.py",
        "app:app",
    ];
    Server::start_pinned(Path::new("env"), &arguments, pinned)
}

/// What was compared with.
pub(crate) fn versions() -> Outcome<String> {
    let node = output_of(program("node", &["--version"]))?;
    let list =
        std::fs::read_to_string(workspace::root().join(PEERS_SOURCES).join("oidc-provider/package.json"));
    let list = list.map_err(|why| format!("package.json of oidc-provider: {why}"))?;
    let oidc =
        list.lines().find_map(|line| line.trim().strip_prefix("\"oidc-provider\": \"")?.strip_suffix('"'));
    let python_list = output_of(program(python("pip"), &["freeze", "--disable-pip-version-check"]))?;
    let one = |name: &str| {
        let line = python_list.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
        format!("{name} {}", line.unwrap_or("of an unknown version"))
    };
    Ok(format!(
        "oidc-provider {} on node {}, {}, {}, {}",
        oidc.unwrap_or("of an unknown version"),
        node.trim(),
        one("Authlib"),
        one("Flask"),
        one("gunicorn"),
    ))
}

fn installed(name: &str) -> PathBuf {
    workspace::target_folder().join("peers").join(name)
}

fn python(program: &str) -> String {
    installed("authlib").join("bin").join(program).display().to_string()
}
