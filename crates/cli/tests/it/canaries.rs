//! No secret and no token in any output or file, at any level: words that are searched for everywhere.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::{
    Answer, Credential, PATIENCE, Run, Server, Store, bearer, curl, files, form_token, jeton, token, words,
};

const WRONG_SECRET: &str = "canary-wrong-secret-5a1f0c";
const BODY_SECRET: &str = "canary-body-secret-77b2e9";
const QUERY_SECRET: &str = "canary-query-secret-c03d11";
const BROKEN_SECRET: &str = "canary-broken-secret-9e41aa";
const UNKNOWN_ID: &str = "canary-unknown-id-1d99f0";
const MALFORMED_TRACKING: &str = "canary-malformed-tracking-b7 06";
const BEARER: &str = "canary-bearer-0aa7c5";
const COOKIE: &str = "canary-cookie-3fe218";
const PATH: &str = "canary-path-60d7bb";
const HOST: &str = "canary-host-1c55d2.example";
const GARBAGE: &str = "canary-garbage-8821fe";
const SET_SECRET: &str = "canary-set-by-operator-4410c7-abcdefghij";
const TRACKING: &str = "well-formed-tracking-id-2b7e";

/// What a log may never hold.
const CANARIES: [&str; 12] = [
    WRONG_SECRET,
    BODY_SECRET,
    QUERY_SECRET,
    BROKEN_SECRET,
    UNKNOWN_ID,
    MALFORMED_TRACKING,
    BEARER,
    COOKIE,
    PATH,
    HOST,
    GARBAGE,
    SET_SECRET,
];

