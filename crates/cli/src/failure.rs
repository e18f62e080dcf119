//! What went wrong, for people and for programs, and the exit code that goes with it.

use std::process::ExitCode;

use clap::error::ErrorKind;
use jeton_core::admin::AdminError;
use jeton_core::{RefusedReason, StoreError};
use jeton_store::{OpenError, PostgresError};
use serde_json::{Value, json};

use crate::args::Format;
use crate::output;

/// A command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    /// What a server's problem object says besides.
    problem: Option<Box<Value>>,
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
    fn of_code(code: u8) -> Option<Self> {
        let all = [
            Self::Failed,
            Self::Usage,
            Self::NotFound,
            Self::NotAllowed,
            Self::Conflict,
            Self::Unavailable,
            Self::CheckFailed,
            Self::Configuration,
        ];
        all.into_iter().find(|kind| *kind as u8 == code)
    }

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
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), problem: None }
    }

    /// What a problem object of the management API tells: it knows its exit code, and whatever sends one without is told
    /// by its status.
    pub(crate) fn of_problem(code: Option<u8>, status: u16, detail: String, problem: Value) -> Self {
        let kind = code.and_then(Kind::of_code).unwrap_or(match status {
            404 => Kind::NotFound,
            401 | 403 => Kind::NotAllowed,
            409 | 412 => Kind::Conflict,
            400..=499 if status != 429 => Kind::Usage,
            429 | 503 => Kind::Unavailable,
            _ => Kind::Failed,
        });
        Self { problem: Some(Box::new(problem)), ..Self::new(kind, detail) }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    pub(crate) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(Kind::NotAllowed, message)
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    pub(crate) fn check_failed(message: impl Into<String>) -> Self {
        Self::new(Kind::CheckFailed, message)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    /// Whether another try may succeed.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }

    /// The sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The same, with what to do about it at its end.
    #[must_use]
    pub(crate) fn or(mut self, what_to_do: &str) -> Self {
        self.message = format!("{}: {what_to_do}", self.message.trim_end_matches(['.', ':', '\n']));
        self
    }

    /// Says it on standard error.
    pub(crate) fn show(&self, format: Format) -> ExitCode {
        if format.is_json() {
            let (title, status) = self.kind.title_and_status();
            let mut shown = json!({ "type": "about:blank", "title": title, "status": status });
            if let (Some(shown), Some(Value::Object(problem))) =
                (shown.as_object_mut(), self.problem.as_deref())
            {
                shown.extend(problem.clone());
            }
            shown["detail"] = json!(self.message);
            shown["exit_code"] = json!(self.kind as u8);
            output::note(&shown.to_string());
        } else {
            output::note(&format!("jeton: {}", self.message));
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
    if format.is_json() {
        return Failure::usage(one_sentence(error)).show(format);
    }
    let _ = error.print();
    ExitCode::from(Kind::Usage as u8)
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
            AdminError::Refused(RefusedReason::Networks(_))
            | AdminError::WeakSecret(_)
            | AdminError::KeyNotTaken(_)
            | AdminError::Checkpoint(_)
            | AdminError::ManifestTooLong { .. } => Kind::Usage,
            AdminError::Refused(_)
            | AdminError::CreatedBeforeAndGone { .. }
            | AdminError::InvalidatesTokens { .. }
            | AdminError::WhichAlgorithm { .. }
            | AdminError::Deadline(_)
            | AdminError::KeysChanged
            | AdminError::Manifest(_)
            | AdminError::StepRefused { .. }
            | AdminError::PlanChanged
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
            AdminError::UnusableKey(_) | AdminError::Store(StoreError::AuditKey(_)) => Kind::Configuration,
        };
        let failure = Self::new(kind, error.to_string());
        match &error {
            AdminError::Store(StoreError::Unavailable(_)) => failure.or(AGAIN),
            AdminError::Store(StoreError::BadRow(_)) => failure.or(LOOK_AT_IT),
            AdminError::UnusableKey(_) => failure.or("give the master key that this store was made with"),
            AdminError::KeyNotMade(_) => failure.or("try again"),
            _ => failure,
        }
    }
}

/// What to do where only the operating system or a database says what is wrong.
const AGAIN: &str = "try again, and see `jeton doctor` where that does not help";
const LOOK_AT_IT: &str = "`jeton db status --full` says how much of it is damaged";
pub(crate) const ROOM: &str = "let this user read and write it, and see that the disk has room";
const DATABASE: &str = "look into the log of PostgreSQL, and try again";

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let failure = Self::configuration(error.to_string());
        match error {
            OpenError::Io { .. } | OpenError::Failed(_) => failure.or(ROOM),
            _ => failure,
        }
    }
}

impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::Unreachable { .. } => Self::unavailable(error.to_string())
                .or("see that it runs and that the URL names it, then try again"),
            PostgresError::Refused { .. } => {
                Self::configuration(error.to_string()).or("correct the URL, or let its user do that")
            }
            PostgresError::NoStore { .. }
            | PostgresError::TooOld { .. }
            | PostgresError::NewerSchema { .. }
            | PostgresError::NewerTarget { .. }
            | PostgresError::OtherSchema { .. } => Self::configuration(error.to_string()),
            PostgresError::Failed { .. } => Self::failed(error.to_string()).or(DATABASE),
        }
    }
}
