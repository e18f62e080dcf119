//! The programs of `clients/`, through what happens to a client: many calls at once, a token that is taken back, one that
//! expires, a wrong secret, a call that it may not make. All keep to one contract, `clients/README.md`.
//!
//! Those for which the set-up has all that they need are tests of their own; `cargo xtask clients` brings the rest, runs
//! [`all_programs_do_what_a_client_must`], and shows the table. To add a language: a row in [`PROGRAMS`], and what builds
//! it in `xtask/src/clients`. To add a check: a function, and its row in [`CHECKS`].

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

use super::place;
use super::relay::Relay;
use super::world::World;
use crate::support::{Credential, DIALECTS, Lines, PATIENCE, Reaped, Run, bearer, clean, form_token, now};
use crate::voice_api::VoiceApi;

/// A language, and the command that runs its program. `SOURCE` is its folder in `clients/`, `BUILT` where `cargo xtask
/// clients` puts what it builds, `TARGET` where Cargo does.
const PROGRAMS: [(&str, &str); 10] = [
    ("curl", "sh SOURCE/client.sh"),
    ("csharp", "mono BUILT/csharp.exe"),
    ("go", "BUILT/go"),
    ("java", "java -cp BUILT/java Client"),
    ("javascript", "node SOURCE/client.mjs"),
    ("objective-c", "BUILT/objective-c"),
    ("php", "php SOURCE/client.php"),
    ("python", "python3 -B SOURCE/client.py"),
    ("ruby", "ruby SOURCE/client.rb"),
    ("rust", "TARGET/token-client"),
];

/// What a client must do, in the words of the table.
const CHECKS: [(&str, Check); 5] = [
    ("20 callers, one fetch", many_callers_share_a_fetch),
    ("taken back: one refresh", a_refused_token_is_fetched_anew_once),
    ("renewed in time", a_token_is_renewed_before_it_expires),
    ("wrong secret: one fetch", a_wrong_secret_is_said_and_not_tried_again),
    ("403: no refresh", a_missing_scope_is_no_reason_to_fetch),
];

type Check = fn(&Stage<'_>) -> Verdict;

/// What was wrong.
type Verdict = Result<(), String>;

const CALLERS: usize = 20;

/// How long tokens live where the renewal is tried, in seconds. APIs take one for 5 s longer, so a 401 is late to come;
/// what is seen there is that a second token came and no 401 did.
const SHORT: u32 = 2;

/// With all that an encoding could take for its own, and characters of two and three bytes.
const SECRET: &str = r#"aé€:b%41c%+d e&f=g?h/i#j"k\l%zz;m,100%"#;

/// The servers and APIs that the programs speak with.
struct Theatre {
    usual: Scene,
    short_lived: Scene,
}

/// A server with an API that takes its tokens.
struct Scene {
    world: World,
    _api: VoiceApi,
    relay: Relay,
}

/// One program, in one dialect.
struct Stage<'theatre> {
    theatre: &'theatre Theatre,
    language: &'static str,
    command: &'static str,
    dialect: &'static str,
}

impl Theatre {
    #[track_caller]
    fn open() -> Self {
        let endpoints = DIALECTS.map(|dialect| {
            format!(
                "[[endpoint]]\npath = {:?}\ndialect = {dialect:?}\nlifetime = \"{SHORT}s\"\n",
                path(dialect)
            )
        });
        let short_lived = format!("[keys]\ndanger_short_lives = true\n{}", endpoints.concat());
        Self { usual: Scene::open(""), short_lived: Scene::open(&short_lived) }
    }

    /// What every check says of a program, by dialect.
    fn judge(&self, language: &'static str, command: &'static str) -> Vec<(&'static str, Vec<Verdict>)> {
        let judge = |dialect| {
            let stage = Stage { theatre: self, language, command, dialect };
            (dialect, CHECKS.iter().map(|(_, check)| check(&stage)).collect())
        };
        DIALECTS.map(judge).into()
    }
}

impl Scene {
    #[track_caller]
    fn open(configuration: &str) -> Self {
        let world = World::start_with(configuration);
        let api = VoiceApi::start(&world.server.production(), "https://api.example/voice");
        let relay = Relay::before(api.address);
        Self { world, _api: api, relay }
    }

