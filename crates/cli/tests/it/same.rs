//! The same commands on a store and on a server over HTTP: the same standard output to the byte, but for what is made anew
//! each time, and the same exit codes and problems.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Credential, Place, Run, Server};

/// What is made anew each time, by the name of the field.
const NEW: [&str; 19] = [
    "client_secret",
    "secret_id",
    "kid",
    "retires",
    "removed",
    "signs",
    "replaces",
    "ends_with",
    "created",
    "published",
    "active_from",
    "rotates_at",
    "sign_until",
    "remove_after",
    "expires",
    "revoked",
    "unused_for",
    "revision",
    "instance",
];

/// Run in this order, with `-o json`, on both.
const COMMANDS: &str = r"
company list
company create acme --name Acme
company create acme --name Again
company create beta --name 'Beta & sons' --limit 1 --reason 'contract 4711: übermäßig'
company get acme
company get nobody
company list
company list --id-prefix b
company list --name-prefix Beta
company update acme --limit 7
company update acme --name Late --if-revision 1
company update nobody --name x --dry-run
company update acme --name Other --dry-run
api create voice --audience https://api.example/voice --scope voice.billing voice.numbers
api create mail --audience https://api.example/mail --audience-in sandbox=https://sandbox.example/mail
api create voice --audience https://api.example/voice
api update mail --add-scope mail.send --audience-in sandbox=
api update voice --remove-scope nothing
api list
api get nothing
api list --id-prefix v
credential create --company acme --environment production --client-id x --label X --owner Ann --grant voice:voice.billing
credential create --company acme --environment production --client-id x
credential create --company nobody --environment production --client-id y
credential create --company acme --environment staging --client-id y
credential create --company beta --environment sandbox --client-id b --allow 192.0.2.0/24 2001:db8::/32
credential create --company beta --environment sandbox --client-id c
credential get x --environment production
credential get nobody --environment production
credential list
credential list --company acme
credential list --environment sandbox --id-prefix b
credential update x --environment production --label '' --owner Bea
credential update x --environment production --allow 10.0.0.0/8
credential update x --environment production --allow nonsense
credential update x --environment production --allow-any
credential suspend x --environment production
credential resume x --environment production
grant add x --environment production mail
grant add x --environment production nothing
grant remove x --environment production mail
secret list x --environment production
secret rotate x --environment production --overlap 1h
secret rotate x --environment production
secret list x --environment production
secret retire x --environment production --in 1h
secret revoke x --environment production --all
secret rotate x --environment production --expires-in 90d
secret rotate nobody --environment production
token revoke --credential x --environment production
token revoke --credential x --environment production --jti abcdefghijklmnopqrstuv
token revoke --company acme
usage show x --environment production
usage show nobody --environment production
usage top --environment production
hash-key list
hash-key add
hash-key drop 7
key list
key rotate --environment production --alg ES256
key retire nothing
key panic --environment sandbox
key panic --environment sandbox --alg ES256 --danger-invalidates-tokens
credential delete x --environment production
credential delete x --environment production
company suspend beta
company resume beta
company delete beta
credential delete b --environment sandbox
company delete beta
api delete mail
api delete mail
company list
";

/// A store with an operator, and a server on it.
struct World {
    place: Place,
    server: Server,
    operator: Credential,
}

impl World {
    fn new(place: Place) -> Self {
        let made = place.json("init --client-id root");
        let line = "serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0 --management-listen 127.0.0.1:0";
        let server = Server::start(&mut place.command(line), 3);
        Self { place, server, operator: Credential::of(&made) }
    }

    fn on_the_store(&self, line: &str) -> Command {
        self.place.command(line)
    }

    fn on_the_server(&self, line: &str) -> Command {
        let mut command = crate::support::jeton();
        command
            .args(crate::support::words(line))
            .env("JETON_URL", format!("http://{}", self.server.address("management")));
        command.env("JETON_CLIENT_ID", &self.operator.id).env("JETON_CLIENT_SECRET", &self.operator.secret);
        command
    }
}

/// What is left when what is new each time is taken out.
fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let is_secret = members.contains_key("ends_with");
            let mask = |(name, value): (&String, &Value)| {
                let new = NEW.contains(&name.as_str()) || (is_secret && name == "id");
                (name.clone(), if new && !value.is_null() { json!("new") } else { masked(value) })
            };
            Value::Object(members.iter().map(mask).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        other => other.clone(),
    }
}

fn shown(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => format!("{:#}", masked(&value)),
        Err(_) => text.to_owned(),
    }
}

