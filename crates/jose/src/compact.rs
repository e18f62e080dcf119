//! JWS compact serialization (RFC 7515 section 7.1), taken apart: what access tokens and statements have in common.

use crate::base64url;
use crate::header::Header;
use crate::token::TokenError;
use crate::verifying_key::VerifyingKey;

/// A text of the right shape that nobody has vouched for.
pub(crate) struct Compact<'a> {
    pub(crate) header: Header,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// `types` is what `typ` may say, whatever its case. Whoever calls has judged the size.
    pub(crate) fn parse(text: &'a str, types: &[&str]) -> Result<Self, TokenError> {
        let (signing_input, segments) = split(text).map_err(|error| refined(error, text))?;
        let [header, payload, signature] = segments;
        Ok(Self { header: Header::parse(&header, types)?, signing_input, payload, signature })
    }

    /// The header and the payload, once the signature holds (RFC 7515 section 5.2).
    pub(crate) fn verify(self, key: &VerifyingKey) -> Result<(Header, Vec<u8>), TokenError> {
        if self.header.algorithm != key.algorithm() {
            return Err(TokenError::KeyAlgorithm);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature).map_err(|_| TokenError::Signature)?;
        Ok((self.header, self.payload))
    }
}

/// What is signed, and the three segments decoded.
fn split(text: &str) -> Result<(&str, [Vec<u8>; 3]), TokenError> {
    let (signing_input, signature) = text.rsplit_once('.').ok_or(TokenError::Segments)?;
    let (header, payload) = signing_input.split_once('.').ok_or(TokenError::Segments)?;
    if payload.contains('.') {
        return Err(TokenError::Segments);
    }
    let decode = |segment| base64url::decode(segment).ok_or(TokenError::Encoding);
    Ok((signing_input, [decode(header)?, decode(payload)?, decode(signature)?]))
}

/// Decoding takes no character that a segment does not have, so only what failed is looked at once more.
fn refined(error: TokenError, text: &str) -> TokenError {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        error
    } else {
        TokenError::Alphabet
    }
}