    /// One that may call `/billing`, and nothing else.
    #[track_caller]
    fn credential(&self) -> Credential {
        let line = "credential create --company acme --environment production --grant voice:voice.billing";
        Credential::of(&self.world.run(&format!("{line} --secret-stdin"), SECRET))
    }

    /// How many token requests come while this is done.
    fn requests(&self, done: impl FnOnce() -> Verdict) -> Result<u64, String> {
        let before = self.world.token_requests();
        done()?;
        Ok(self.world.token_requests() - before)
    }
}

fn many_callers_share_a_fetch(stage: &Stage<'_>) -> Verdict {
    let scene = &stage.theatre.usual;
    let mut program = stage.start(scene, &scene.credential(), "billing");
    let fetched = scene.requests(|| (0..3).try_for_each(|_| program.all_answered("200")))?;
    same("token requests", &fetched, &1)?;
    program.ends(0, "")
}

fn a_refused_token_is_fetched_anew_once(stage: &Stage<'_>) -> Verdict {
    let scene = &stage.theatre.usual;
    let credential = scene.credential();
    let mut program = stage.start(scene, &credential, "billing");
    program.all_answered("200")?;
    let probe = form_token(&scene.world.server.production(), &credential).token();
    scene.world.run(&format!("token revoke --environment production --credential {}", credential.id), "");
    let begun = now();
    while bearer(&scene.url("billing"), &probe).status == 200 {
        assert!(now() - begun < PATIENCE, "the API follows what is revoked");
    }
    scene.relay.unauthorized();
    let fetched = scene.requests(|| program.all_answered("200"))?;
    same("token requests", &fetched, &1)?;
    if scene.relay.unauthorized() == 0 {
        return Err("no 401 came, so there was nothing to try".to_owned());
    }
    program.ends(0, "")
}

fn a_token_is_renewed_before_it_expires(stage: &Stage<'_>) -> Verdict {
    let scene = &stage.theatre.short_lived;
    let mut program = stage.start(scene, &scene.credential(), "billing");
    let (before, begun) = (scene.world.token_requests(), now());
    while scene.world.token_requests() - before < 2 {
        program.all_answered("200")?;
        if now() - begun > PATIENCE {
            return Err("it fetched no second token".to_owned());
        }
    }
    same("answers of 401", &scene.relay.unauthorized(), &0)?;
    program.ends(0, "")
}

fn a_wrong_secret_is_said_and_not_tried_again(stage: &Stage<'_>) -> Verdict {
    let scene = &stage.theatre.usual;
    let credential = scene.credential();
    let wrong = Credential { secret: format!("{SECRET}x"), ..credential };
    let mut program = stage.start(scene, &wrong, "billing");
    let code = match stage.dialect {
        "gateway" => "The authorization parameter is not valid.",
        "oauth2" => "invalid_client",
        _ => "Unauthorized",
    };
    let asked = scene.requests(|| {
        program.ask();
        program.ends(3, code)
    })?;
    same("token requests", &asked, &1)
}

fn a_missing_scope_is_no_reason_to_fetch(stage: &Stage<'_>) -> Verdict {
    let scene = &stage.theatre.usual;
    let mut program = stage.start(scene, &scene.credential(), "customers");
    let fetched = scene.requests(|| program.all_answered("403"))?;
    same("token requests", &fetched, &1)?;
    program.ends(1, "")
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: &T, wanted: &T) -> Verdict {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found}, not {wanted}")) }
}

fn path(dialect: &str) -> &'static str {
    match dialect {
        "gateway" => "/authentication/v1/oauth/token",
        "oauth2" => "/oauth/v2/token",
        "json" => "/authentication/api/v1/oauth2/token",
        other => panic!("no dialect {other}"),
    }
}

impl Scene {
    fn url(&self, service: &str) -> String {
        format!("http://{}/{service}", self.relay.address)
    }
}

/// A program that runs.
struct Program {
    process: Reaped,
    rounds: Option<ChildStdin>,
    answers: Lines,
    said: Lines,
}

