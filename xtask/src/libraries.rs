//! Libraries that the tests run against the server, in Python and for Node, each language's in a folder of its own below
//! Cargo's target folder: nothing of the machine's own changes.
//!
//! What was installed is told by a copy of what asked for it, `installed-for`: where the two are equal nothing is done.
//! The tests look for the same file. Without the network, a new machine fails here.
//!
//! To add a library: a line in `requirements.txt` or `package.json` below [`SOURCES`]; after the latter,
//! `npm install --package-lock-only` there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{self, Outcome, program, succeeds};
use crate::workspace;

/// Where the programs and their lists of libraries are.
pub(crate) const SOURCES: &str = "crates/cli/tests/clients";

/// The name of the copy.
const INSTALLED_FOR: &str = "installed-for";

/// A language, the files that say what it needs, and how that is installed and seen to be there.
pub(crate) struct Language {
    name: &'static str,
    asked_by: &'static [&'static str],
    install: fn(sources: &Path, folder: &Path) -> Outcome,
    is_whole: fn(folder: &Path) -> bool,
}

/// What the tests need.
pub(crate) const TESTED: &[Language] = &[
    Language {
        name: "python",
        asked_by: &["requirements.txt"],
        install: install_python,
        // Its interpreter is a link to the machine's, which may have gone.
        is_whole: |folder| succeeds(program(python_of(folder), &["--version"])),
    },
    Language {
        name: "node",
        asked_by: &["package.json", "package-lock.json"],
        install: install_node,
        is_whole: |folder| folder.join("node_modules").is_dir(),
    },
];

/// What `cargo xtask clients` needs besides.
pub(crate) const FURTHER: &[Language] = &[Language {
    name: "node-more",
    asked_by: &["package.json", "package-lock.json"],
    install: install_node,
    is_whole: |folder| folder.join("node_modules").is_dir(),
}];

/// The servers that `cargo xtask bench` compares with, from [`PEERS_SOURCES`].
pub(crate) const PEERS: &[Language] = &[
    Language {
        name: "oidc-provider",
        asked_by: &["package.json", "package-lock.json"],
        install: install_node,
        is_whole: |folder| folder.join("node_modules").is_dir(),
    },
    Language {
        name: "authlib",
        asked_by: &["requirements.txt"],
        install: install_python,
        is_whole: |folder| succeeds(program(python_of(folder), &["--version"])),
    },
];

/// Where those are.
pub(crate) const PEERS_SOURCES: &str = "bench/peers";

/// Installs what is not there of the clients.
pub(crate) fn install(languages: &[Language]) -> Outcome {
    install_from(SOURCES, "clients", languages)
}

/// Installs what is not there, each from its folder below `sources` into one below Cargo's target folder.
pub(crate) fn install_from(sources: &str, into: &str, languages: &[Language]) -> Outcome {
    for language in languages {
        let sources = workspace::root().join(sources).join(language.name);
        let folder = workspace::target_folder().join(into).join(language.name);
        let wanted = wanted(&sources, language.asked_by)?;
        let found = fs::read_to_string(folder.join(INSTALLED_FOR)).ok();
        if found.as_deref() == Some(wanted.as_str()) && (language.is_whole)(&folder) {
            continue;
        }
        println!("missing or old, so what {} needs is installed into {}", language.name, folder.display());
        empty(&folder)?;
        (language.install)(&sources, &folder)?;
        fs::write(folder.join(INSTALLED_FOR), wanted).map_err(|why| cannot("written to", &folder, &why))?;
    }
    Ok(())
}

fn wanted(sources: &Path, asked_by: &[&str]) -> Outcome<String> {
    let read = |name: &&str| {
        let file = sources.join(name);
        fs::read_to_string(&file).map_err(|why| cannot("read", &file, &why))
    };
    asked_by.iter().map(read).collect()
}

fn empty(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|why| cannot("cleared", folder, &why))?;
    }
    fs::create_dir_all(folder).map_err(|why| cannot("made", folder, &why))
}

fn install_python(sources: &Path, folder: &Path) -> Outcome {
    let mut make = program("python3", &["-m", "venv"]);
    make.arg(folder);
    process::run(make)?;
    // No dependency that the list does not name, and nothing that is built here.
    let mut install = program(
        python_of(folder),
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
        ],
    );
    install.arg("--requirement").arg(sources.join("requirements.txt"));
    process::run(install)?;
    process::run(program(python_of(folder), &["-m", "pip", "check", "--disable-pip-version-check"]))
}

fn python_of(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

fn install_node(sources: &Path, folder: &Path) -> Outcome {
    for name in [".npmrc", "package.json", "package-lock.json"] {
        let file = sources.join(name);
        fs::copy(&file, folder.join(name)).map_err(|why| cannot("copied", &file, &why))?;
    }
    let mut install = program("npm", &["ci", "--ignore-scripts"]);
    install.current_dir(folder);
    process::run(install)
}

fn cannot(what: &str, path: &Path, why: &std::io::Error) -> String {
    format!("{} cannot be {what}: {why}", path.display())
}
