//! What wins over what, and what the errors of every source say.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jeton_server::config::{ConfigErrors, Flag, LogFormat, Origin, Resolved, Sources};
use tempfile::TempDir;

/// A folder with a file of this text, and the sources that begin with it.
struct Given {
    folder: TempDir,
    sources: Sources,
}

impl Given {
    fn file(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jeton.toml");
        std::fs::write(&path, text).unwrap();
        Self { folder, sources: Sources { file: Some(path), ..Sources::default() } }
    }

    fn none() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sources: Sources::default() }
    }

    fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.sources.variables.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, name: &'static str, key: &'static str, value: &str) -> Self {
        self.sources.flags.push(Flag { name, key, value: value.into() });
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("jeton.toml")
    }

    #[track_caller]
    fn resolve(&self) -> Resolved {
        self.sources.resolve().unwrap_or_else(|why| panic!("{why}"))
    }

    #[track_caller]
    fn refused(&self) -> ConfigErrors {
        self.sources.resolve().expect_err("it is refused")
    }
}

const FILE: &str = "[limits]\ndrain = \"1s\"\nbody = \"1s\"\nheader = \"1s\"\n[store]\ndata = \"d\"\n";

#[test]
fn each_source_wins_over_the_one_below() {
    let given = Given::file(FILE)
        .variable("JETON_LIMITS__BODY", "2s")
        .variable("JETON_LIMITS__HEADER", "2s")
        .flag("--header", "limits.header", "3s");
    let resolved = given.resolve();
    let limits = resolved.config.limits;
    assert_eq!((limits.drain.as_secs(), limits.body.as_secs(), limits.header.as_secs()), (1, 2, 3));
    assert_eq!(resolved.origin("limits.answer"), Origin::Default);
    assert_eq!(resolved.origin("limits.drain"), Origin::File { path: given.path(), place: Some((2, 9)) });
    assert_eq!(resolved.origin("limits.body"), Origin::Variable("JETON_LIMITS__BODY".to_owned()));
    assert_eq!(resolved.origin("limits.header"), Origin::Flag("--header"));
    let shown = resolved.to_toml(true);
    for line in [
        format!("drain = \"1s\"  # {}:2:9\n", given.path().display()),
        "body = \"2s\"  # JETON_LIMITS__BODY\n".to_owned(),
        "header = \"3s\"  # --header\n".to_owned(),
        "answer = \"30s\"  # default\n".to_owned(),
    ] {
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn the_names_that_are_not_made_by_the_rule() {
    let given = Given::file(FILE);
    let mut named = Given::none().variable("JETON_CONFIG", given.path());
    assert_eq!(named.resolve().config, given.resolve().config);
    named.sources.file = Some(given.folder.path().join("other.toml"));
    assert!(named.refused().to_string().contains("other.toml"), "the option wins");
    let resolved =
        Given::file(FILE).variable("JETON_DATA", "x").variable("JETON_MASTER_KEY_FILE", "y").resolve();
    assert_eq!(resolved.config.data, Path::new("x"), "from where the command runs");
    assert_eq!(resolved.config.master_key_file.as_deref(), Some(Path::new("y")));
    assert_eq!(given.resolve().config.data, given.folder.path().join("d"), "from where the file is");
}

#[test]
fn a_value_may_be_in_a_file_of_its_own() {
    let given = Given::none();
    let path = given.folder.path().join("value");
    std::fs::write(&path, "10.0.0.0/8, 192.0.2.1\n").unwrap();
    let given = given.variable("JETON_PROXY__TRUSTED_FILE", &path);
    let resolved = given.resolve();
    let networks: Vec<String> = resolved.config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.0.2.1/32"]);
    std::fs::write(&path, "10.0.0.0/99").unwrap();
    let told = given.refused().to_string();
    assert!(told.starts_with(&format!("JETON_PROXY__TRUSTED_FILE ({}): ", path.display())), "{told}");
    std::fs::remove_file(&path).unwrap();
    assert!(given.refused().to_string().contains("cannot be read"));
}

#[test]
fn variables_that_nobody_knows() {
    for (name, words) in [
        ("JETON_LIMITS__HEDER", "did you mean JETON_LIMITS__HEADER?"),
        ("JETON_LIMITS__HEDER_FILE", "did you mean JETON_LIMITS__HEADER_FILE?"),
        ("JETON_LISTEN_PUBLIC", "did you mean JETON_LISTEN__PUBLIC?"),
        ("JETON_STORE__DATE", "did you mean JETON_STORE__DATA?"),
        ("JETON__", "did you mean"),
        ("JETON_TLS__KEY", "[[tls]] is for the configuration file alone"),
    ] {
        let told = Given::none().variable(name, "1").refused().to_string();
        assert!(told.starts_with(&format!("{name}: ")) && told.contains(words), "{told}");
    }
    // What Kubernetes sets for a service of this name, and what is another program's.
    let foreign =
        ["JETON_PORT", "JETON_SERVICE_HOST", "JETON_PORT_8080_TCP_ADDR", "OTHER__X", "jeton_listen__public"];
    let given = foreign.into_iter().fold(Given::none(), |given, name| given.variable(name, "1"));
    assert_eq!(given.resolve().config, Given::none().resolve().config);
}

#[test]
fn empty_variables_say_nothing_and_two_of_one_meaning_are_refused() {
    let given = Given::file(FILE).variable("JETON_DATA", "").variable("JETON_LIMITS__DRAIN", "");
    assert_eq!(given.resolve().config.limits.drain.as_secs(), 1);
    let given = Given::none().variable("JETON_DATA", "a").variable("JETON_STORE__DATA", "b");
    assert!(given.refused().to_string().contains("JETON_DATA says the same"));
    let given = Given::none().variable("JETON_LOG__LEVEL", "info").variable("JETON_LOG__LEVEL_FILE", "b");
    assert!(given.refused().to_string().contains("set one of the two"));
}

#[test]
fn the_level_of_the_log() {
    let file = "[log]\nlevel = \"warn\"\nformat = \"json\"\n";
    let level = |given: Given| given.resolve().config.log.level.to_string();
    assert_eq!(level(Given::file(file)), "warn");
    assert_eq!(level(Given::file(file).variable("RUST_LOG", "debug")), "debug");
    assert_eq!(
        level(Given::file(file).variable("RUST_LOG", "debug").variable("JETON_LOG__LEVEL", "error")),
        "error"
    );
    assert_eq!(
        level(Given::file(file).variable("RUST_LOG", "hyper=debug,info")),
        "warn",
        "another program's"
    );
    assert_eq!(Given::file(file).resolve().config.log.format, LogFormat::Json);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let text = "[limits]\nbody = 0\nheder = \"1s\"\nstreams = 0\n[listn]\n[listen]\npublic = [\"a\", \"b\"]\n[[tls]]\n";
    let given = Given::file(text).variable("JETON_LOG__LEVEL", "loud").flag("--listen", "listen.public", "c");
    let told = given.refused().to_string();
    let path = given.path();
    let lines: Vec<String> =
        told.lines().map(|line| line.replace(&path.display().to_string(), "F")).collect();
    let starts: Vec<&str> = lines.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(
        starts,
        [
            "F:2:8",
            "F:3:1",
            "F:4:11",
            "F:5:2",
            "F:7:11",
            "F:7:16",
            "F:8:1",
            "F:8:1",
            "JETON_LOG__LEVEL",
            "--listen"
        ]
    );
    assert!(told.contains("`heder` is not known here: did you mean `header`?"), "{told}");
    assert!(told.contains("`listn` is not known here: did you mean `listen`?"), "{told}");
}

#[test]
fn several_parts_that_do_not_fit() {
    let text = "[listen]\npublic = [\"10.0.0.1:80\", \"x=127.0.0.1:80\"]\n[proxy]\ntrusted = []\n";
    let errors = Given::file(text).flag("--management-listen", "listen.management", "127.0.0.1:80").refused();
    let told = errors.to_string();
    assert_eq!(errors.0.len(), 3, "{told}");
    assert!(told.contains(":2:11: 10.0.0.1:80 is beyond"), "{told}");
    assert!(told.contains(":2:26: a listener is bound to \"x\""), "{told}");
    assert!(told.contains("--management-listen: 127.0.0.1:80 is taken"), "{told}");
}

#[test]
fn beyond_the_machine_there_is_tls_or_a_proxy_or_a_loud_word() {
    let listen = "[listen]\npublic = [\"0.0.0.0:80\"]\n";
    assert!(Given::file(listen).refused().to_string().contains("plain text"));
    for more in [
        "danger_plain_http = true\n",
        "[proxy]\ntrusted = [\"10.0.0.1\"]\n",
        "[[tls]]\ncertificate = \"c\"\nkey = \"k\"\n",
    ] {
        Given::file(&format!("{listen}{more}")).resolve();
    }
}

#[test]
fn listeners_that_want_one_port() {
    for (public, management, clash) in [
        ("127.0.0.1:1,127.0.0.1:1", "off", true),
        ("127.0.0.1:0,127.0.0.1:0", "127.0.0.1:0", false),
        ("127.0.0.1:1", "0.0.0.0:1", true),
        ("127.0.0.1:1,127.0.0.2:1,[::1]:1", "off", false),
        ("127.0.0.1:1", "[::]:1", false),
    ] {
        let given = Given::none().variable("JETON_LISTEN__PUBLIC", public);
        let given = given.variable("JETON_LISTEN__MANAGEMENT", management);
        assert_eq!(given.sources.resolve().is_err(), clash, "{public} {management}");
    }
}

#[test]
fn sections_of_the_wrong_shape() {
    for (text, words) in [
        ("listen = 1\n", "section [listen]"),
        ("[[listen]]\n", "section [listen]"),
        ("[environment]\nname = \"a\"\n", "[[environment]]"),
        ("tls = [1]\n", "[[tls]]"),
        ("[[tls]]\nkey = \"k\"\n", "lacks `certificate`"),
    ] {
        let told = Given::file(text).refused().to_string();
        assert!(told.contains(words), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_unicode() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = OsString::from_vec(b"d\xff".to_vec());
    let given = Given::none().variable("JETON_DATA", odd.clone());
    assert_eq!(given.resolve().config.data, PathBuf::from(&odd));
    assert!(Given::none().variable("JETON_LOG__LEVEL", odd).refused().to_string().contains("UTF-8"));
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    for password in ["hunter2", "hunter2:x", "%68unter2%40!"] {
        let url = format!("postgres://jeton:{password}@db.example:5432/jeton?sslmode=require");
        let resolved = Given::none().variable("JETON_STORE__URL", &url).resolve();
        assert_eq!(resolved.config.postgres.url.as_ref().unwrap().expose(), url);
        let shown = format!("{} {resolved:?} {:?}", resolved.to_toml(true), resolved.settings());
        assert!(shown.contains("postgres://jeton:***@db.example:5432/jeton?sslmode=require"), "{shown}");
        assert!(!shown.contains("unter2"), "{shown}");
    }
}

#[test]
fn what_is_no_url_of_a_database_is_not_repeated() {
    for url in ["hunter2", "postgres://jeton:hunter2/x@db/jeton", "postgres://db/jeton?password=hunter2"] {
        for key in ["URL", "DIRECT_URL"] {
            let refused = Given::none().variable(&format!("JETON_STORE__{key}"), url).refused();
            let told = format!("{refused} {refused:?}");
            assert!(told.contains("postgres://USER") && !told.contains("hunter2"), "{told}");
        }
    }
}

/// As a secret store hands it over.
#[test]
fn the_url_of_a_database_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    std::fs::write(&path, "postgres://jeton:hunter2@db/jeton\n").unwrap();
    let resolved = Given::none().variable("JETON_STORE__URL_FILE", &path).resolve();
    assert_eq!(resolved.config.postgres.url.unwrap().expose(), "postgres://jeton:hunter2@db/jeton");
}

#[test]
fn a_folder_and_a_database_exclude_one_another() {
    let both = [
        Given::file("[store]\ndata = \"d\"\nurl = \"postgres://db/jeton\"\n"),
        Given::file("[store]\nurl = \"postgres://db/jeton\"\n").variable("JETON_DATA", "d"),
        Given::file("[store]\nurl = \"postgres://db/jeton\"\n").flag("--data", "store.data", "d"),
    ];
    for given in both {
        let refused = given.refused();
        assert_eq!(refused.0.len(), 1, "{refused}");
        let told = refused.to_string();
        assert!(told.contains("store.url") && told.contains("leave one of the two out"), "{told}");
        let place = given.path().display().to_string();
        assert!(told.contains(&place), "where the other one is: {told}");
    }
    // As in a container whose image names a folder.
    let url = Given::none().variable("JETON_STORE__URL", "postgres://db/jeton");
    assert!(url.variable("JETON_DATA", "").resolve().config.postgres.url.is_some());
    let direct_alone = Given::file("[store]\ndirect_url = \"postgres://db/jeton\"\n").refused().to_string();
    assert!(direct_alone.contains("store.url"), "{direct_alone}");
}
