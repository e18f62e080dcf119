//! The `Authorization` header of a token request (RFC 9110 section 11.6.2, RFC 7617, RFC 6749 section 2.3.1).
//!
//! Any bytes are some variant of [`Authorization`]; what each of them means is the dialect's to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jeton_core::client_authentication::{ClientAuthentication, Reading};
use zeroize::Zeroizing;

use crate::fault::WireFault;
use crate::media::{cut, trim};
use crate::urlencoded::{decode, is_encoded};

/// What the `Authorization` headers of a request hold.
pub enum Authorization {
    /// There is none.
    Missing,
    /// There are several.
    Repeated,
    /// One without a character.
    Empty,
    /// The word Basic and nothing after it.
    BareBasic,
    /// Another scheme, with or without credentials.
    OtherScheme,
    /// Basic, and then something that is not standard base64 with its padding, or no pair with a colon.
    Undecodable,
    /// Basic with a pair.
    Pair(BasicPair),
}

impl Authorization {
    /// Reads all `Authorization` headers. The scheme is case-insensitive (RFC 9110 section 11.1).
    pub fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(value), None) => Self::of(trim(value)),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }

    fn of(value: &[u8]) -> Self {
        let (scheme, credentials) = cut(value, b' ').unwrap_or((value, &[]));
        if value.is_empty() {
            Self::Empty
        } else if !scheme.eq_ignore_ascii_case(b"Basic") {
            Self::OtherScheme
        } else if credentials.is_empty() {
            Self::BareBasic
        } else {
            BasicPair::read(credentials.trim_ascii_start()).map_or(Self::Undecodable, Self::Pair)
        }
    }

    /// The pair, where nothing else will do.
    pub fn into_pair(self) -> Result<BasicPair, WireFault> {
        match self {
            Self::Missing => Err(WireFault::AuthorizationMissing),
            Self::Repeated => Err(WireFault::AuthorizationRepeated),
            Self::Empty | Self::BareBasic => Err(WireFault::AuthorizationEmpty),
            Self::OtherScheme => Err(WireFault::SchemeUnsupported),
            Self::Undecodable => Err(WireFault::BasicUndecodable),
            Self::Pair(pair) => Ok(pair),
        }
    }
}

/// A user and a secret of any bytes, in one reading or two.
///
/// RFC 6749 section 2.3.1 wants both form-encoded before they are joined, and many clients do not do it. So a pair
/// is taken as sent, and beside that form-decoded where there is something to decode; a `%` without two hex digits
/// stands for itself.
pub struct BasicPair {
    as_sent: Pair,
    decoded: Option<Pair>,
}

/// Wiped whole: people swap the two.
struct Pair {
    user: Zeroizing<Vec<u8>>,
    secret: Zeroizing<Vec<u8>>,
}

impl BasicPair {
    /// Reads `token68` credentials: base64, then a split at the first colon, since a secret may hold colons.
    fn read(credentials: &[u8]) -> Option<Self> {
        // Decoded into a buffer of ours, which is wiped also where decoding stops half-way.
        let mut buffer = Zeroizing::new(vec![0; base64::decoded_len_estimate(credentials.len())]);
        let length = STANDARD.decode_slice(credentials, &mut buffer).ok()?;
        let (user, secret) = cut(&buffer[..length], b':')?;
        let as_sent = Pair { user: Zeroizing::new(user.to_vec()), secret: Zeroizing::new(secret.to_vec()) };
        let decoded = (is_encoded(user) || is_encoded(secret)).then(|| (decode(user), decode(secret)));
        let decoded = decoded.filter(|(user, secret)| user.changed || secret.changed);
        let decoded = decoded.map(|(user, secret)| Pair { user: user.bytes, secret: secret.bytes });
        Some(Self { as_sent, decoded })
    }

    /// Whether `name` is the user in one of the readings.
    pub fn has_user(&self, name: &str) -> bool {
        let mut readings = std::iter::once(&self.as_sent).chain(&self.decoded);
        readings.any(|reading| *reading.user == name.as_bytes())
    }

    /// As the core takes it.
    pub fn into_client(self) -> ClientAuthentication {
        let reading = |mut pair: Pair| Reading::new(&pair.user, std::mem::take(&mut *pair.secret));
        match self.decoded {
            None => ClientAuthentication::plain(reading(self.as_sent)),
            Some(decoded) => ClientAuthentication::ambiguous(reading(self.as_sent), reading(decoded)),
        }
    }
}
