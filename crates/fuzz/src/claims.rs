//! The claims of a token: any payload at all, truly signed, as only the issuer could send it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{AccessTokenClaims, Algorithm, MAX_NUMERIC_DATE, SigningKey, TokenError, UnverifiedToken};
use jsonwebtoken::EncodingKey;

/// A key of this run. That payloads are signed by another library changes nothing of what is read.
static KEY: LazyLock<(SigningKey, EncodingKey)> = LazyLock::new(|| {
    let (key, pkcs8) = SigningKey::generate(Algorithm::EdDsa).expect("the system has entropy");
    (key, EncodingKey::from_ed_der(&pkcs8))
});

/// What is accepted keeps the rules of RFC 9068, and is read again as it was where we sign it anew.
pub fn claims(data: &[u8]) {
    match read(&signed(data)) {
        Ok(claims) => {
            assert!(
                [&claims.iss, &claims.sub, &claims.client_id, &claims.jti]
                    .iter()
                    .all(|text| !text.is_empty())
            );
            assert!(!claims.aud.is_empty() && claims.aud.iter().all(|audience| !audience.is_empty()));
            let mut times = [Some(claims.iat), Some(claims.exp), claims.nbf].into_iter().flatten();
            assert!(times.all(|time| (0..=MAX_NUMERIC_DATE).contains(&time)));
            // Written with other escapes, it may have grown beyond what a token may have.
            if let Ok(token) = KEY.0.sign(&claims) {
                assert_eq!(read(&token), Ok(claims));
            }
        }
        Err(TokenError::Claims(_) | TokenError::TooLong) => {}
        Err(why) => panic!("a token of our own key is refused before its claims are read: {why}"),
    }
}

fn read(token: &str) -> Result<AccessTokenClaims<'static>, TokenError> {
    let verified = UnverifiedToken::parse(token)?.verify(&KEY.0.verifying_key())?;
    Ok(verified.claims().clone())
}

fn signed(payload: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"EdDSA","kid":"k"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &KEY.1, jsonwebtoken::Algorithm::EdDSA)
        .expect("Ed25519 signs anything");
    format!("{message}.{signature}")
}
