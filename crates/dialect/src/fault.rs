//! What can be wrong with a request, or with ourselves, whichever dialect it came in.
//!
//! A fault is an observation: it names what was seen, and no status and no words, which differ by dialect. It holds
//! nothing that the caller sent, so that neither `Debug` nor an answer can repeat a secret.
//!
//! To add one: a variant here with its [`Reason`], and then the answers that the compiler asks for in each dialect.

use jeton_core::{IssueError, Reason};

pub use self::fields::{Field, FieldFault, FieldFaults};

mod fields;

/// Why a request is no token request. One closed list for all dialects; none of them finds all of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireFault {
    /// No `Content-Type`, or an empty one.
    ContentTypeMissing,
    /// Another `Content-Type`, or another charset, than the dialect reads.
    ContentTypeUnsupported,
    /// More than one `Content-Type`.
    ContentTypeRepeated,
    /// No `x-tracking-id`, or an empty one.
    TrackingIdMissing,
    /// An `x-tracking-id` outside its grammar.
    TrackingIdMalformed,
    /// More than one `x-tracking-id`.
    TrackingIdRepeated,
    /// A parameter in the query.
    QueryPresent,
    /// A form with a `%` without two hex digits, or with bytes that are no UTF-8.
    BodyUndecodable,
    /// A body that is not one JSON object.
    NotJson(JsonFault),
    /// Members of a JSON object that are at fault.
    Fields(FieldFaults),
    /// A parameter that the dialect does not know.
    ParameterUnsupported,
    /// A parameter more than once.
    ParameterRepeated,
    /// No `token`, or an empty one, where one is judged or revoked.
    TokenMissing,
    /// No `grant_type`, or an empty one.
    GrantTypeMissing,
    /// Another `grant_type` than `client_credentials`, where that is judged before the client is.
    GrantTypeUnsupported,
    /// Credentials in the header and in the body.
    TwoMechanisms,
    /// More than one `Authorization`.
    AuthorizationRepeated,
    /// No credentials at all.
    AuthorizationMissing,
    /// An `Authorization` without credentials: empty, or the bare word Basic.
    AuthorizationEmpty,
    /// Another scheme than Basic.
    SchemeUnsupported,
    /// Basic credentials that are no base64, or no pair.
    BasicUndecodable,
}

impl WireFault {
    /// The true reason, for the log and the owner of the credential.
    pub fn reason(&self) -> Reason {
        match self {
            Self::ContentTypeMissing => Reason::ContentTypeMissing,
            Self::ContentTypeUnsupported => Reason::ContentTypeUnsupported,
            Self::ContentTypeRepeated => Reason::ContentTypeRepeated,
            Self::TrackingIdMissing => Reason::TrackingIdMissing,
            Self::TrackingIdMalformed => Reason::TrackingIdMalformed,
            Self::TrackingIdRepeated => Reason::TrackingIdRepeated,
            Self::QueryPresent => Reason::QueryPresent,
            Self::BodyUndecodable | Self::NotJson(_) => Reason::BodyUndecodable,
            Self::Fields(faults) => faults.reason(),
            Self::ParameterUnsupported => Reason::ParameterUnsupported,
            Self::ParameterRepeated => Reason::ParameterRepeated,
            Self::TokenMissing => Reason::TokenMissing,
            Self::GrantTypeMissing => Reason::GrantTypeMissing,
            Self::GrantTypeUnsupported => Reason::GrantTypeUnsupported,
            Self::TwoMechanisms => Reason::TwoMechanisms,
            Self::AuthorizationRepeated => Reason::AuthorizationRepeated,
            Self::AuthorizationMissing => Reason::AuthorizationMissing,
            Self::AuthorizationEmpty => Reason::AuthorizationEmpty,
            Self::SchemeUnsupported => Reason::SchemeUnsupported,
            Self::BasicUndecodable => Reason::BasicUndecodable,
        }
    }
}

/// Why a body is not one JSON object, apart from repeated members, which are [`WireFault::Fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// Nothing at all.
    Empty,
    /// Not the grammar of RFC 8259. The place is counted from 1.
    Syntax {
        /// The line.
        line: usize,
        /// The column in bytes; 0 is the end of the line before.
        column: usize,
    },
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// A byte-order mark at the start.
    ByteOrderMark,
    /// Something after the value.
    Trailing,
    /// Half of a surrogate pair, in a name or a string.
    UnpairedSurrogate,
    /// Nested deeper than anybody needs.
    TooDeep,
    /// JSON, but no object.
    NotAnObject,
}

/// Why the server answers for itself, before a dialect has read anything or after the core has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFault {
    /// Another method than POST.
    MethodNotAllowed,
    /// More than 65,536 bytes.
    BodyTooLarge,
    /// The body did not arrive whole, or not in time. The contracts have no 408: it is answered as a body that
    /// cannot be read.
    BodyIncomplete,
    /// Too many requests.
    TooManyRequests {
        /// When to come again.
        retry_after_seconds: u32,
    },
    /// Overload, or the store is out of reach.
    Unavailable {
        /// When to come again.
        retry_after_seconds: u32,
    },
    /// No usable signing key.
    NoSigningKey,
    /// Anything unforeseen, a panic too.
    Internal,
}

impl ServerFault {
    /// What [`IssueError::Unavailable`] is to the caller. Nobody knows when a store comes back: soon, as a rule.
    pub const STORE_OUT_OF_REACH: Self = Self::Unavailable { retry_after_seconds: 5 };

    /// The true reason.
    pub fn reason(self) -> Reason {
        match self {
            Self::MethodNotAllowed => Reason::MethodNotAllowed,
            Self::BodyTooLarge => Reason::BodyTooLarge,
            Self::BodyIncomplete => Reason::BodyIncomplete,
            Self::TooManyRequests { .. } => Reason::TooManyRequests,
            Self::Unavailable { .. } => Reason::Unavailable,
            Self::NoSigningKey => Reason::NoSigningKey,
            Self::Internal => Reason::Internal,
        }
    }
}

/// Why a request gets no token, by whose finding it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The dialect's, from the bytes alone.
    Wire(WireFault),
    /// The core's.
    Issue(IssueError),
    /// The server's.
    Server(ServerFault),
}

impl Refusal {
    /// The true reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Wire(fault) => fault.reason(),
            Self::Issue(error) => error.reason(),
            Self::Server(fault) => fault.reason(),
        }
    }
}

impl From<WireFault> for Refusal {
    fn from(fault: WireFault) -> Self {
        Self::Wire(fault)
    }
}

impl From<IssueError> for Refusal {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

impl From<ServerFault> for Refusal {
    fn from(fault: ServerFault) -> Self {
        Self::Server(fault)
    }
}
