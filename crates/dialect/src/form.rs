//! Bodies of `application/x-www-form-urlencoded` (RFC 6749 appendix B), read strictly.
//!
//! What common readers forgive is refused here, since two readers forgive it differently: a `%` without two hex
//! digits, and bytes that are no UTF-8, in names as in values. Pieces without a character (`a=1&&b=2`) are skipped.
//! The work is linear but for one sort of the names; what bounds it is the limit on the body.

use jeton_core::token_request::GrantType;
use zeroize::Zeroizing;

use crate::fault::WireFault;
use crate::media::cut;
use crate::urlencoded::decode;

/// The parameters of a form in their order, decoded. Wiped when dropped, names too: people swap them.
///
/// Not `Debug`: it holds secrets.
pub struct Form(Vec<(Text, Text)>);

type Text = Zeroizing<String>;

impl Form {
    /// Reads a body. The only fault is [`WireFault::BodyUndecodable`].
    pub fn read(body: &[u8]) -> Result<Self, WireFault> {
        let pieces = body.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty());
        let parameters = pieces.map(|piece| {
            let (name, value) = cut(piece, b'=').unwrap_or((piece, &[]));
            Some((text(name)?, text(value)?))
        });
        parameters.collect::<Option<_>>().map(Self).ok_or(WireFault::BodyUndecodable)
    }

    /// The value of a parameter; `None` where it is missing or empty, which is the same (RFC 6749 section 3.2).
    /// Of several, the first that is not empty: whoever minds asks [`Form::repeats`] before.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The values of a parameter that may be repeated, without the empty ones.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |&(found, value)| found == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// All parameters, empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a parameter stands twice, empty ones too, other than those named `except`.
    pub fn repeats(&self, except: Option<&str>) -> bool {
        let names = self.iter().map(|(name, _)| name);
        let mut names: Vec<&str> = names.filter(|&name| Some(name) != except).collect();
        // Sorted, and not hashed: a hash that resists thirty thousand chosen names wants ambient randomness.
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// The `grant_type` (RFC 6749 section 4.4.2), or [`WireFault::GrantTypeMissing`].
    pub fn grant_type(&self) -> Result<GrantType, WireFault> {
        match self.get("grant_type") {
            None => Err(WireFault::GrantTypeMissing),
            Some("client_credentials") => Ok(GrantType::ClientCredentials),
            Some(_) => Ok(GrantType::Unsupported),
        }
    }
}

fn text(encoded: &[u8]) -> Option<Text> {
    let mut decoded = decode(encoded);
    if decoded.stray_percent || std::str::from_utf8(&decoded.bytes).is_err() {
        return None;
    }
    // Moved, not copied, so that no second copy needs wiping.
    String::from_utf8(std::mem::take(&mut *decoded.bytes)).ok().map(Zeroizing::new)
}
