//! What holds behind every gateway.

use super::{Answer, World, ask, bearer, send};
use crate::proxies::Proxy;
use crate::support::{PATIENCE, claims, key_set, now};

/// Fields from outside that an API could take for the gateway's own.
const FORGED: [&str; 14] = [
    "X-Jeton-Client-Id: admin",
    "x-jeton-client-id: admin",
    "X_Jeton_Client_Id: admin",
    "X-Jeton_Client-Id: admin",
    "X-JETON-COMPANY: evil",
    "X-Jeton-Company: evil",
    "X_JETON_COMPANY: evil",
    "x_jeton-company: evil",
    "X-Jeton-Scope: voice.admin",
    "X-Jeton-Scope: voice.owner",
    "X_Jeton_Scope: voice.admin",
    "x-jeton_scope: voice.admin",
    "X-Jeton-Scope : voice.admin",
    "X-Jeton-Admin: 1",
];

/// What a gateway says where its Jeton does not answer.
pub(super) const UNAVAILABLE: [u16; 2] = [502, 503];

/// Tries all of it. The gateway stands between this world's Jeton and its API.
#[track_caller]
pub(super) fn holds(world: World, gateway: &Proxy) {
    good_tokens_pass(&world, gateway);
    nobody_says_who_they_are(&world, gateway);
    others_are_refused(&world, gateway);
    what_needs_no_token_is_not_there(&world, gateway);
    the_apis_own_answers_come_through(&world, gateway);
    revoked_tokens_are_refused(&world, gateway);
    nothing_passes_without_jeton(world, gateway);
}

fn good_tokens_pass(world: &World, gateway: &Proxy) {
    for (credential, scope, path) in [
        (&world.wide, "voice.billing voice.numbers", "/numbers/7?x=%2F../y"),
        (&world.wide, "voice.billing voice.numbers", "/billing/2026.pdf"),
        (&world.narrow, "voice.numbers", "/numbers/"),
    ] {
        let token = world.token(credential);
        for method in ["GET", "DELETE"] {
            let answer = send(gateway, method, path, &[&bearer(&token)]);
            assert_eq!((answer.status, answer.body.as_str()), (200, "reached"), "{answer:?}");
            let [reached] = &world.api.take()[..] else { panic!("one request reached the API") };
            assert_eq!(reached.line, format!("{method} {path} HTTP/1.1"));
            assert_eq!(reached.fields("x-jeton-client-id"), [&credential.id]);
            assert_eq!(reached.fields("x-jeton-company"), ["acme"]);
            assert_eq!(reached.fields("x-jeton-scope"), [scope]);
            assert_eq!(reached.count("x-jeton"), 3);
            assert_eq!(reached.count("authorization"), 0, "the API has no use for the token");
        }
    }
}

/// Whatever a caller says of itself is overwritten, or the request is refused; and no caller takes away what is said of it.
fn nobody_says_who_they_are(world: &World, gateway: &Proxy) {
    let token = bearer(&world.token(&world.narrow));
    let removing = "Connection: close, X-Jeton-Client-Id, X-Jeton-Company, X-Jeton-Scope";
    let each = FORGED.iter().map(|line| vec![*line]);
    for lines in each.chain([FORGED[..12].to_vec(), vec![removing]]) {
        let answer = ask(gateway, "/numbers/7", &[&[token.as_str()], lines.as_slice()].concat());
        let reached = world.api.take();
        assert_eq!(reached.is_empty(), answer.status == 400, "{lines:?}: {answer:?}");
        for reached in reached {
            assert_eq!(reached.fields("x-jeton-client-id"), [&world.narrow.id], "{lines:?}");
            assert_eq!(reached.fields("x-jeton-company"), ["acme"], "{lines:?}");
            assert_eq!(reached.fields("x-jeton-scope"), ["voice.numbers"], "{lines:?}");
            // One of a name that nobody has set yet goes along with nginx, which knows no patterns.
            assert!(
                reached.count("x-jeton") <= 3 || lines.len() == 1 && lines[0].contains("Admin"),
                "{reached:?}"
            );
        }
    }
}

