//! What went wrong, for people and for programs, and the exit code that goes with it.

use std::process::ExitCode;

use clap::error::ErrorKind;
use jeton_core::StoreError;
use jeton_core::admin::AdminError;
use jeton_store::{OpenError, PostgresError};
use serde_json::json;

use crate::args::Format;
use crate::output;

/// A command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
}

/// The exit codes. They are for all commands of all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    NotAllowed = 4,
    Conflict = 5,
    Unavailable = 6,
    CheckFailed = 7,
    Configuration = 78,
}

impl Kind {
    /// The title and the status that a problem object (RFC 9457) has for it.
    fn title_and_status(self) -> (&'static str, u16) {
        match self {
            Self::Failed => ("Internal Server Error", 500),
            Self::Usage => ("Bad Request", 400),
            Self::NotFound => ("Not Found", 404),
            Self::NotAllowed => ("Forbidden", 403),
            Self::Conflict => ("Conflict", 409),
            Self::Unavailable => ("Service Unavailable", 503),
            Self::CheckFailed => ("Unprocessable Content", 422),
            Self::Configuration => ("Configuration Error", 500),
        }
    }
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { kind: Kind::NotFound, message: message.into() }
    }

    pub(crate) fn not_allowed(message: impl Into<String>) -> Self {
        Self { kind: Kind::NotAllowed, message: message.into() }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: Kind::Unavailable, message: message.into() }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self { kind: Kind::Conflict, message: message.into() }
    }

    pub(crate) fn check_failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::CheckFailed, message: message.into() }
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self { kind: Kind::Configuration, message: message.into() }
    }

    /// Whether another try may succeed.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }

    /// The sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Says it on standard error.
    pub(crate) fn show(&self, format: Format) -> ExitCode {
        match format {
            Format::Table => output::note(&format!("jeton: {}", self.message)),
            Format::Json => {
                let (title, status) = self.kind.title_and_status();
                output::note(
                    &json!({
                        "type": "about:blank",
                        "title": title,
                        "status": status,
                        "detail": self.message,
                        "exit_code": self.kind as u8,
                    })
                    .to_string(),
                );
            }
        }
        ExitCode::from(self.kind as u8)
    }
}

/// Shows what clap has to say: help and version are no failures.
pub(crate) fn usage(error: &clap::Error, format: Format) -> ExitCode {
    if !error.use_stderr() {
        // Nothing is lost where standard output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    match format {
        Format::Table => {
            let _ = error.print();
            ExitCode::from(Kind::Usage as u8)
        }
        Format::Json => Failure::usage(one_sentence(error)).show(format),
    }
}

/// What clap says, without the usage that it repeats for people.
fn one_sentence(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is missing: --help shows which there are".to_owned();
    }
    let text = error.to_string();
    let text = text.trim_start_matches("error: ");
    let text = text.split_once("\n\n").map_or(text, |(text, _usage)| text);
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let kind = match &error {
            AdminError::Refused(reason) if reason.is_not_found() => Kind::NotFound,
            AdminError::Refused(_)
            | AdminError::Reserved(_)
            | AdminError::InvalidatesTokens { .. }
            | AdminError::WhichAlgorithm { .. }
            | AdminError::Deadline(_)
            | AdminError::KeysChanged
            | AdminError::KeyUnknown { .. }
            | AdminError::KeyNeeded { .. }
            | AdminError::SignsNothing { .. }
            | AdminError::NextExists { .. }
            | AdminError::NoAuditChain
            | AdminError::NoCheckpointKey => Kind::Conflict,
            AdminError::UnknownEnvironment { .. } => Kind::NotFound,
            AdminError::AuditBroken { .. } => Kind::CheckFailed,
            AdminError::Store(StoreError::Unavailable(_)) => Kind::Unavailable,
            AdminError::Store(StoreError::BadRow(_)) | AdminError::KeyNotMade(_) => Kind::Failed,
            AdminError::WeakSecret(_) | AdminError::KeyNotTaken(_) | AdminError::Checkpoint(_) => Kind::Usage,
            AdminError::UnusableKey(_) | AdminError::Store(StoreError::AuditKey(_)) => Kind::Configuration,
        };
        Self { kind, message: error.to_string() }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::configuration(error.to_string())
    }
}

impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::Unreachable { .. } => Self::unavailable(error.to_string()),
            PostgresError::Refused { .. }
            | PostgresError::NoStore { .. }
            | PostgresError::TooOld { .. }
            | PostgresError::NewerSchema { .. }
            | PostgresError::NewerTarget { .. }
            | PostgresError::OtherSchema { .. } => Self::configuration(error.to_string()),
            PostgresError::Failed { .. } => Self::failed(error.to_string()),
        }
    }
}