/// Everything that goes wrong in the ways in which people put secrets where they do not belong.
fn provoke(server: &Server, known: &str, http: &str) -> Vec<Answer> {
    let origin = server.production();
    let [gateway, oauth2, json] =
        ["/authentication/v1/oauth/token", "/oauth/v2/token", "/authentication/api/v1/oauth2/token"]
            .map(|path| format!("{origin}{path}"));
    let grant = "grant_type=client_credentials";
    let bearer = format!("Authorization: Bearer {BEARER}");
    let mut answers = vec![];
    let mut send = |arguments: &[&str]| answers.push(curl(&[&[http], arguments].concat()));
    for url in [&gateway, &oauth2] {
        let tracking = format!("x-tracking-id: {TRACKING}");
        let send_form = |send: &mut dyn FnMut(&[&str]), more: &[&str], url: &str| {
            send(&[&["-H", tracking.as_str(), "-d", grant], more, &[url]].concat());
        };
        send_form(&mut send, &["-u", &format!("{known}:{WRONG_SECRET}")], url);
        send_form(&mut send, &["-u", &format!("{UNKNOWN_ID}:{WRONG_SECRET}")], url);
        // The two fields swapped.
        send_form(&mut send, &["-u", &format!("{WRONG_SECRET}:{known}")], url);
        send_form(&mut send, &["-d", &format!("client_id={known}&client_secret={BODY_SECRET}")], url);
        send_form(&mut send, &["-d", &format!("client_secret={BODY_SECRET}%zz")], url);
        send_form(
            &mut send,
            &["-d", &format!("scope={BODY_SECRET}"), "-u", &format!("{known}:{WRONG_SECRET}")],
            url,
        );
        send_form(&mut send, &["-u", "a:b"], &format!("{url}?client_secret={QUERY_SECRET}"));
        send_form(&mut send, &["-H", &format!("x-tracking-id: {MALFORMED_TRACKING}"), "-u", "a:b"], url);
        send_form(&mut send, &["-H", &bearer, "-H", &format!("Cookie: session={COOKIE}")], url);
        send_form(&mut send, &["-H", &format!("Authorization: Basic {BROKEN_SECRET}")], url);
        send_form(&mut send, &["-H", &format!("Content-Type: text/{BODY_SECRET}")], url);
    }
    for body in [
        format!(r#"{{"clientId":"{known}","clientSecret":"{BODY_SECRET}"}}"#),
        format!(r#"{{"clientId":"{UNKNOWN_ID}","clientSecret":"{BODY_SECRET}"}}"#),
        format!(r#"{{"clientId":"{known}","clientSecret":"{BODY_SECRET}","audienceUrl":"{BODY_SECRET}"}}"#),
        format!(r#"{{"clientSecret":"{BODY_SECRET}""#),
        format!(r#"{{"{BODY_SECRET}":1,"{BODY_SECRET}":2}}"#),
        format!("{BODY_SECRET}{}", "x".repeat(70_000)),
    ] {
        send(&["-H", "Content-Type: application/json", "--data-binary", &body, &json]);
    }
    send(&[&format!("{json}?clientSecret={QUERY_SECRET}")]);
    send(&["-X", "DELETE", &format!("{oauth2}?client_secret={QUERY_SECRET}")]);
    send(&[&format!("{origin}/{PATH}")]);
    send(&["-H", &format!("Host: {HOST}"), &origin]);
    for demo in ["billing", "customers"] {
        send(&["-H", &bearer, &format!("{origin}/demo/voice/{demo}?access_token={QUERY_SECRET}")]);
        send(&["-H", &format!("Authorization: Bearer a.{BEARER}.c"), &format!("{origin}/demo/voice/{demo}")]);
    }
    answers
}

/// Bytes that are no HTTP at all.
fn send_garbage(server: &Server) {
    for bytes in
        [format!("{GARBAGE} {GARBAGE}\r\n\r\n"), format!("POST /{GARBAGE}"), format!("PRI * {GARBAGE}")]
    {
        let mut stream = TcpStream::connect(server.address("production")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = Vec::new();
        // Whether it answers or hangs up, and when, is its affair.
        let _written = stream.write_all(bytes.as_bytes());
        let _shut = stream.shutdown(std::net::Shutdown::Write);
        let _read = stream.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains(GARBAGE));
    }
}

#[test]
fn nothing_that_was_sent_in_confidence_is_found_anywhere() {
    let store = Store::unmade();
    let mut command = jeton();
    command.env("TMPDIR", store.around()).env("RUST_LOG", "trace").current_dir(store.around());
    command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"));
    let server = Server::start(&mut command, 2);
    let said = server.stdout.so_far();
    let folder = said.lines().find_map(|line| line.strip_prefix("export JETON_DATA=")).unwrap();
    let folder = std::path::Path::new(folder);
    let on_it = |line: &str| {
        let mut command = jeton();
        command.env("RUST_LOG", "trace").arg("--data").arg(folder).args(words(line));
        command
    };

    // Secrets that are right, and tokens.
    let create = "-o json credential create --company demo --environment production --grant voice";
    let made = Run::of(&mut on_it(create));
    let generated = Credential::of(&serde_json::from_str(&made.stdout).unwrap());
    assert_eq!(made.stderr, "");
    let line = format!("{create} --client-id set-1 --secret-stdin");
    let made = Run::with_input(&mut on_it(&line), SET_SECRET.as_bytes());
    let set = Credential::of(&serde_json::from_str(&made.stdout).unwrap());
    assert_eq!((made.stderr.as_str(), made.stdout.matches(SET_SECRET).count()), ("", 1));
    let mut hidden: Vec<String> = CANARIES.map(str::to_owned).to_vec();
    hidden.push(generated.secret.clone());
    for credential in [&generated, &set] {
        let issued = form_token(&server.production(), credential).token();
        assert_eq!(bearer(&format!("{}/demo/voice/billing", server.production()), &issued).status, 200);
        hidden.push(issued.rsplit('.').next().unwrap().to_owned());
        hidden.push(issued);
        let gateway = format!("{}/authentication/v1/oauth/token", server.production());
        hidden.push(token("gateway", &gateway, credential).token());
    }
    let master = fs::read_to_string(folder.join("master.key")).unwrap();
    hidden.push(master.trim_end().rsplit(' ').next().unwrap().to_owned());

    for http in ["--http1.1", "--http2-prior-knowledge"] {
        for answer in provoke(&server, &generated.id, http) {
            assert!((400..500).contains(&answer.status), "{answer:?}");
            for secret in [WRONG_SECRET, BODY_SECRET, QUERY_SECRET, BROKEN_SECRET, BEARER, COOKIE] {
                assert!(!answer.head.contains(secret) && !answer.body.contains(secret), "{answer:?}");
            }
        }
    }
    send_garbage(&server);
    let weak = Run::with_input(&mut on_it(&line), &SET_SECRET.as_bytes()[..31]).refused(2);
    assert!(!weak.contains("canary"), "{weak}");

    // Every file, the write-ahead log too, while the server still has it open.
    let encoded: Vec<String> = hidden.iter().flat_map(|word| ways_to_write(word)).collect();
    let outside = folder.join("demo.json");
    let mut searched = 0;
    for file in files(folder).into_iter().filter(|file| *file != outside && !file.ends_with("master.key")) {
        let bytes = fs::read(&file).unwrap();
        for word in &encoded {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} in {}", file.display());
        }
        searched += bytes.len();
    }
    assert!(searched > 100_000, "the store and its log were read");

    let ended = server.stop();
    for word in &encoded {
        assert!(!ended.stdout.contains(word), "{word} on standard output");
        let line = ended.stderr.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word} is logged");
    }
    assert!(ended.stderr.contains(TRACKING) && ended.stderr.contains(&generated.id), "what may be logged is");
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
    for line in ended.stderr.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "each line is one object: {line}");
    }
    let lines = ended.stderr.lines().filter(|line| line.contains("\"request_id\"")).count();
    assert!(lines >= 60, "a line for each request: {lines}");
}

/// A word as it is, in hexadecimal, and in the three ways in which base64 can hold it.
fn ways_to_write(word: &str) -> Vec<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let hex = word.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let at_offset = |offset: usize| {
        // Only whole groups of three: what stands around the word does not change them.
        let inner = &word.as_bytes()[(3 - offset) % 3..];
        let groups = inner.chunks_exact(3).flat_map(|group| {
            let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
        });
        groups.collect::<String>()
    };
    vec![word.to_owned(), hex, at_offset(0), at_offset(1), at_offset(2)]
}
