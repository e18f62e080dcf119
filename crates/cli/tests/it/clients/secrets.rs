//! Secrets that libraries write differently: RFC 6749 section 2.3.1 wants a Basic pair form-encoded, and half of them
//! do not do it. An operator may set such a secret; a generated one has none of these characters.

use serde_json::json;

use super::tokens::{DIALECTS, LIBRARIES, METHODS, PLAIN};
use super::{World, run};
use crate::support::{Credential, form_token};

/// With everything that a form, a Basic pair or a decoder could take for its own.
pub(super) const ASCII: &str = r#"a:b%41c%+d e&f=g?h/i#j"k\l%zz;m,100%"#;
/// RFC 6749 appendix A.2 has no such characters in a secret; Jeton takes them, as UTF-8.
pub(super) const LATIN: &str = "aé:ü%C3+ß-0123456789-abcdefghijk";
const BEYOND: &str = "a€:ж+漢-0123456789-abcdefghijklm";

/// The libraries that cannot say so, and how: those of Python write a Basic pair in ISO 8859-1, and the last holds to the
/// RFC. Whoever uses them chooses another secret, or sends it in the body.
const CANNOT: [(&str, &str); 4] = [
    ("python/authlib_session.py", "client_secret_basic"),
    ("python/requests_oauthlib_session.py", "client_secret_basic"),
    ("node/simple_oauth2.mjs", "client_secret_basic"),
    ("node/simple_oauth2.mjs", "client_secret_post"),
];

/// Asks with every library and method, by `curl -u`, and without a library in the other dialects; tells who got no token.
#[track_caller]
fn refused(world: &World, credential: &Credential) -> Vec<(&'static str, &'static str)> {
    let mut refused = vec![];
    let answer = form_token(&world.server.production(), credential);
    if answer.status == 200 {
        world.assert_token(&json!({ "token": answer.token() }), credential);
    } else {
        refused.push(("curl", "-u"));
    }
    let mut ask = |program, path, method| {
        let said = run(program, &world.ask_for_token(path, credential, method));
        if said.get("error").is_some() {
            refused.push((program, method));
        } else {
            world.assert_token(&said, credential);
        }
    };
    for (program, _) in LIBRARIES {
        for method in METHODS {
            ask(program, "/oauth/v2/token", method);
        }
    }
    for program in PLAIN {
        for (dialect, path, _) in DIALECTS {
            ask(program, path, dialect);
        }
    }
    refused
}

#[test]
fn awkward_ascii_is_taken_encoded_or_not() {
    let world = World::start();
    let credential = world.credential_with(ASCII);
    assert_eq!(refused(&world, &credential), []);
}

#[test]
fn other_characters_are_taken_from_whoever_sends_utf_8() {
    let world = World::start();
    for secret in [LATIN, BEYOND] {
        let credential = world.credential_with(secret);
        assert_eq!(refused(&world, &credential), CANNOT, "{secret}");
    }
}