impl Stage<'_> {
    /// Starts it. In one dialect the secret comes by a file, in the others by a variable.
    #[track_caller]
    fn start(&self, scene: &Scene, credential: &Credential, service: &str) -> Program {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients").join(self.language);
        let mut words = self.command.split(' ').map(|word| place(word, &source));
        let mut command = Command::new(words.next().unwrap());
        clean(&mut command);
        command.args(words).stdin(Stdio::piped()).env("LANG", "C.UTF-8");
        command.env("JETON_DIALECT", self.dialect).env("JETON_CLIENT_ID", &credential.id);
        command.env("JETON_TOKEN_URL", format!("{}{}", scene.world.server.production(), path(self.dialect)));
        command.env("JETON_AUDIENCE", "https://api.example/voice").env("API_URL", scene.url(service));
        if self.dialect == "oauth2" {
            let file = scene.world.folder().join("client-secret");
            fs::write(&file, format!("{}\n", credential.secret)).unwrap();
            command.env("JETON_CLIENT_SECRET_FILE", file);
        } else {
            command.env("JETON_CLIENT_SECRET", &credential.secret);
        }
        let mut process = Run::begin(&mut command);
        let rounds = process.0.stdin.take();
        let answers = Lines::of(process.0.stdout.take().unwrap());
        let said = Lines::of(process.0.stderr.take().unwrap());
        Program { process, rounds, answers, said }
    }
}

impl Program {
    fn ask(&mut self) {
        // One that has ended says why on its other stream.
        let _ended = writeln!(self.rounds.as_ref().unwrap(), "{CALLERS}");
    }

    /// Has many calls made at once, and expects this status of each.
    fn all_answered(&mut self, status: &str) -> Verdict {
        self.ask();
        let wanted = [status; CALLERS].join(" ");
        match self.answers.find("") {
            Some(line) if line == wanted => Ok(()),
            Some(line) => Err(format!("answers: {line}")),
            None => Err(format!("it ended: {}", self.said.all())),
        }
    }

    /// Expects its end, and that it says this, or nothing, of what went wrong.
    fn ends(mut self, code: i32, part: &str) -> Verdict {
        drop(self.rounds.take());
        let (answers, said) = (self.answers.all(), self.said.all());
        let ended = self.process.0.wait().unwrap().code();
        let secret_free = !format!("{answers}{said}").contains(SECRET);
        let lines = said.lines().count();
        if ended == Some(code) && said.contains(part) && secret_free && lines == usize::from(!part.is_empty())
        {
            return Ok(());
        }
        Err(format!("it ended with {ended:?}, and said: {said}"))
    }
}

/// What did not hold, each in a line.
fn faults(language: &str, judged: &[(&str, Vec<Verdict>)]) -> Vec<String> {
    let of = |(dialect, verdicts): &(&str, Vec<Verdict>)| {
        let checked = CHECKS.iter().zip(verdicts);
        let faults = checked.filter_map(|((name, _), verdict)| Some((name, verdict.as_ref().err()?)));
        faults.map(|(name, why)| format!("{language}, {dialect}, {name}: {why}")).collect::<Vec<_>>()
    };
    judged.iter().flat_map(of).collect()
}

#[track_caller]
fn assert_does_all(language: &str) {
    let (language, command) = *PROGRAMS.iter().find(|(name, _)| *name == language).unwrap();
    let judged = Theatre::open().judge(language, command);
    assert_eq!(faults(language, &judged), [""; 0]);
}

#[test]
fn curl_does_what_a_client_must() {
    assert_does_all("curl");
}

#[test]
fn javascript_does_what_a_client_must() {
    assert_does_all("javascript");
}

#[test]
fn python_does_what_a_client_must() {
    assert_does_all("python");
}

#[test]
fn rust_does_what_a_client_must() {
    assert_does_all("rust");
}

#[test]
#[ignore = "`cargo xtask clients` installs and builds what it needs, and runs it"]
fn all_programs_do_what_a_client_must() {
    let theatre = Theatre::open();
    let mut faulty = vec![];
    println!("\n{:12} {:8} {}", "client", "dialect", CHECKS.map(|(name, _)| format!("{name:24}")).concat());
    for (language, command) in PROGRAMS {
        let judged = theatre.judge(language, command);
        for (dialect, verdicts) in &judged {
            let said = verdicts.iter().map(|verdict| if verdict.is_ok() { "ok" } else { "NO" });
            let said: Vec<String> = said.map(|said| format!("{said:24}")).collect();
            println!("{language:12} {dialect:8} {}", said.concat());
        }
        faulty.extend(faults(language, &judged));
    }
    assert_eq!(faulty, [""; 0]);
}
