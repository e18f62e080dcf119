//! `cargo xtask clients`: the programs of `clients/`, in every language. It installs the compilers and interpreters, builds
//! what is to be built, and runs the tests of `crates/cli/tests/it/clients/programs.rs` that need all of them; they print a
//! table, and fail where a program does not do what a client must. C# runs on Mono: Debian has no .NET.
//!
//! To add a language: its Debian packages in [`PROGRAMS`], how it is built in [`build`], its row in the table of the tests.

use std::fs;
use std::path::Path;

use crate::packages::{self, Program};
use crate::process::{self, Outcome, cargo, program};
use crate::workspace;

/// What builds and runs them, beside what the tests need anyway.
const PROGRAMS: &[Program] = &[
    Program { name: "mcs", asked: "--version", package: "mono-mcs" },
    Program { name: "mono", asked: "--version", package: "mono-runtime" },
    Program { name: "cat", asked: HTTP_CLIENT, package: "libmono-system-net-http4.0-cil" },
    Program { name: "cat", asked: JSON_NET, package: "libnewtonsoft-json5.0-cil" },
    Program { name: "go", asked: "version", package: "golang-go" },
    Program { name: "javac", asked: "--version", package: "default-jdk-headless" },
    Program { name: "gnustep-config", asked: "--base-libs", package: "gobjc libgnustep-base-dev" },
    Program {
        name: "php",
        asked: "-rexit(function_exists('curl_init') ? 0 : 1);",
        package: "php-cli php-curl",
    },
    Program { name: "ruby", asked: "--version", package: "ruby" },
];

const HTTP_CLIENT: &str = "/usr/lib/mono/4.5/System.Net.Http.dll";
const JSON_NET: &str = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll";

pub(crate) fn run() -> Outcome {
    packages::install(PROGRAMS)?;
    let built = workspace::target_folder().join("clients/programs");
    fs::create_dir_all(&built).map_err(|why| format!("{}: {why}", built.display()))?;
    build(&built)?;
    let tests = "clients::programs::all_programs_do_what_a_client_must";
    let mut command = cargo(&["test", "--locked", "--package", "jeton-cli", "--test", "it", "--"]);
    command.args(["--ignored", "--exact", "--nocapture", tests]);
    process::run(command)
}

fn build(built: &Path) -> Outcome {
    let to = |name: &str| built.join(name).display().to_string();
    process::run(cargo(&["build", "--locked", "--package", "token-client"]))?;
    let references = ["-r:System.Net.Http", &format!("-r:{JSON_NET}")];
    let mcs = [
        "-langversion:latest",
        "-warnaserror",
        &format!("-out:{}", to("csharp.exe")),
        "clients/csharp/Client.cs",
    ];
    process::run(program("mcs", &[mcs.as_slice(), &references].concat()))?;
    let mut go = program("go", &["build", "-buildvcs=false", "-o", &to("go"), "."]);
    go.current_dir(workspace::root().join("clients/go")).env("GOCACHE", built.join("go-cache"));
    process::run(go)?;
    process::run(program(
        "javac",
        &["-Xlint:all,-serial", "-Werror", "-d", &to("java"), "clients/java/Client.java"],
    ))?;
    let flags = |of: &str| process::output_of(program("gnustep-config", &[of]));
    let (compiler, linker) = (flags("--objc-flags")?, flags("--base-libs")?);
    let own =
        ["-std=gnu11", "-Wall", "-MF", "/dev/null", "clients/objective-c/client.m", "-o", &to("objective-c")];
    let arguments: Vec<&str> =
        compiler.split_whitespace().chain(own).chain(linker.split_whitespace()).collect();
    process::run(program("gcc", &arguments))
}
