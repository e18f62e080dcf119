//! Jeton on a `PostgreSQL`: nodes that share one, the master key that must be given, and what is said where it is not
//! to be had.

use std::process::Command;
use std::time::Duration;

use crate::support::{
    Credential, PASSWORD, Run, Server, Shared, claims, form_token, get, key_set, now, without_password,
};

/// What `live` promises of one node holds for all.
const SECOND: Duration = Duration::from_secs(1);

/// How many keys sign, for each environment and algorithm.
fn signers(shared: &Shared) -> Vec<String> {
    shared.database.sql(
        "SELECT environment, algorithm, COUNT(*) FROM signing_keys WHERE state = 'active' GROUP BY 1, 2 ORDER BY 1",
    )
}

#[track_caller]
fn refused(command: &mut Command, code: i32) -> String {
    without_password(Run::of(command)).refused(code)
}

#[track_caller]
fn within_a_second(servers: [&Server; 2], credential: &Credential, status: u16) {
    let done = now();
    for server in servers {
        while form_token(&server.production(), credential).status != status {
            assert!(now() - done < SECOND, "not served within a second");
        }
    }
}

#[test]
fn a_token_from_beginning_to_end() {
    let (shared, server) = Shared::with_acme();
    let credential = shared.credential("--client-id x --grant voice");
    let token = form_token(&server.production(), &credential).token();
    assert_eq!(claims(&key_set(&server.production()), &token).client_id, "x");
    let verify = "token verify --environment production --audience https://api.example/voice";
    let verified = Run::with_input(&mut shared.command(verify), token.as_bytes()).ok();
    assert!(verified.contains("true"), "{verified}");
    assert_eq!(shared.json("key list").as_array().unwrap().len(), 3, "of two environments and the operators");
    assert_eq!(shared.json("secret list x --environment production").as_array().unwrap().len(), 1);
    let ended = server.stop();
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("database: ") && !said.contains("data folder"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert!(!shared.around().join("jeton-data").exists(), "no data folder is made");
}

#[test]
fn what_is_changed_is_served_by_every_node() {
    let (shared, one) = Shared::with_acme();
    let two = shared.start();
    let credential = shared.credential("--client-id x --grant voice");
    within_a_second([&one, &two], &credential, 200);
    shared.ok("credential suspend x --environment production");
    within_a_second([&one, &two], &credential, 401);
    shared.ok("credential resume x --environment production");
    within_a_second([&one, &two], &credential, 200);
    let token = form_token(&one.production(), &credential).token();
    claims(&key_set(&two.production()), &token);
}

/// What a failure costs tells nobody whether the client id exists, on this database either.
#[test]
fn a_failure_reads_once_whoever_exists() {
    let (shared, _one) = Shared::with_acme();
    let known = shared.credential("--client-id known --grant voice");
    let mut serve = shared.command("serve --listen 127.0.0.1:0 --management-listen 127.0.0.1:0");
    let node = Server::start(&mut serve, 2);
    let management = node.address("management");
    let reads = || -> u64 {
        let metrics = get(&format!("http://{management}/metrics")).body;
        let count = metrics
            .lines()
            .find_map(|line| line.strip_prefix("jeton_store_reads_total{read=\"credentials\"} "));
        count.expect("reads are counted").parse().unwrap()
    };
    let asked = |id: &str, secret: &str, status: u16| {
        let before = reads();
        let credential = Credential { id: id.to_owned(), secret: secret.to_owned() };
        assert_eq!(form_token(&node.production(), &credential).status, status);
        reads() - before
    };
    for id in ["known", "unknown"] {
        assert_eq!([asked(id, "wrong", 401), asked(id, "wrong", 401)], [1, 0], "{id}");
    }
    assert_eq!(asked("known", &known.secret, 200), 0, "its failure said what there is to know");
    shared.credential("--client-id other --grant voice");
    assert_eq!([asked("other", &known.secret, 401), asked("another", &known.secret, 401)], [1, 1]);
}

/// As an orchestrator starts them.
#[test]
fn first_starts_at_once_agree_on_the_keys() {
    let shared = Shared::new();
    let mut servers: Vec<Server> = (0..3).map(|_| Server::spawn(&mut shared.serve())).collect();
    for server in &mut servers {
        let listening = server.stdout.find("listening on").is_some();
        assert!(listening, "{}", server.stderr.all());
    }
    assert_eq!(signers(&shared), ["management|ES256|1", "production|ES256|1", "sandbox|ES256|1"]);
    assert_eq!(shared.database.sql("SELECT COUNT(*) FROM hash_keys"), ["1"]);
}

#[test]
fn behind_a_pooler_that_shares_sessions() {
    let shared = Shared::new();
    let pooled = |line: &str| {
        let mut command = shared.command(line);
        command.env("JETON_STORE__URL", shared.database.pooled_url());
        command.env("JETON_STORE__DIRECT_URL", shared.database.url_with_password(PASSWORD));
        command
    };
    let server = Server::start(&mut pooled("serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"), 2);
    for line in ["api create voice --audience urn:voice", "company create acme --name Acme"] {
        without_password(Run::of(&mut pooled(line))).ok();
    }
    for line in ["db migrate --plan", "db backup copy.db", "db restore copy.db --replace"] {
        without_password(Run::of(&mut pooled(line))).ok();
    }
    let create = "-o json credential create --company acme --environment production --grant voice";
    let created = without_password(Run::of(&mut pooled(create))).ok();
    let credential = Credential::of(&serde_json::from_str(&created).unwrap());
    form_token(&server.production(), &credential).token();
}

#[test]
fn without_a_master_key_nothing_is_made() {
    let shared = Shared::new();
    for line in ["serve --listen 127.0.0.1:0", "api list"] {
        let told = refused(shared.command(line).env_remove("JETON_MASTER_KEY_FILE"), 78);
        assert!(told.contains("jeton master-key create") && told.contains("master_key.file"), "{told}");
    }
    assert_eq!(shared.database.sql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), ["0"]);
}

