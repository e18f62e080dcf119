//! What went wrong, as RFC 9457 has it, and with which exit code the command line ends.
//!
//! To add a kind: a line in the table of [`Slug`]. To add an error of a use case: its arm in [`Slug::of`].

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use jeton_core::StoreError;
use jeton_core::admin::AdminError;
use jeton_core::intent::RefusedReason;
use serde::Serialize;
use utoipa::ToSchema;

/// Declares the kinds of problems: slug, status, title, and the command line's exit code.
macro_rules! slugs {
    ($($(#[$doc:meta])* $name:ident: $slug:literal, $status:ident, $title:literal, $exit:literal;)+) => {
        /// The kinds of problems. The set is closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Slug { $($(#[$doc])* $name,)+ }

        impl Slug {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            /// The `type`.
            pub(crate) const fn uri(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:jeton:problem:", $slug),)+ }
            }

            /// The kind, as the last part of the `type` has it.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The status.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The `title`.
            pub(super) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What the command line ends with.
            const fn exit_code(self) -> u8 {
                match self { $(Self::$name => $exit,)+ }
            }
        }
    };
}

slugs! {
    /// The request cannot be read.
    Malformed: "malformed", BAD_REQUEST, "Malformed Request", 2;
    /// Nobody knows who asks.
    Unauthenticated: "unauthenticated", UNAUTHORIZED, "Authentication Required", 4;
    /// The caller's scopes are not enough.
    Forbidden: "forbidden", FORBIDDEN, "Scope Missing", 4;
    /// There is no such thing.
    NotFound: "not-found", NOT_FOUND, "Not Found", 3;
    /// The path has no such method.
    MethodNotAllowed: "method-not-allowed", METHOD_NOT_ALLOWED, "Method Not Allowed", 2;
    /// A rule about what is stored forbids it.
    Conflict: "conflict", CONFLICT, "Conflict", 5;
    /// The thing is not any more as `If-Match` says.
    Changed: "changed", PRECONDITION_FAILED, "Changed Meanwhile", 5;
    /// The body is too large.
    TooLarge: "too-large", PAYLOAD_TOO_LARGE, "Content Too Large", 2;
    /// The body is no JSON.
    NotJson: "not-json", UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", 2;
    /// The body can be read, and breaks a rule.
    Invalid: "invalid", UNPROCESSABLE_ENTITY, "Invalid Content", 2;
    /// The key of a creation was used for another one.
    KeyReused: "idempotency-key-reused", UNPROCESSABLE_ENTITY, "Idempotency Key Reused", 5;
    /// The record of changes was touched.
    AuditBroken: "audit-broken", CONFLICT, "Audit Broken", 7;
    /// Too much of it.
    TooMany: "too-many-requests", TOO_MANY_REQUESTS, "Too Many Requests", 6;
    /// The store is out of reach.
    Unavailable: "unavailable", SERVICE_UNAVAILABLE, "Unavailable", 6;
    /// What is stored, or configured, cannot be used.
    Unusable: "unusable-key", INTERNAL_SERVER_ERROR, "Unusable Key", 78;
    /// Our fault.
    Internal: "internal", INTERNAL_SERVER_ERROR, "Internal Server Error", 1;
}

/// Something that went wrong.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    slug: Slug,
    detail: String,
    /// Whether nothing did, in a dry run: it ends the work all the same.
    dry_run: bool,
}

/// What a dry run comes to where nothing stands in the way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DryRun {
    /// That it was one.
    dry_run: bool,
    /// In words.
    detail: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDetails {
    /// Which kind of problem: one of a closed set.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind in words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened, and what to do.
    detail: String,
    /// The request, by its id.
    instance: String,
    /// What the command line ends with.
    exit_code: u8,
}

impl Problem {
    pub(crate) fn new(slug: Slug, detail: impl Into<String>) -> Self {
        Self { slug, detail: detail.into(), dry_run: false }
    }

    /// Which kind.
    pub(super) fn slug(&self) -> Slug {
        self.slug
    }

    /// Whether it says that nothing stands in the way.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The path or the query cannot be read.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Slug::Malformed, detail)
    }

    /// The body breaks a rule.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Slug::Invalid, detail)
    }

    /// An answer of its own, for what is refused before the API is reached.
    pub(crate) fn to_answer(&self, request_id: &str) -> http::Response<Bytes> {
        let mut answer = http::Response::new(Bytes::new());
        self.write(request_id, &mut answer);
        answer
    }

    /// Makes an answer say it.
    pub(super) fn write(&self, request_id: &str, answer: &mut http::Response<Bytes>) {
        if self.dry_run {
            return self.write_dry_run(answer);
        }
        let status = self.slug.status();
        let details = ProblemDetails {
            kind: self.slug.uri(),
            title: self.slug.title(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            instance: format!("urn:uuid:{request_id}"),
            exit_code: self.slug.exit_code(),
        };
        *answer.status_mut() = status;
        *answer.body_mut() = serde_json::to_vec(&details).expect("it is made of texts and numbers").into();
        let headers = answer.headers_mut();
        headers.remove(http::header::CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
    }
}

impl Problem {
    fn write_dry_run(&self, answer: &mut http::Response<Bytes>) {
        let shown = DryRun { dry_run: true, detail: self.detail.clone() };
        *answer.status_mut() = StatusCode::OK;
        *answer.body_mut() = serde_json::to_vec(&shown).expect("it is made of texts").into();
        answer.headers_mut().remove(http::header::CONTENT_LENGTH);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
}

/// The details are written where the request id is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = self.slug.status().into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

impl Slug {
    /// The kind of what a use case says.
    fn of(error: &AdminError) -> Self {
        match error {
            AdminError::Refused(RefusedReason::Networks(_))
            | AdminError::WeakSecret(_)
            | AdminError::KeyNotTaken(_)
            | AdminError::Checkpoint(_) => Self::Invalid,
            AdminError::Refused(reason) if reason.is_not_found() => Self::NotFound,
            AdminError::Refused(RefusedReason::Repeated { .. }) => Self::KeyReused,
            AdminError::StepRefused { reason, .. } if reason.is_not_found() => Self::NotFound,
            AdminError::PlanChanged => Self::Changed,
            AdminError::ManifestTooLong { .. } => Self::TooLarge,
            AdminError::UnknownEnvironment { .. } => Self::NotFound,
            AdminError::Refused(_)
            | AdminError::CreatedBeforeAndGone { .. }
            | AdminError::InvalidatesTokens { .. }
            | AdminError::WhichAlgorithm { .. }
            | AdminError::Deadline(_)
            | AdminError::KeysChanged
            | AdminError::Manifest(_)
            | AdminError::StepRefused { .. }
            | AdminError::KeyUnknown { .. }
            | AdminError::KeyNeeded { .. }
            | AdminError::SignsNothing { .. }
            | AdminError::NextExists { .. }
            | AdminError::NoAuditChain
            | AdminError::NoCheckpointKey => Self::Conflict,
            AdminError::AuditBroken { .. } => Self::AuditBroken,
            AdminError::Store(StoreError::Unavailable(_)) => Self::Unavailable,
            AdminError::Store(StoreError::BadRow(_)) | AdminError::KeyNotMade(_) => Self::Internal,
            AdminError::UnusableKey(_) | AdminError::Store(StoreError::AuditKey(_)) => Self::Unusable,
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        let dry_run = matches!(error, AdminError::Refused(RefusedReason::Rehearsed));
        Self { dry_run, ..Self::new(Slug::of(&error), error.to_string()) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AdminError::from(error).into()
    }
}

/// Whether a use case found its target at another revision than the one that it was to have.
pub(super) fn is_revision_changed(error: &AdminError) -> bool {
    matches!(error, AdminError::Refused(RefusedReason::RevisionChanged { .. }))
}
