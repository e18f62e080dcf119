//! What comes out: the claims to the last member, and a signature that the published key verifies.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_core::authority::IssuedToken;
use jeton_core::token_request::TokenRequest;
use jeton_core::{Algorithm, IssueError, Timestamp};
use jeton_jose::UnverifiedToken;
use serde_json::{Value, json};

use crate::support::{CredentialBuilder, House, NOW, credential, grant, plain, production, request};

const RIGHT: &str = "a right secret";

fn issue_to(house: &House, credential: CredentialBuilder) -> IssuedToken {
    issue_scope(house, credential, None)
}

fn issue_scope(house: &House, credential: CredentialBuilder, scope: Option<&str>) -> IssuedToken {
    let directory = house.directory([credential.secret(RIGHT)]);
    let asked = TokenRequest { scope: scope.map(str::to_owned), ..request(plain("client-1", RIGHT)) };
    house.issue(&directory, &asked).result.unwrap()
}

fn segment(token: &IssuedToken, at: usize) -> Value {
    let segment = token.token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

#[test]
fn the_token_says_exactly_what_the_contract_says() {
    let house = House::new();
    let token = issue_to(&house, credential("client-1").voice());
    let kid = house.ring.signer(&production(), Algorithm::Es256).unwrap().kid();
    assert_eq!(segment(&token, 0), json!({"typ": "at+jwt", "alg": "ES256", "kid": kid}));
    // Times are whole seconds: NOW is a microsecond short of the next one, and the lifetime is cut too.
    assert_eq!(
        segment(&token, 1),
        json!({
            "iss": "https://issuer.example",
            "sub": "client-1",
            "client_id": "client-1",
            "aud": "https://api.example/voice",
            "iat": 1_800_000_000,
            "exp": 1_800_001_800,
            "jti": "AAECAwQFBgcICQoLDA0ODw",
            "scope": "voice.billing voice.numbers",
            "company": "acme",
            "rev": "AAAAAAAAAAAAAAAAAAAAAA.7",
        })
    );
    assert_eq!(token.expires_in, 1800);
    assert_eq!(token.jti, "AAECAwQFBgcICQoLDA0ODw");
    assert_eq!(token.scope.as_deref(), Some("voice.billing voice.numbers"));
    assert!(!token.scope_asked);
}

#[test]
fn several_audiences_are_an_array_and_no_scope_is_no_claim() {
    let bare = grant("bare", "https://api.example/bare", &[]);
    let several = issue_to(&House::new(), credential("client-1").grant(bare.clone()).voice());
    let audiences = json!(["https://api.example/bare", "https://api.example/voice"]);
    assert_eq!(segment(&several, 1)["aud"], audiences);
    let alone = issue_to(&House::new(), credential("client-1").grant(bare));
    assert_eq!(segment(&alone, 1)["aud"], json!("https://api.example/bare"));
    assert_eq!(segment(&alone, 1).get("scope"), None);
    assert_eq!((alone.scope, alone.scope_asked), (None, false));
}

#[test]
fn an_asked_scope_is_the_token_s() {
    let token = issue_scope(&House::new(), credential("client-1").voice(), Some("voice.numbers"));
    assert_eq!(segment(&token, 1)["scope"], json!("voice.numbers"));
    assert_eq!((token.scope.as_deref(), token.scope_asked), (Some("voice.numbers"), true));
}

#[test]
fn the_published_key_of_every_algorithm_verifies_the_token() {
    let house = House::signing(&Algorithm::ALL);
    for algorithm in Algorithm::ALL {
        let mut voice = grant("voice", "https://api.example/voice", &["voice.numbers"]);
        voice.algorithm = algorithm;
        let token = issue_to(&house, credential("client-1").grant(voice));
        let unverified = UnverifiedToken::parse(&token.token).unwrap();
        let keys = house.ring.environment(&production()).unwrap();
        let key = keys.verifying_key(unverified.kid()).unwrap();
        let verified = unverified.verify(&key).unwrap();
        assert_eq!(verified.algorithm(), algorithm);
        assert_eq!(verified.claims().sub, "client-1");
        assert_eq!(verified.claims().jti, token.jti);
    }
}

#[test]
fn no_two_tokens_have_one_id() {
    let house = House::new();
    let tokens = [(); 3].map(|()| issue_to(&house, credential("client-1").voice()).jti);
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[0] != tokens[2]);
}

/// Nobody could read such a token, so none is made.
#[test]
fn a_time_outside_the_range_of_claims_makes_no_token() {
    let mut house = House::new();
    for now in [Timestamp(-1), Timestamp(i64::MIN), Timestamp::from_seconds(253_402_300_799)] {
        house.now = now;
        let directory = house.directory([credential("client-1").secret(RIGHT).voice()]).warm();
        let outcome = house.issue(&directory, &request(plain("client-1", RIGHT)));
        assert_eq!(outcome.result.unwrap_err(), IssueError::NoSigningKey);
    }
    house.now = NOW;
    issue_to(&house, credential("client-1").voice());
}
