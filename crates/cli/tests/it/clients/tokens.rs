//! Tokens by client libraries, and how these tell of a refusal.

use serde_json::json;

use super::{World, run};
use crate::support::{Credential, curl};

/// The programs, each with the ways of authenticating that it knows, and its own name for a refused secret.
pub(super) const LIBRARIES: [(&str, &str); 4] = [
    ("python/authlib_session.py", "OAuthError"),
    ("python/requests_oauthlib_session.py", "InvalidClientError"),
    ("node/openid_client.mjs", "WWWAuthenticateChallengeError"),
    ("node/simple_oauth2.mjs", "Error"),
];
pub(super) const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// Programs without an OAuth library, for the contracts that no library knows: what says no, by status and code.
pub(super) const PLAIN: [&str; 2] = ["python/plain_requests.py", "node/plain_fetch.mjs"];
pub(super) const DIALECTS: [(&str, &str, &str); 2] = [
    ("json", "/authentication/api/v1/oauth2/token", "Unauthorized"),
    ("gateway", "/authentication/v1/oauth/token", "002"),
];

fn wrong(credential: &Credential) -> Credential {
    Credential { secret: format!("{}x", credential.secret), ..credential.clone() }
}

#[test]
fn oauth_libraries_get_tokens_and_name_a_wrong_secret() {
    let world = World::start();
    let credential = world.credential("production", "voice");
    for (program, error) in LIBRARIES {
        for method in METHODS {
            let ask = |credential| run(program, &world.ask_for_token("/oauth/v2/token", credential, method));
            world.assert_token(&ask(&credential), &credential);
            let refused = json!({ "error": error, "code": "invalid_client" });
            assert_eq!(ask(&wrong(&credential)), refused, "{program} {method}");
        }
    }
}

#[test]
fn a_credential_of_the_sandbox_is_nobody_in_production() {
    let world = World::start();
    let credential = world.credential("sandbox", "voice");
    for (program, error) in LIBRARIES {
        let said = run(program, &world.ask_for_token("/oauth/v2/token", &credential, METHODS[0]));
        assert_eq!(said, json!({ "error": error, "code": "invalid_client" }), "{program}");
    }
}

#[test]
fn the_other_dialects_need_no_library() {
    let world = World::start();
    let credential = world.credential("production", "voice");
    for program in PLAIN {
        for (dialect, path, code) in DIALECTS {
            let ask = |credential| run(program, &world.ask_for_token(path, credential, dialect));
            world.assert_token(&ask(&credential), &credential);
            let refused = json!({ "error": 401, "code": code });
            assert_eq!(ask(&wrong(&credential)), refused, "{program} {dialect}");
        }
    }
}

#[test]
fn curl_sends_the_secret_in_the_header_and_in_the_body() {
    let world = World::start();
    let credential = world.credential("production", "voice");
    let url = format!("{}/oauth/v2/token", world.server.production());
    let grant = ["-d", "grant_type=client_credentials", &url];
    let in_header = |Credential { id, secret }: &Credential| {
        curl(&[&["-u", &format!("{id}:{secret}")], &grant[..]].concat())
    };
    let in_body = |Credential { id, secret }: &Credential| {
        let (id, secret) = (format!("client_id={id}"), format!("client_secret={secret}"));
        curl(&[&["--data-urlencode", &id, "--data-urlencode", &secret], &grant[..]].concat())
    };
    for answer in [in_header(&credential), in_body(&credential)] {
        world.assert_token(&json!({ "token": answer.token() }), &credential);
    }
    for answer in [in_header(&wrong(&credential)), in_body(&wrong(&credential))] {
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")), "{answer:?}");
    }
}
