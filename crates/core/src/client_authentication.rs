//! The one form that every way of sending credentials is brought into.

use std::fmt;

use crate::id::ClientId;
use crate::secret::PresentedSecret;

/// A client id and a secret, as one reading of the request has them.
#[derive(Clone)]
pub struct Reading {
    /// The client id; `None` where the text can be no client id, so that no credential has it.
    pub client_id: Option<ClientId>,
    /// The secret.
    pub secret: PresentedSecret,
}

impl Reading {
    /// Takes an id and a secret of any bytes.
    pub fn new(client_id: &[u8], secret: Vec<u8>) -> Self {
        let client_id = std::str::from_utf8(client_id).ok().and_then(|text| text.parse().ok());
        Self { client_id, secret: PresentedSecret::new(secret) }
    }
}

/// Says nothing: people swap the two fields, so a client id that nobody has looked up may be a secret.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading(..)")
    }
}

/// The credentials of a request, as they can be read.
///
/// RFC 6749 section 2.3.1 wants the parts of a Basic pair form-encoded; many clients send them as they are.
/// So a pair that decoding changes is read both ways, and the one that is a live credential counts.
#[derive(Debug, Clone)]
pub struct ClientAuthentication {
    first: Reading,
    second: Option<Reading>,
}

impl ClientAuthentication {
    /// Credentials that can be read one way only.
    pub fn plain(reading: Reading) -> Self {
        Self { first: reading, second: None }
    }

    /// Credentials that can be read two ways.
    pub fn ambiguous(first: Reading, second: Reading) -> Self {
        Self { first, second: Some(second) }
    }

    /// As they were sent.
    pub(crate) fn first(&self) -> &Reading {
        &self.first
    }

    /// Decoded, where that is another reading.
    pub(crate) fn second(&self) -> Option<&Reading> {
        self.second.as_ref()
    }

    /// Both readings; twice the same where there is one.
    pub fn readings(&self) -> [&Reading; 2] {
        [&self.first, self.second.as_ref().unwrap_or(&self.first)]
    }

    /// The readings, each once.
    pub fn different_readings(&self) -> impl Iterator<Item = &Reading> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// The client id of each reading; twice the same where there is one.
    pub fn client_ids(&self) -> [Option<&ClientId>; 2] {
        self.readings().map(|reading| reading.client_id.as_ref())
    }
}
