//! A signing key of the process's own: its public half stays unknown, since nobody verifies here.

use std::io::{Error, Result};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use clap::ValueEnum;

/// The algorithms that Jeton signs with.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Algorithm {
    Es256,
    Eddsa,
    Rs256,
    /// No signature at all: what is left is HTTP and text.
    None,
}

pub(crate) enum SigningKey {
    Es256(EcdsaKeyPair, SystemRandom),
    EdDsa(Ed25519KeyPair),
    Rs256(Box<RsaKeyPair>, SystemRandom),
    None,
}

impl SigningKey {
    #[expect(clippy::disallowed_methods, reason = "a whole program's randomness")]
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self> {
        let failed = |_| Error::other("no key could be made");
        let random = SystemRandom::new();
        Ok(match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
                Self::Es256(pair, random)
            }
            Algorithm::Eddsa => Self::EdDsa(Ed25519KeyPair::generate().map_err(failed)?),
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                Self::Rs256(Box::new(pair), random)
            }
            Algorithm::None => Self::None,
        })
    }

    /// The header of its tokens, with a `kid` as long as Jeton's.
    pub(crate) fn header(&self) -> String {
        let algorithm = match self {
            Self::Es256(..) => "ES256",
            Self::EdDsa(_) => "EdDSA",
            Self::Rs256(..) => "RS256",
            Self::None => "none",
        };
        format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{}"}}"#, "k".repeat(43))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Es256(pair, random) => Some(pair.sign(random, message).ok()?.as_ref().to_vec()),
            Self::EdDsa(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Self::Rs256(pair, random) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random, message, &mut signature).ok()?;
                Some(signature)
            }
            Self::None => Some(Vec::new()),
        }
    }
}