fn others_are_refused(world: &World, gateway: &Proxy) {
    let good = world.token(&world.wide);
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let basic = "Authorization: Basic eDp5".to_owned();
    let none = ["bearer realm=\"production\""];
    let invalid = ["error=\"invalid_token\""];
    for (lines, parts) in [
        (vec![], none),
        (vec![basic], none),
        (vec!["Authorization:".to_owned()], none),
        (vec![bearer("garbage")], invalid),
        (vec![bearer(&format!("{rest}.AAAA{}", &signature[4..]))], invalid),
        (vec![bearer(&world.expired())], invalid),
        (vec![bearer(&world.token(&world.other))], invalid),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        for method in ["GET", "POST", "OPTIONS", "HEAD"] {
            let answer =
                send(gateway, method, "/numbers/7", &[lines.as_slice(), &["Content-Length: 0"]].concat());
            assert_challenge(&answer, 401, &parts);
            assert_eq!(answer.challenges()[0].contains("error="), parts == invalid, "{answer:?}");
        }
    }
    let too_little = ask(gateway, "/billing/7", &[&bearer(&world.token(&world.narrow))]);
    assert_challenge(&too_little, 403, &["error=\"insufficient_scope\"", "scope=\"voice.billing\""]);
    let good = bearer(&good);
    for lines in
        [[good.as_str(), &good], [&good, "Authorization: Basic eDp5"], ["Authorization: Bearer", "X: y"]]
    {
        let answer = ask(gateway, "/numbers/7", &lines);
        assert!(matches!(answer.status, 400 | 401), "{lines:?}: {answer:?}");
    }
    assert_eq!(world.api.take().len(), 0, "none of them reached the API");
}

fn what_needs_no_token_is_not_there(world: &World, gateway: &Proxy) {
    let good = bearer(&world.token(&world.wide));
    for path in
        ["/", "/elsewhere", "/number", "/jeton/numbers", "/forward-auth/voice/-", "/auth-request/voice/-"]
    {
        assert_eq!(ask(gateway, path, &[&good]).status, 404, "{path}");
    }
    assert_eq!(world.api.take().len(), 0);
}

fn the_apis_own_answers_come_through(world: &World, gateway: &Proxy) {
    let good = bearer(&world.token(&world.wide));
    for status in [201, 401, 403, 404, 500, 503] {
        let answer = ask(gateway, &format!("/numbers/status/{status}"), &[&good]);
        assert_eq!((answer.status, answer.body.as_str()), (status, "reached"), "{answer:?}");
        assert!(answer.head.contains("x-of: api"));
    }
    world.api.take();
}

fn revoked_tokens_are_refused(world: &World, gateway: &Proxy) {
    let token = world.token(&world.wide);
    assert_eq!(ask(gateway, "/numbers/7", &[&bearer(&token)]).status, 200);
    let jti = claims(&key_set(&world.server.production()), &token).jti;
    let id = &world.wide.id;
    world.store.ok(&format!("token revoke --environment production --credential {id} --jti {jti}"));
    let begun = now();
    let refused = loop {
        let answer = ask(gateway, "/numbers/7", &[&bearer(&token)]);
        if answer.status != 200 {
            break answer;
        }
        assert!(now() - begun < PATIENCE, "it is refused in time");
    };
    assert_challenge(&refused, 401, &["error=\"invalid_token\""]);
    world.api.take();
    assert_eq!(ask(gateway, "/numbers/7", &[&bearer(&token)]).status, 401);
    assert_eq!(world.api.take().len(), 0);
    assert_eq!(ask(gateway, "/numbers/7", &[&bearer(&world.token(&world.wide))]).status, 200);
    world.api.take();
}

fn nothing_passes_without_jeton(world: World, gateway: &Proxy) {
    let good = bearer(&world.token(&world.wide));
    let World { server, api, .. } = world;
    server.stop();
    for lines in [&[good.as_str()][..], &[]] {
        for path in ["/numbers/7", "/billing/7"] {
            let answer = ask(gateway, path, lines);
            assert!(UNAVAILABLE.contains(&answer.status), "{answer:?}");
            assert_eq!(answer.challenges().len(), 0);
        }
    }
    assert_eq!(api.take().len(), 0, "fail closed");
}

#[track_caller]
fn assert_challenge(answer: &Answer, status: u16, parts: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    let [challenge] = answer.challenges()[..] else { panic!("one challenge: {answer:?}") };
    for part in parts {
        assert!(challenge.contains(part), "{challenge} has no {part}");
    }
}
