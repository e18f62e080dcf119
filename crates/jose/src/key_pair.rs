//! The private half of each algorithm, as aws-lc keeps it: the one place that makes signatures.

use crate::algorithm::Algorithm;
use crate::jwk::{PublicKey, RsaPublicKey};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    RsaKeyPair,
};
use zeroize::Zeroizing;

/// A key pair that is parsed, and for one algorithm.
pub(crate) enum KeyPair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
    Ps256(RsaKeyPair),
}

impl KeyPair {
    /// Nothing where the DER is damaged, or of another kind of key than the algorithm needs.
    pub(crate) fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Self::Es256)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Self::EdDsa),
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rs256),
            Algorithm::Ps256 => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Ps256),
        }
        .ok()
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                PublicKey::Es256 { x: coordinate(point, 1), y: coordinate(point, 33) }
            }
            Self::EdDsa(pair) => PublicKey::EdDsa { x: coordinate(pair.public_key().as_ref(), 0) },
            Self::Rs256(pair) => PublicKey::Rs256(rsa_public_key(pair)),
            Self::Ps256(pair) => PublicKey::Ps256(rsa_public_key(pair)),
        }
    }

    /// The signature as JWS has it (RFC 7518 section 3, RFC 8037 section 3.1).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Es256(pair) => {
                pair.sign(&system_random(), message).map(|signature| signature.as_ref().to_vec())
            }
            Self::EdDsa(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            Self::Rs256(pair) => sign_rsa(pair, &signature::RSA_PKCS1_SHA256, message),
            Self::Ps256(pair) => sign_rsa(pair, &signature::RSA_PSS_SHA256, message),
        }
    }
}

/// A new key as PKCS#8 version 1 DER.
pub(crate) fn generate_pkcs8(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let der = match algorithm {
        Algorithm::Es256 => {
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?.to_pkcs8v1()?.as_ref().to_vec()
        }
        // Version 1, without the public key: OpenSSL writes it, and every library reads it.
        Algorithm::EdDsa => Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref().to_vec(),
        Algorithm::Rs256 | Algorithm::Ps256 => {
            RsaKeyPair::generate(KeySize::Rsa2048)?.as_der()?.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(der))
}

/// 32 bytes of an encoded public key.
fn coordinate(encoded: &[u8], from: usize) -> [u8; 32] {
    encoded
        .get(from..from + 32)
        .and_then(|bytes| bytes.try_into().ok())
        .expect("a P-256 point is 4, x and y in 65 bytes, an Ed25519 key 32 bytes")
}

fn rsa_public_key(pair: &RsaKeyPair) -> RsaPublicKey {
    let key = pair.public_key();
    RsaPublicKey {
        n: key.modulus().big_endian_without_leading_zero().to_vec(),
        e: key.exponent().big_endian_without_leading_zero().to_vec(),
    }
}

fn sign_rsa(
    pair: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &system_random(), message, &mut signature)?;
    Ok(signature)
}

#[expect(
    clippy::disallowed_methods,
    reason = "aws-lc-rs asks for a source that it then ignores: nonces and salts come from aws-lc itself"
)]
fn system_random() -> SystemRandom {
    SystemRandom::new()
}
