//! The table of libraries, `docs/client-libraries.md`: who gets tokens how, and who verifies them. `cargo xtask clients`
//! installs what it needs beside what the tests have; `JETON_GOLDEN=write cargo xtask clients` writes the table anew.
//!
//! To add a library: a program in `tests/clients`, and a row in [`CLIENTS`] or [`VERIFIERS`].

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::secrets::{ASCII, LATIN};
use super::{World, place, run, say};
use crate::support::{Credential, form_token};

/// A library that asks for tokens, in one way of sending the pair.
struct Client {
    name: &'static str,
    version: Version,
    program: &'static str,
    method: &'static str,
    /// What its user must say beside id, secret and URL.
    needs: &'static str,
}

/// What tells a library's version.
enum Version {
    /// A line `name==version` of `python/requirements.txt`.
    Python(&'static str),
    /// A dependency in `package.json` of this folder.
    Node(&'static str, &'static str),
    /// A line `name = { version = "=..` of `rust/Cargo.toml`.
    Rust(&'static str),
    /// A package of Debian's.
    Debian(&'static str),
}

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";
const JAVA: &str = "java -cp BUILT/java:JARS GoogleOAuth";

#[rustfmt::skip]
const CLIENTS: [Client; 15] = [
    Client { name: "Authlib", version: Version::Python("Authlib"), program: "python/authlib_session.py", method: BASIC, needs: "" },
    Client { name: "Authlib", version: Version::Python("Authlib"), program: "python/authlib_session.py", method: POST, needs: "`token_endpoint_auth_method`" },
    Client { name: "requests-oauthlib", version: Version::Python("requests-oauthlib"), program: "python/requests_oauthlib_session.py", method: BASIC, needs: "" },
    Client { name: "requests-oauthlib", version: Version::Python("requests-oauthlib"), program: "python/requests_oauthlib_session.py", method: POST, needs: "`include_client_id`" },
    Client { name: "openid-client", version: Version::Node("node", "openid-client"), program: "node/openid_client.mjs", method: BASIC, needs: "`algorithm: 'oauth2'`, `ClientSecretBasic`" },
    Client { name: "openid-client", version: Version::Node("node", "openid-client"), program: "node/openid_client.mjs", method: POST, needs: "`algorithm: 'oauth2'`" },
    Client { name: "oauth4webapi", version: Version::Node("node-more", "oauth4webapi"), program: "node-more/oauth4webapi.mjs", method: BASIC, needs: "`algorithm: 'oauth2'`" },
    Client { name: "simple-oauth2", version: Version::Node("node", "simple-oauth2"), program: "node/simple_oauth2.mjs", method: BASIC, needs: "`tokenPath`" },
    Client { name: "simple-oauth2", version: Version::Node("node", "simple-oauth2"), program: "node/simple_oauth2.mjs", method: POST, needs: "`tokenPath`, `authorizationMethod`" },
    Client { name: "golang.org/x/oauth2", version: Version::Debian("golang-golang-x-oauth2-dev"), program: "BUILT/x_oauth2", method: BASIC, needs: "" },
    Client { name: "oauth2 (Ruby)", version: Version::Debian("ruby-oauth2"), program: "ruby SOURCE/ruby/oauth2_session.rb", method: POST, needs: "" },
    Client { name: "oauth2 (Ruby)", version: Version::Debian("ruby-oauth2"), program: "ruby SOURCE/ruby/oauth2_session.rb", method: BASIC, needs: "`auth_scheme: :basic_auth`" },
    Client { name: "google-oauth-client (Java)", version: Version::Debian("libgoogle-oauth-client-java"), program: JAVA, method: BASIC, needs: "`BasicAuthentication`" },
    Client { name: "oauth2 (Rust)", version: Version::Rust("oauth2"), program: "BUILT/rust/debug/library-client oauth2", method: BASIC, needs: "" },
    Client { name: "openidconnect (Rust)", version: Version::Rust("openidconnect"), program: "BUILT/rust/debug/library-client openidconnect", method: BASIC, needs: "no discovery" },
];

/// A library that verifies tokens.
struct Verifier {
    name: &'static str,
    version: Version,
    program: &'static str,
}

const VERIFIERS: [Verifier; 5] = [
    Verifier { name: "PyJWT", version: Version::Python("PyJWT"), program: "python/pyjwt_verifier.py" },
    Verifier { name: "joserfc", version: Version::Python("joserfc"), program: "python/joserfc_verifier.py" },
    Verifier { name: "jose", version: Version::Node("node", "jose"), program: "node/jose_verifier.mjs" },
    Verifier {
        name: "jsonwebtoken, with jwks-rsa",
        version: Version::Node("node-more", "jsonwebtoken"),
        program: "node-more/jsonwebtoken_verifier.mjs",
    },
    Verifier {
        name: "jwt (Ruby)",
        version: Version::Debian("ruby-jwt"),
        program: "ruby SOURCE/ruby/jwt_verifier.rb",
    },
];

const HEAD: &str = "# Client libraries\n\n\
Libraries that people use, each run against Jeton by a program of a few lines ([crates/cli/tests/clients](../crates/cli/tests/clients)).\n\
`JETON_GOLDEN=write cargo xtask clients` writes this page from what they did. Programs without an OAuth library, for all three\n\
dialects, are in [clients](clients.md).\n\n\
## Tokens\n\n\
In the `oauth2` dialect. A secret of Jeton's own has none of the characters of the last two columns, so the question is only for\n\
secrets that you bring: those of other systems, or of your own choice. Half of the libraries form-encode the Basic pair, as\n\
RFC 6749 section 2.3.1 asks, and half do not; Jeton takes both.\n\n";

#[test]
#[ignore = "`cargo xtask clients` installs and builds what it needs, and runs it"]
fn the_table_of_libraries_is_what_they_do() {
    let page = format!("{HEAD}{}{}", clients(), verifiers());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/client-libraries.md");
    if std::env::var_os("JETON_GOLDEN").is_some_and(|mode| mode == "write") {
        fs::write(&file, &page).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == page, "{} is not what they do now:\n{page}", file.display());
}

fn clients() -> String {
    let world = World::start();
    let usual = world.credential("production", "voice");
    let wrong = Credential { secret: format!("{}x", usual.secret), ..usual.clone() };
    let awkward = [ASCII, LATIN].map(|secret| world.credential_with(secret));
    let mut table = "| library | version | the pair goes in | beside id, secret and URL it is told | a token | a wrong secret is | requests for that | secret with `+ % : \" \\` and spaces | secret with `é` |\n\
         |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for Client { name, version, program, method, needs } in CLIENTS {
        let ask = |credential| tell(program, &world.ask_for_token("/oauth/v2/token", credential, method));
        let gets = |credential| {
            let said = ask(credential);
            if said["token"].is_string() {
                world.assert_token(&said, credential);
                return "yes".to_owned();
            }
            format!("no: {}", refusal(&said))
        };
        let token = gets(&usual);
        let before = world.token_requests();
        let refused = refusal(&ask(&wrong));
        let asked = world.token_requests() - before;
        let [ascii, latin] = awkward.each_ref().map(gets);
        let (version, place) = (version.read(), if method == BASIC { "header" } else { "body" });
        let needs = if needs.is_empty() { "nothing" } else { needs };
        writeln!(
            table,
            "| {name} | {version} | {place} | {needs} | {token} | {refused} | {asked} | {ascii} | {latin} |"
        )
        .unwrap();
    }
    table
        + "\nhttpx-oauth 0.17.0 has no client credentials grant. openid-client and oauth4webapi keep `invalid_client` in the\n\
           body of `error.response`, as for every 401 with a challenge.\n"
}

fn verifiers() -> String {
    let world = World::start();
    let issuer = world.server.production();
    let token = form_token(&issuer, &world.credential("production", "voice")).token();
    let task = |audience: &str| {
        json!({
            "token": token,
            "issuer": issuer,
            "audience": audience,
            "keys": format!("{issuer}/.well-known/jwks.json"),
            "algorithms": ["ES256"],
            "hours_later": 0,
        })
    };
    let mut table = "\n## Verifying\n\nWith issuer, audience, algorithm and the URL of the key set, and a look at `typ`, which none of them but jose takes\n\
         as an option. None of them knows what was revoked: [verifying.md](verifying.md#with-anything-else).\n\n\
         | library | version | a good token | one for another API |\n|---|---|---|---|\n"
        .to_owned();
    for Verifier { name, version, program } in VERIFIERS {
        let good = tell(program, &task("https://api.example/voice"));
        let other = tell(program, &task("https://api.example/messages"));
        let good = if good["claims"]["iss"] == issuer { "passes".to_owned() } else { refusal(&good) };
        let other = if other["claims"].is_null() {
            format!("`{}`", text(&other["error"]))
        } else {
            "PASSES".to_owned()
        };
        writeln!(table, "| {name} | {} | {good} | {other} |", version.read()).unwrap();
    }
    table
}

/// What a program says, one of [`super::run`]'s or a command.
#[track_caller]
fn tell(program: &str, task: &Value) -> Value {
    if !program.contains(' ') && !program.starts_with("BUILT") {
        return run(program, task);
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let jars = "google-oauth-client google-http-client google-http-client-gson gson guava opencensus-api grpc-context \
                opencensus-contrib-http-util";
    let jars: Vec<String> = jars.split(' ').map(|name| format!("/usr/share/java/{name}.jar")).collect();
    let program = program.replace("JARS", &jars.join(":"));
    let mut words = program.split(' ').map(|word| match word.split_once(':') {
        Some((built, rest)) => format!("{}:{rest}", place(built, &source).display()).into(),
        None => place(word, &source),
    });
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    say(command, &program, task)
}

/// How a program names what went wrong.
fn refusal(said: &Value) -> String {
    match text(&said["code"]) {
        "" => format!("`{}`", text(&said["error"])),
        code => format!("`{}` `{code}`", text(&said["error"])),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Version {
    #[track_caller]
    fn read(&self) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        match self {
            Self::Python(name) => {
                let list = read("python/requirements.txt");
                list.lines().find_map(|line| line.strip_prefix(&format!("{name}=="))).unwrap().to_owned()
            }
            Self::Node(folder, name) => {
                let list: Value = serde_json::from_str(&read(&format!("{folder}/package.json"))).unwrap();
                text(&list["dependencies"][name]).to_owned()
            }
            Self::Rust(name) => {
                let list: toml::Table = read("rust/Cargo.toml").parse().unwrap();
                list["dependencies"][*name]["version"].as_str().unwrap().trim_start_matches('=').to_owned()
            }
            Self::Debian(name) => {
                let mut asked = Command::new("dpkg-query");
                let output = asked.args(["--show", "--showformat", "${Version}", name]).output().unwrap();
                let version = String::from_utf8(output.stdout).unwrap();
                format!("{} (Debian)", version.split('-').next().unwrap())
            }
        }
    }
}
