//! The last use of a secret, and the tokens that it got in one minute, which most requests are for.
//!
//! A node holds as many of these as credentials, so each is as small as it can be.

use std::net::IpAddr;
use std::sync::Arc;

use jeton_core::Timestamp;
use jeton_core::authority::Known;
use jeton_core::usage::{Counted, SecretUse, push_shown_text};
use uuid::Uuid;

use super::{Counter, Event};

/// Tokens of one minute from one endpoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    pub(super) minute: u32,
    pub(super) environment: u16,
    pub(super) endpoint: u16,
    /// None of them where there is nothing to write.
    pub(super) count: u32,
}

/// Of one secret.
#[derive(Debug)]
pub(super) struct LastUse {
    pub(super) known: Known,
    pub(super) time: Timestamp,
    /// When it was taken out to be written; [`NEVER`] where it was not.
    pub(super) taken: Timestamp,
    pub(super) tokens: Tokens,
    address: Option<IpAddr>,
    /// The tracking id where it is a UUID, as nearly all are.
    uuid: Option<uuid::Bytes>,
    /// How much of the text is the user agent; the tracking id comes after it where it is none.
    user_agent: u8,
    text: Box<str>,
}

/// When something was that has not been yet.
const NEVER: Timestamp = Timestamp(i64::MIN);

impl Tokens {
    /// Whether these are of the same minute and endpoint.
    pub(super) fn are_like(self, other: Self) -> bool {
        let of = |tokens: Self| (tokens.minute, tokens.environment, tokens.endpoint);
        of(self) == of(other)
    }
}

impl LastUse {
    /// Takes its tokens out, if there are any.
    pub(super) fn take_tokens(&mut self) -> Option<Counter> {
        let Tokens { minute, environment, endpoint, count } = self.tokens;
        self.tokens.count = 0;
        let known = (count > 0).then(|| self.known.clone())?;
        Some(Counter { known: Some(known), minute, environment, endpoint, outcome: Counted::Issued, count })
    }

    /// Of this credential and secret, before it is noted.
    pub(super) fn first(known: &Known) -> Self {
        Self {
            known: known.clone(),
            time: NEVER,
            taken: NEVER,
            tokens: Tokens { minute: 0, environment: 0, endpoint: 0, count: 0 },
            address: None,
            uuid: None,
            user_agent: 0,
            text: Box::default(),
        }
    }

    /// The secret is used, unless a later use is known.
    pub(super) fn is_now(&mut self, known: &Known, event: &Event<'_>) {
        if self.time > event.now {
            return;
        }
        if !Arc::ptr_eq(self.known.credential(), known.credential()) {
            // It was read again, and what is not in memory any more need not be held here.
            self.known = known.clone();
        }
        self.time = event.now;
        self.address = event.address;
        let (user_agent, tracking_id) = (event.user_agent.unwrap_or_default(), event.tracking_id);
        self.uuid = tracking_id.and_then(as_uuid);
        let more = if self.uuid.is_some() { "" } else { tracking_id.unwrap_or_default() };
        // Who called last mostly calls again.
        let is_known = self.text.as_bytes() == user_agent && usize::from(self.user_agent) == user_agent.len();
        if is_known && more.is_empty() {
            return;
        }
        let mut text = String::new();
        push_shown_text(&mut text, user_agent);
        // It is no longer than that.
        self.user_agent = u8::try_from(text.len()).unwrap_or(u8::MAX);
        push_shown_text(&mut text, more.as_bytes());
        self.text = text.into();
    }

    pub(super) fn to_use(&self) -> Option<SecretUse> {
        let (user_agent, tracking_id) = self.text.split_at(usize::from(self.user_agent));
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(SecretUse {
            secret: self.known.secret()?.clone(),
            time: self.time,
            address: self.address,
            user_agent: text(user_agent),
            tracking_id: match self.uuid {
                Some(bytes) => Some(Uuid::from_bytes(bytes).to_string()),
                None => text(tracking_id),
            },
        })
    }
}

/// A text that is the usual one of a UUID (RFC 9562 section 4), and so can be made again of it.
fn as_uuid(text: &str) -> Option<uuid::Bytes> {
    let usual = text.len() == uuid::fmt::Hyphenated::LENGTH && !text.bytes().any(|b| b.is_ascii_uppercase());
    usual.then(|| Uuid::try_parse(text).ok().map(Uuid::into_bytes)).flatten()
}