fn same(here: &World, there: &World) {
    for line in COMMANDS.lines().filter(|line| !line.is_empty()) {
        let json = format!("-o json {line}");
        let on_store = Run::of(&mut here.on_the_store(&json));
        let on_server = Run::of(&mut there.on_the_server(&json));
        assert_eq!(on_store.code, on_server.code, "{line}: {on_store:?} {on_server:?}");
        assert_eq!(shown(&on_store.stdout), shown(&on_server.stdout), "{line}");
        if on_store.code != Some(0) {
            assert!(on_store.stdout.is_empty(), "{line}: {on_store:?}");
            assert_eq!(shown(&on_store.stderr), shown(&on_server.stderr), "{line}");
        }
    }
    for line in ["company list", "api list", "company get acme", "-o jsonl api list", "-o env api get voice"]
    {
        // Refused calls of operators are changes too, so a revision may have a digit more.
        let digits = |text: String| text.replace(|character: char| character.is_ascii_digit(), "");
        let on_store = digits(Run::of(&mut here.on_the_store(line)).ok());
        assert_eq!(on_store, digits(Run::of(&mut there.on_the_server(line)).ok()), "{line}");
    }
}

#[test]
fn on_folders() {
    same(&World::new(Place::folder()), &World::new(Place::folder()));
}

#[test]
fn on_databases() {
    same(&World::new(Place::postgres()), &World::new(Place::postgres()));
}

#[test]
fn who_made_a_change_and_why_stands_in_the_record() {
    let world = World::new(Place::folder());
    Run::of(&mut world.on_the_server("company create acme --name Acme --reason 'übermäßig'")).ok();
    let row = world.place.sql("SELECT actor, reason, address FROM changes WHERE target = 'acme'");
    assert_eq!(row, ["operator:root|übermäßig|127.0.0.1"]);
}

#[test]
fn one_logs_in_and_out_and_is_told_who_one_is() {
    let world = World::new(Place::folder());
    let home = tempfile::TempDir::new().unwrap();
    let url = format!("http://{}", world.server.address("management"));
    let command = |line: &str| {
        let mut command = crate::support::jeton();
        command.args(crate::support::words(line)).env("HOME", home.path()).current_dir(home.path());
        command
    };
    let run = |line: &str| -> Value {
        serde_json::from_str(&Run::of(command(line).args(["-o", "json"])).ok()).unwrap()
    };
    let login = format!("login --url {url} --client-id root --secret-stdin -o json --profile here");
    for wrong in ["wrong", "jtn_management_wrong"] {
        let told = Run::with_input(&mut command(&login), wrong.as_bytes()).refused(4);
        assert!(!told.contains(wrong), "{told}");
    }
    for (more, kept_in) in [("--keep-in-file", "file"), ("", "")] {
        let line = format!("{login} {more}");
        let told = Run::with_input(&mut command(&line), world.operator.secret.as_bytes());
        assert!(!format!("{told:?}").contains(&world.operator.secret));
        let told: Value = serde_json::from_str(&told.ok()).unwrap();
        let kept = told["secret_kept_in"].as_str().unwrap();
        assert!(kept_in.is_empty() || kept == kept_in, "{told}");
        let file = home.path().join(".config/jeton/secrets/here");
        assert_eq!(file.exists(), kept == "file");
        assert!(!file.exists() || crate::support::mode(&file) == 0o600);
        let who = run("whoami");
        assert_eq!((&who["actor"], &who["client_id"]), (&json!("operator:root"), &json!("root")));
        assert_eq!(who["url_from"], "profile here");
        assert_eq!(who["secret_from"], format!("profile here, {kept}"));
        assert_eq!(run("company list"), json!([]));
    }
    let who = Run::of(command("whoami -o json").env("JETON_CLIENT_SECRET", &world.operator.secret)).ok();
    assert!(who.contains("environment JETON_CLIENT_SECRET"), "{who}");
    // Whoever points the profile elsewhere gets no secret.
    let config = home.path().join(".config/jeton/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("127.0.0.1", "127.0.0.2")).unwrap();
    assert!(Run::of(&mut command("whoami")).refused(4).contains("another URL"));
    std::fs::write(&config, text).unwrap();
    run("logout");
    assert!(Run::of(&mut command("whoami")).refused(4).contains("jeton login"));
    assert!(!home.path().join(".config/jeton/secrets/here").exists());
}

/// What an operator may not do is refused with the scope that it needs, and a dry run knows it before.
#[test]
fn a_scope_that_is_missing_is_named() {
    let world = World::new(Place::folder());
    let line = "-o json credential create --company operators --environment management --client-id reader --grant \
                management:companies.read";
    let made: Value = serde_json::from_str(&Run::of(&mut world.on_the_store(line)).ok()).unwrap();
    let reader = World { operator: Credential::of(&made), ..world };
    Run::of(&mut reader.on_the_server("company list")).ok();
    for line in ["company create acme --name Acme", "company create acme --name Acme --dry-run"] {
        let told = Run::of(&mut reader.on_the_server(line)).refused(4);
        assert!(told.contains("companies.write"), "{line}: {told}");
    }
    Run::of(&mut reader.on_the_store("company get acme")).refused(3);
}
