//! `cargo xtask clients`: the programs of `clients/`, in every language, and the libraries that people use. It installs
//! compilers, interpreters and libraries, builds what is to be built, and runs the tests of `crates/cli/tests/it/clients` that
//! need all of them: `programs`, which prints a table and fails where a program does not do what a client must, and
//! `libraries`, whose table is `docs/client-libraries.md`. C# runs on Mono: Debian has no .NET.
//!
//! To add a language: its Debian packages in [`PROGRAMS`], how it is built in [`build`], its row in the table of the tests.
//! A library likewise: [`build_libraries`].

use std::fs;
use std::path::Path;

use crate::libraries::{self, SOURCES};
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
    Program { name: "ruby", asked: "-erequire 'oauth2'", package: "ruby ruby-oauth2" },
    Program { name: "ruby", asked: "-erequire 'jwt'", package: "ruby ruby-jwt" },
    Program { name: "cat", asked: X_OAUTH2, package: "golang-golang-x-oauth2-dev" },
    Program { name: "cat", asked: GOOGLE_OAUTH, package: "libgoogle-oauth-client-java" },
];

const HTTP_CLIENT: &str = "/usr/lib/mono/4.5/System.Net.Http.dll";
const JSON_NET: &str = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll";

const X_OAUTH2: &str = "/usr/share/gocode/src/golang.org/x/oauth2/oauth2.go";
const GOOGLE_OAUTH: &str = "/usr/share/java/google-oauth-client.jar";

pub(crate) fn run() -> Outcome {
    packages::install(PROGRAMS)?;
    let built = workspace::target_folder().join("clients/programs");
    fs::create_dir_all(&built).map_err(|why| format!("{}: {why}", built.display()))?;
    build(&built)?;
    build_libraries(&built)?;
    libraries::install(libraries::TESTED)?;
    libraries::install(libraries::FURTHER)?;
    let mut command = cargo(&["test", "--locked", "--package", "jeton-cli", "--test", "it", "--"]);
    command.args([
        "--ignored",
        "--nocapture",
        "--test-threads",
        "1",
        "clients::programs",
        "clients::libraries",
    ]);
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

/// The programs on libraries that are compiled. Go's and Java's are Debian's; Rust's have a workspace and a lock of their own.
fn build_libraries(built: &Path) -> Outcome {
    let to = |name: &str| built.join(name).display().to_string();
    let mut go = program("go", &["build", "-o", &to("x_oauth2"), &format!("{SOURCES}/go/x_oauth2.go")]);
    go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOCACHE", built.join("go-cache"));
    process::run(go)?;
    let jars = format!(
        "{GOOGLE_OAUTH}:/usr/share/java/google-http-client.jar:/usr/share/java/google-http-client-gson.jar"
    );
    let java = format!("{SOURCES}/java/GoogleOAuth.java");
    process::run(program("javac", &["-cp", &jars, "-d", &to("java"), &java]))?;
    let mut rust = cargo(&["build", "--locked", "--manifest-path", &format!("{SOURCES}/rust/Cargo.toml")]);
    rust.env("CARGO_TARGET_DIR", built.join("rust"));
    process::run(rust)
}
