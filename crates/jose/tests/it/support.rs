//! Keys that are made once, and tokens of any content signed by them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{
    AccessTokenClaims, Algorithm, JwkSet, SigningKey, TokenError, UnverifiedToken, VerifyingKey,
};
use std::sync::LazyLock;
use zeroize::Zeroizing;

pub(crate) struct TestKey {
    pub(crate) signing: SigningKey,
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
}

/// The key of the whole run for this algorithm. RSA keys take a while to make.
pub(crate) fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: LazyLock<Vec<TestKey>> = LazyLock::new(|| {
        Algorithm::ALL
            .map(|algorithm| {
                let (signing, pkcs8) = SigningKey::generate(algorithm).unwrap();
                TestKey { signing, pkcs8 }
            })
            .into()
    });
    KEYS.iter().find(|key| key.signing.algorithm() == algorithm).unwrap()
}

pub(crate) fn claims() -> AccessTokenClaims<'static> {
    AccessTokenClaims {
        iss: "https://auth.example.com".into(),
        sub: "client-1".into(),
        client_id: "client-1".into(),
        aud: vec!["https://api.example.com".into()],
        iat: 1_800_000_000,
        nbf: None,
        exp: 1_800_003_600,
        jti: "01J9-a".into(),
        scope: Some("read write".into()),
        company: Some("company-1".into()),
        rev: Some("handle.1".into()),
    }
}

pub(crate) const HEADER_WITHOUT_ALG: &str = r#""typ":"at+jwt","kid":"k""#;

/// The header that our own tokens have.
pub(crate) fn header(algorithm: Algorithm) -> String {
    format!(r#"{{"alg":"{algorithm}",{HEADER_WITHOUT_ALG}}}"#)
}

pub(crate) fn payload() -> String {
    serde_json::to_string(&claims()).unwrap()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Any header over any payload with a true signature of the test key: what only the issuer could send.
pub(crate) fn forge(algorithm: Algorithm, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(payload));
    let signature = sign(algorithm, message.as_bytes());
    format!("{message}.{signature}")
}

/// A signature by another library, in base64url.
pub(crate) fn sign(algorithm: Algorithm, message: &[u8]) -> String {
    jsonwebtoken::crypto::sign(message, &encoding_key(algorithm), theirs(algorithm)).unwrap()
}

pub(crate) fn encoding_key(algorithm: Algorithm) -> jsonwebtoken::EncodingKey {
    let pkcs8 = &key(algorithm).pkcs8;
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::EncodingKey::from_ec_der(pkcs8),
        Algorithm::EdDsa => jsonwebtoken::EncodingKey::from_ed_der(pkcs8),
        // It wants PKCS#1, which PKCS#8 of a 2048 bit key wraps in 26 bytes.
        Algorithm::Rs256 | Algorithm::Ps256 => jsonwebtoken::EncodingKey::from_rsa_der(&pkcs8[26..]),
    }
}

pub(crate) fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    algorithm.as_str().parse().unwrap()
}

/// Parses and verifies with the test key of `algorithm`.
pub(crate) fn read(algorithm: Algorithm, token: &str) -> Result<AccessTokenClaims<'static>, TokenError> {
    let verified = UnverifiedToken::parse(token)?.verify(&key(algorithm).signing.verifying_key())?;
    Ok(verified.claims().clone())
}

/// The one key of a set that is made of these members; `kid` is added.
pub(crate) fn verifying_key(members: &str) -> Option<VerifyingKey> {
    let set = JwkSet::parse(format!(r#"{{"keys":[{{"kid":"k",{members}}}]}}"#).as_bytes()).unwrap();
    set.keys().first().map(|key| VerifyingKey::from_jwk(key).unwrap())
}
