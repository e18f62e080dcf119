//! A private key and what it signs.
//!
//! A key pair is parsed once and its header segment encoded once; a token then costs the signature and one buffer.
//! The private numbers stay inside aws-lc, which wipes them when the key is dropped.

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::claims::{AccessTokenClaims, ClaimsError};
use crate::header;
use crate::jwk::Jwk;
use crate::key_pair::{self, KeyPair};
use crate::token::MAX_TOKEN_BYTES;
use crate::verifying_key::{KeyError, VerifyingKey};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Room for usual claims, so that their buffer grows once or never.
const USUAL_CLAIMS_BYTES: usize = 768;

/// Room for the end of the claims, a dot, and a signature of 64 bytes.
const USUAL_SIGNATURE_CHARACTERS: usize = 96;

/// A private key that signs access tokens by exactly one algorithm.
pub struct SigningKey {
    pair: KeyPair,
    jwk: Jwk,
    verifying_key: Arc<VerifyingKey>,
    /// The first segment of every token of this key, with the dot after it.
    header: String,
}

impl SigningKey {
    /// Makes a key, and gives it as PKCS#8 version 1 DER as well, for the store. RSA keys have 2048 bits and take
    /// tens of milliseconds or more: not on a thread that serves requests.
    ///
    /// The caller encrypts the DER before it is written anywhere.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pkcs8 = key_pair::generate_pkcs8(algorithm).map_err(|_| KeyError::Generate)?;
        Ok((Self::from_pkcs8(algorithm, &pkcs8)?, pkcs8))
    }

    /// Takes up a key from its unencrypted PKCS#8 DER and checks that it signs what its public half verifies.
    ///
    /// Not checked: that the same RSA key is not in use for another algorithm too; its `kid` would be the same.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8(algorithm, pkcs8).ok_or(KeyError::Pkcs8(algorithm))?;
        let jwk = Jwk::named_by_thumbprint(pair.public_key());
        let verifying_key = Arc::new(VerifyingKey::from_jwk(&jwk)?);
        self_check(&pair, &verifying_key)?;
        let mut header = base64url::encode(&header::to_json(header::TYPES[0], algorithm, jwk.kid()));
        header.push('.');
        Ok(Self { pair, jwk, verifying_key, header })
    }

    /// The key's id: its RFC 7638 thumbprint, SHA-256 in base64url.
    pub fn kid(&self) -> &str {
        self.jwk.kid()
    }

    /// The one algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.jwk.algorithm()
    }

    /// The public half, for the key set.
    pub fn public_jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The public half, for verifying.
    pub fn verifying_key(&self) -> Arc<VerifyingKey> {
        Arc::clone(&self.verifying_key)
    }

    /// Signs an access token (RFC 9068 section 2): header `typ`, `alg` and `kid`, and these claims.
    ///
    /// Refuses what [`UnverifiedToken`](crate::UnverifiedToken) would refuse. Not checked: whether the claims are
    /// true, or `exp` is after `iat`.
    pub fn sign(&self, claims: &AccessTokenClaims<'_>) -> Result<String, SignError> {
        self.finish(self.signing_input(claims)?)
    }

    /// All of [`SigningKey::sign`] but the signature, for keys that [sign slowly](Algorithm::signs_slowly).
    pub fn prepare(self: &Arc<Self>, claims: &AccessTokenClaims<'_>) -> Result<UnsignedToken, SignError> {
        Ok(UnsignedToken { input: self.signing_input(claims)?, key: Arc::clone(self) })
    }

    fn signing_input(&self, claims: &AccessTokenClaims<'_>) -> Result<String, SignError> {
        claims.check()?;
        let mut json = Vec::with_capacity(USUAL_CLAIMS_BYTES);
        serde_json::to_writer(&mut json, claims)
            .expect("strings and numbers serialize, and a Vec takes any number of bytes");
        let mut token =
            String::with_capacity(self.header.len() + json.len() / 3 * 4 + USUAL_SIGNATURE_CHARACTERS);
        token.push_str(&self.header);
        // Encoded in one piece: through a writer, piece by piece, it cost three times as much.
        base64url::append(&json, &mut token);
        Ok(token)
    }

    fn finish(&self, mut token: String) -> Result<String, SignError> {
        self.append_signature(&mut token)?;
        if token.len() > MAX_TOKEN_BYTES { Err(SignError::TooLong) } else { Ok(token) }
    }

    /// Signs what is no access token: any payload, under a `typ` of its own, which keeps the two apart.
    /// [`UnverifiedStatement`](crate::UnverifiedStatement) reads it.
    ///
    /// # Panics
    ///
    /// Where `typ` is an access token's: whoever could choose the payload could then make a token.
    pub fn sign_statement(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        let token = header::TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
        assert!(!token, "a statement is no access token");
        let mut statement = base64url::encode(&header::to_json(typ, self.algorithm(), self.kid()));
        statement.push('.');
        base64url::append(payload, &mut statement);
        self.append_signature(&mut statement)?;
        Ok(statement)
    }

    /// Ends a signing input with its signature.
    fn append_signature(&self, text: &mut String) -> Result<(), SignError> {
        let signature = self.pair.sign(text.as_bytes()).map_err(|_| SignError::Signature)?;
        text.push('.');
        base64url::append(&signature, text);
        Ok(())
    }
}

/// A token that lacks nothing but its signature, and the key that it is for.
#[derive(Debug)]
pub struct UnsignedToken {
    input: String,
    key: Arc<SigningKey>,
}

impl UnsignedToken {
    /// Signs it. For an RSA key this is not for a thread that serves requests.
    pub fn sign(self) -> Result<String, SignError> {
        self.key.finish(self.input)
    }
}

/// Prints which key it is, and nothing of the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// Why a token could not be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// No verifier would accept these claims.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token would be longer than verifiers accept.
    #[error("the token would be longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// aws-lc could not sign: no memory, or no entropy.
    #[error("the signature could not be made")]
    Signature,
}

/// Finds a damaged key, or a machine that computes wrongly, when the key is loaded and not at its first token.
fn self_check(pair: &KeyPair, verifying_key: &VerifyingKey) -> Result<(), KeyError> {
    let message = b"jeton self-check";
    let signature = pair.sign(message).map_err(|_| KeyError::SelfCheck)?;
    verifying_key.verify(message, &signature).map_err(|_| KeyError::SelfCheck)
}
