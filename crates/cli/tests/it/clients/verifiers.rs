//! Tokens of every algorithm, checked by libraries as an API does it: signature, `typ`, issuer, audience and expiry.

use jeton_jose::Algorithm;
use serde_json::{Value, json};

use super::world::{audience, id};
use super::{World, run};
use crate::support::form_token;

/// A program, and its library's names for what it refuses.
struct Verifier {
    program: &'static str,
    foreign_key: &'static str,
    forged: &'static str,
    audience: &'static str,
    issuer: &'static str,
    algorithm: &'static str,
    expired: &'static str,
}

const VERIFIERS: [Verifier; 3] = [
    Verifier {
        program: "python/pyjwt_verifier.py",
        foreign_key: "PyJWKClientError",
        forged: "InvalidSignatureError",
        audience: "InvalidAudienceError",
        issuer: "InvalidIssuerError",
        algorithm: "InvalidAlgorithmError",
        expired: "ExpiredSignatureError",
    },
    Verifier {
        program: "python/joserfc_verifier.py",
        foreign_key: "InvalidKeyIdError",
        forged: "BadSignatureError",
        audience: "InvalidClaimError",
        issuer: "InvalidClaimError",
        algorithm: "UnsupportedAlgorithmError",
        expired: "ExpiredTokenError",
    },
    Verifier {
        program: "node/jose_verifier.mjs",
        foreign_key: "JWKSNoMatchingKey",
        forged: "JWSSignatureVerificationFailed",
        audience: "JWTClaimValidationFailed",
        issuer: "JWTClaimValidationFailed",
        algorithm: "JOSEAlgNotAllowed",
        expired: "JWTExpired",
    },
];

fn token(world: &World, environment: &str, algorithm: Algorithm) -> String {
    let credential = world.credential(environment, &id(algorithm));
    form_token(&world.server.origin(environment), &credential).token()
}

/// What a verifier for production's tokens of an algorithm is told.
fn task(world: &World, algorithm: Algorithm, token: &str) -> Value {
    let issuer = world.server.production();
    json!({
        "token": token,
        "issuer": issuer,
        "audience": audience(algorithm),
        "keys": format!("{issuer}/.well-known/jwks.json"),
        "algorithms": [algorithm.as_str()],
        "hours_later": 0,
    })
}

#[test]
fn libraries_verify_tokens_of_every_algorithm() {
    let world = World::with_apis();
    for algorithm in Algorithm::ALL {
        let task = task(&world, algorithm, &token(&world, "production", algorithm));
        for Verifier { program, .. } in VERIFIERS {
            let said = run(program, &task);
            let claims = &said["claims"];
            assert_eq!(claims["aud"], task["audience"], "{program}: {said}");
            assert_eq!(claims["iss"], task["issuer"]);
            assert_eq!(claims["scope"], format!("{}.read", id(algorithm)));
            assert_eq!(claims["company"], "acme");
        }
    }
}

#[test]
fn libraries_refuse_what_is_not_for_them() {
    let world = World::with_apis();
    let good = token(&world, "production", Algorithm::Es256);
    let foreign = token(&world, "sandbox", Algorithm::Es256);
    let forged = with_other_signature(&good);
    for verifier in VERIFIERS {
        let refused = |changed: &str, to: Value, error: &str| {
            let mut task = task(&world, Algorithm::Es256, &good);
            task[changed] = to;
            let said = run(verifier.program, &task);
            assert_eq!(said["error"], error, "{} with another {changed}: {said}", verifier.program);
        };
        refused("token", json!(foreign), verifier.foreign_key);
        refused("token", json!(forged), verifier.forged);
        refused("audience", json!("https://api.example/voice"), verifier.audience);
        refused("issuer", json!(world.server.sandbox()), verifier.issuer);
        refused("algorithms", json!(["RS256"]), verifier.algorithm);
        refused("hours_later", json!(2), verifier.expired);
    }
}

fn with_other_signature(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{message}.{other}{}", &signature[1..])
}