#[test]
fn another_master_key_is_refused() {
    let shared = Shared::new();
    shared.start().stop();
    let before = signers(&shared);
    let other = shared.make_master_key("other.key");
    for line in ["serve --listen 127.0.0.1:0", "api list"] {
        let told = refused(shared.command(line).env("JETON_MASTER_KEY_FILE", &other), 78);
        assert!(told.contains("master key"), "{told}");
    }
    let told = Run::of(shared.command("db status").env("JETON_MASTER_KEY_FILE", &other));
    assert_eq!(told.code, Some(7), "{told:?}");
    assert_eq!(signers(&shared), before);
}

#[test]
fn only_serve_makes_a_store() {
    let shared = Shared::new();
    for line in ["api list", "db status"] {
        let told = refused(&mut shared.command(line), 78);
        assert!(told.contains("there is no store") && told.contains("jeton serve"), "{told}");
    }
    assert_eq!(shared.database.sql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), ["0"]);
}

#[test]
fn what_cannot_be_reached_is_said_soon() {
    let shared = Shared::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("postgres://jeton:{PASSWORD}@127.0.0.1:{port}/jeton");
    for line in ["serve --listen 127.0.0.1:0", "api list", "db status"] {
        let begun = now();
        let told = refused(shared.command(line).env("JETON_STORE__URL", &nowhere), 6);
        assert!(now() - begun < Duration::from_secs(5), "{line}: within a few seconds");
        assert!(told.contains("cannot be reached") && told.contains(&port.to_string()), "{told}");
    }
    let url = shared.database.url_with_password(PASSWORD);
    let (server, _) = url.rsplit_once('/').unwrap();
    let nobodys = format!("{server}/nobodys");
    let told = refused(shared.command("api list").env("JETON_STORE__URL", nobodys), 78);
    assert!(told.contains("\"nobodys\""), "{told}");
}

#[test]
fn the_database_as_a_whole() {
    let (shared, _server) = Shared::with_acme();
    let status = shared.json("db status");
    assert_eq!((&status["companies"], &status["apis"]), (&2.into(), &1.into()), "{status}");
    assert_eq!(
        (&status["schema"], &status["master_key"]),
        (&status["newest_schema"], &"right".into()),
        "{status}"
    );
}

#[test]
fn the_configuration_is_judged_and_shown_without_the_password() {
    let shared = Shared::new();
    for line in ["config check", "config show", "config show --origin", "-o json config show"] {
        shared.ok(line);
    }
    let shown = shared.ok("config show");
    assert!(shown.contains("postgres://jeton:***@") && shown.contains("# data is not set"), "{shown}");
    let told = refused(&mut shared.command("api list --data x"), 78);
    assert!(told.contains("leave one of the two out"), "{told}");
    let told = refused(&mut shared.command("serve --dev"), 2);
    assert!(told.contains("store.url"), "{told}");
    let wrong = format!("postgres://jeton:{PASSWORD}/x@db/jeton");
    for line in ["config check", "api list", "serve"] {
        let told = refused(shared.command(line).env("JETON_STORE__URL", &wrong), 78);
        assert!(told.contains("JETON_STORE__URL"), "{told}");
    }
}
