//! Why a commit did nothing: every rule that an intent can break, in words that say what to do.

use jeton_jose::Algorithm;

use crate::id::{ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, ScopeName};
use crate::model::State;
use crate::networks::NetworkError;

/// Why a commit did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// Which of the intents.
    pub index: usize,
    /// Why.
    pub reason: RefusedReason,
}

/// Why an intent is refused. Each sentence ends with what to do, where something can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedReason {
    /// The target does not exist.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// Its kind, in the words of the CLI.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The target exists.
    #[error("the {what} {id:?} exists already: choose another id, or change the one that is there")]
    Exists {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The id was a deleted one's.
    #[error("the {what} {id:?} was deleted, and its id is not given out again: choose another")]
    Spent {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The client id differs from another only by case.
    #[error("the client id differs from {other:?} only by case: choose another")]
    LookAlike {
        /// The other.
        other: ClientId,
    },
    /// The target was changed since it was read.
    #[error("the {what} {id:?} was changed since it was read: read it again")]
    RevisionChanged {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The target is in that state.
    #[error("the {what} {id:?} is {state} already")]
    AlreadyIn {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
        /// The state.
        state: State,
    },
    /// The company has as many credentials as it may.
    #[error(
        "the company {company:?} has as many credentials as it may ({limit}): delete one, or raise the limit \
         with `company update {company} --limit`"
    )]
    CredentialLimit {
        /// The company.
        company: CompanyId,
        /// Its limit.
        limit: u32,
    },
    /// The company has credentials that are not deleted.
    #[error("the company {company:?} still has credentials ({count}): delete them first")]
    CompanyHasCredentials {
        /// The company.
        company: CompanyId,
        /// How many.
        count: u32,
    },
    /// The key of this creation is remembered.
    #[error("{}", repeated(*.same_request))]
    Repeated {
        /// The id of what was made under it.
        target: String,
        /// Where, if it is in an environment.
        environment: Option<EnvironmentName>,
        /// Whether all that was asked for is the same.
        same_request: bool,
    },
    /// The name is Jeton's own.
    #[error("the {what} {id:?} is reserved for those who run Jeton: {instead}")]
    Reserved {
        /// Its kind.
        what: &'static str,
        /// Its id.
        id: String,
        /// What can be done in its place.
        instead: &'static str,
    },
    /// Operators are credentials of their own company in their own environment, and only they are there.
    #[error(
        "credentials of the company \"operators\" live in the environment \"management\", and no others do: name both of \
         them for an operator, or neither"
    )]
    OperatorsApart,
    /// Operators have nothing but the management of Jeton, and nobody else has that.
    #[error(
        "the API \"management\" is granted in the environment \"management\", and nothing else is: grant an operator \
         `management:SCOPE`, and others APIs of your own"
    )]
    ManagementApart,
    /// The networks cannot be kept.
    #[error(transparent)]
    Networks(NetworkError),
    /// The company is not active.
    #[error("the company {company:?} is {state}: resume it first")]
    CompanyNotActive {
        /// The company.
        company: CompanyId,
        /// Its state.
        state: State,
    },
    /// New secrets are hashed by it.
    #[error("the hash key {number} is the newest, by which new secrets are hashed: add another first")]
    NewestHashKey {
        /// Its number.
        number: i64,
    },
    /// Live secrets are hashed by it.
    #[error("by the hash key {number} live secrets are hashed ({secrets}): nobody could use them any more")]
    HashKeyInUse {
        /// Its number.
        number: i64,
        /// How many.
        secrets: u32,
    },
    /// Another API has the audience in that environment.
    #[error("the API {api:?} has the audience {audience} already{}: choose another", in_environment(.environment.as_ref()))]
    AudienceTaken {
        /// The other API.
        api: ApiId,
        /// The audience.
        audience: AudienceUri,
        /// Where; `None` for everywhere else.
        environment: Option<EnvironmentName>,
    },
    /// Another API has the scope.
    #[error("the scope {scope:?} belongs to the API {api:?}: choose another name")]
    ScopeTaken {
        /// The other API.
        api: ApiId,
        /// The scope.
        scope: ScopeName,
    },
    /// The API does not have the scope.
    #[error("the API {api:?} has no scope {scope:?}")]
    NoSuchScope {
        /// The API.
        api: ApiId,
        /// The scope.
        scope: ScopeName,
    },
    /// A granted API cannot be deleted, nor its algorithm changed.
    #[error(
        "the API {api:?} is granted {count} times, such as to {client_id} in {environment}: take it away \
         first with `grant remove {client_id} --environment {environment} {api}`"
    )]
    ApiGranted {
        /// The API.
        api: ApiId,
        /// How many credentials have it.
        count: u32,
        /// One of them.
        client_id: ClientId,
        /// Its environment.
        environment: EnvironmentName,
    },
    /// A granted scope cannot be removed.
    #[error(
        "the scope {scope:?} is granted {count} times, such as to {client_id} in {environment}: take it \
         away first with `grant remove {client_id} --environment {environment} {api}:{scope}`"
    )]
    ScopeGranted {
        /// The API.
        api: ApiId,
        /// The scope.
        scope: ScopeName,
        /// How many credentials have it.
        count: u32,
        /// One of them.
        client_id: ClientId,
        /// Its environment.
        environment: EnvironmentName,
    },
    /// The APIs of one credential share one algorithm.
    #[error(
        "the API {api:?} signs with {algorithm}, but the credential has {other:?}, which signs with \
         {other_algorithm}: the APIs of one credential share one algorithm, so make another credential"
    )]
    AlgorithmsDiffer {
        /// The API to be granted.
        api: ApiId,
        /// Its algorithm.
        algorithm: Algorithm,
        /// One that is granted.
        other: ApiId,
        /// Its algorithm.
        other_algorithm: Algorithm,
    },
    /// The credential has no such grant.
    #[error("the credential {client_id:?} is not granted {grant:?}")]
    NotGranted {
        /// The credential.
        client_id: ClientId,
        /// The API, or the API and a scope.
        grant: String,
    },
    /// Two secrets live.
    #[error(
        "two secrets of {client_id:?} live: revoke one first with `secret revoke {client_id} --secret ID`"
    )]
    TwoSecrets {
        /// The credential.
        client_id: ClientId,
    },
    /// Two secrets live, and nobody said which.
    #[error("two secrets of {client_id:?} live: name one with `--secret ID`, or say `--all`")]
    WhichSecret {
        /// The credential.
        client_id: ClientId,
    },
    /// The credential's tokens were revoked too often.
    #[error(
        "the tokens of {client_id:?} were revoked too often within a day: suspend it, or see what keeps revoking"
    )]
    TooManyRevocations {
        /// The credential.
        client_id: ClientId,
    },
    /// Nothing forbids it, and it was taken back, since it was a rehearsal.
    #[error("nothing was changed: this was a rehearsal, and nothing stands in the way")]
    Rehearsed,
    /// No secret lives.
    #[error("no secret of {client_id:?} lives; `secret rotate` makes one")]
    NoLiveSecret {
        /// The credential.
        client_id: ClientId,
    },
}

impl RefusedReason {
    /// Whether the target was missing, rather than in the way.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. }
                | Self::NoSuchScope { .. }
                | Self::NotGranted { .. }
                | Self::NoLiveSecret { .. }
        )
    }
}

fn repeated(same_request: bool) -> &'static str {
    if same_request {
        "this was asked for and made before, under the same idempotency key"
    } else {
        "the idempotency key was used for another request: choose another key"
    }
}

fn in_environment(environment: Option<&EnvironmentName>) -> String {
    environment.map(|name| format!(" in {name}")).unwrap_or_default()
}
