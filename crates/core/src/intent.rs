//! What may be changed: one closed list, applied by [`crate::Store::commit`], all or nothing.
//!
//! To add a change: a variant of [`Intent`], a [`ChangeKind`] for it, its rule's [`RefusedReason`]s with their
//! sentences, the SQL in the store's `commit/`, and a case in the store's contract suite.

use std::net::IpAddr;

use jeton_jose::Algorithm;

use crate::id::{
    ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, Handle, KeyId, ScopeName, SecretId, Text,
};
use crate::master_key::Sealed;
use crate::model::{
    Audience, KeyState, Sequence, State, StoredHashKey, StoredSecret, StoredSigningKey, words,
};
use crate::time::Timestamp;

/// Who changes something, when and why: what the `changes` rows of a commit have in common.
#[derive(Debug, Clone)]
pub struct Change {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: Actor,
    /// From where, if over a network.
    pub address: Option<IpAddr>,
    /// In which request, if in one.
    pub request_id: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<Text>,
}

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person at the command line, by the name that the operating system knows.
    Cli(String),
    /// Jeton itself, on the node of this name.
    System(String),
    /// An operator's credential.
    Operator(ClientId),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cli(user) => write!(f, "cli:{user}"),
            Self::System(node) => write!(f, "system:{node}"),
            Self::Operator(client_id) => write!(f, "operator:{client_id}"),
        }
    }
}

/// One change. `expected` is the revision that the target must have; `None` takes it as it is.
#[derive(Debug, Clone)]
pub enum Intent {
    /// Makes a company.
    CreateCompany {
        /// Its id, which no company ever had.
        id: CompanyId,
        /// Its name.
        name: Text,
        /// How many credentials it may have.
        credential_limit: u32,
    },
    /// Changes what is given of a company. A limit below the present number stops new credentials only.
    UpdateCompany {
        /// Which.
        id: CompanyId,
        /// Its new name.
        name: Option<Text>,
        /// Its new limit.
        credential_limit: Option<u32>,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Suspends, resumes or deletes a company. All but resuming raise the generation of its credentials.
    SetCompanyState {
        /// Which.
        id: CompanyId,
        /// To what. `Deleted` is refused while it has credentials.
        state: State,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Makes an API.
    CreateApi {
        /// Its id.
        id: ApiId,
        /// Its audiences, which no other API has in the same environment.
        audience: Audience,
        /// Its scopes, which no other API has.
        scopes: Vec<ScopeName>,
        /// What its tokens are signed with.
        algorithm: Algorithm,
    },
    /// Changes what is given of an API.
    UpdateApi {
        /// Which.
        id: ApiId,
        /// Its new default audience.
        audience: Option<AudienceUri>,
        /// The audiences to set in single environments; `None` takes the environment's own away.
        audience_in: Vec<(EnvironmentName, Option<AudienceUri>)>,
        /// The scopes to add; one that it has already counts as added.
        add_scopes: Vec<ScopeName>,
        /// The scopes to remove; refused while one is granted.
        remove_scopes: Vec<ScopeName>,
        /// Its new algorithm; refused while the API is granted.
        algorithm: Option<Algorithm>,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Deletes an API; refused while it is granted.
    DeleteApi {
        /// Which.
        id: ApiId,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Makes a credential, without secret or grant.
    CreateCredential {
        /// Where.
        environment: EnvironmentName,
        /// Its client id, of which no look-alike ever was in this environment.
        client_id: ClientId,
        /// Whose.
        company: CompanyId,
        /// What people call it.
        label: Option<Text>,
        /// What stands for it in tokens.
        handle: Handle,
    },
    /// Changes what is given of a credential.
    UpdateCredential {
        /// Where.
        environment: EnvironmentName,
        /// Which.
        client_id: ClientId,
        /// Its new label; `Some(None)` takes it away.
        label: Option<Option<Text>>,
        /// Its new owner.
        owner: Option<Option<Text>>,
        /// Its new end.
        expires: Option<Option<Timestamp>>,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Suspends, resumes or deletes a credential. All but resuming raise its generation.
    SetCredentialState {
        /// Where.
        environment: EnvironmentName,
        /// Which.
        client_id: ClientId,
        /// To what.
        state: State,
        /// Its revision.
        expected: Option<Sequence>,
    },
    /// Grants scopes of an API. What is granted already stays.
    AddGrant {
        /// Where.
        environment: EnvironmentName,
        /// To which credential.
        client_id: ClientId,
        /// Which API.
        api: ApiId,
        /// Which of its scopes; `None` for all that it has now.
        scopes: Option<Vec<ScopeName>>,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Takes scopes of an API, or the whole API, away.
    RemoveGrant {
        /// Where.
        environment: EnvironmentName,
        /// From which credential.
        client_id: ClientId,
        /// Which API.
        api: ApiId,
        /// Which of its scopes; `None` for the API itself. Without its last scope the API is gone too.
        scopes: Option<Vec<ScopeName>>,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Adds a secret; refused where two live.
    AddSecret {
        /// Where.
        environment: EnvironmentName,
        /// To which credential.
        client_id: ClientId,
        /// What is kept of it.
        secret: StoredSecret,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Revokes live secrets.
    RevokeSecrets {
        /// Where.
        environment: EnvironmentName,
        /// Of which credential.
        client_id: ClientId,
        /// Which.
        which: WhichSecrets,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Adds a signing key; an active one is refused where its environment and algorithm have one.
    AddSigningKey(StoredSigningKey),
    /// Moves a signing key on in its life.
    SetSigningKeyState {
        /// Which.
        kid: KeyId,
        /// To what.
        state: KeyState,
    },
    /// Adds a hash key; refused where its number is taken.
    AddHashKey(StoredHashKey),
    /// Writes the value that proves a master key right; refused where there is one.
    SetMasterKeyCheck(Sealed),
}

/// Which secrets of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichSecrets {
    /// The live one; refused where two live.
    TheOnlyOne,
    /// This one.
    One(SecretId),
    /// Every live one.
    All,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Its number.
    pub sequence: Sequence,
}

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
    #[error("the {what} {id:?} exists already")]
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
    /// The company is not active.
    #[error("the company {company:?} is {state}: resume it first")]
    CompanyNotActive {
        /// The company.
        company: CompanyId,
        /// Its state.
        state: State,
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
    /// No secret lives.
    #[error("no secret of {client_id:?} lives")]
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

fn in_environment(environment: Option<&EnvironmentName>) -> String {
    environment.map(|name| format!(" in {name}")).unwrap_or_default()
}

words! {
    /// What a `changes` row says was done.
    ChangeKind {
        /// [`Intent::CreateCompany`].
        CompanyCreated = "company.created",
        /// [`Intent::UpdateCompany`].
        CompanyUpdated = "company.updated",
        /// [`Intent::SetCompanyState`] to suspended.
        CompanySuspended = "company.suspended",
        /// [`Intent::SetCompanyState`] to active.
        CompanyResumed = "company.resumed",
        /// [`Intent::SetCompanyState`] to deleted.
        CompanyDeleted = "company.deleted",
        /// [`Intent::CreateApi`].
        ApiCreated = "api.created",
        /// [`Intent::UpdateApi`].
        ApiUpdated = "api.updated",
        /// [`Intent::DeleteApi`].
        ApiDeleted = "api.deleted",
        /// [`Intent::CreateCredential`].
        CredentialCreated = "credential.created",
        /// [`Intent::UpdateCredential`].
        CredentialUpdated = "credential.updated",
        /// [`Intent::SetCredentialState`] to suspended.
        CredentialSuspended = "credential.suspended",
        /// [`Intent::SetCredentialState`] to active.
        CredentialResumed = "credential.resumed",
        /// [`Intent::SetCredentialState`] to deleted.
        CredentialDeleted = "credential.deleted",
        /// [`Intent::AddGrant`].
        GrantAdded = "grant.added",
        /// [`Intent::RemoveGrant`].
        GrantRemoved = "grant.removed",
        /// [`Intent::AddSecret`].
        SecretAdded = "secret.added",
        /// [`Intent::RevokeSecrets`].
        SecretRevoked = "secret.revoked",
        /// [`Intent::AddSigningKey`].
        SigningKeyAdded = "signing_key.added",
        /// [`Intent::SetSigningKeyState`].
        SigningKeyChanged = "signing_key.changed",
        /// [`Intent::AddHashKey`].
        HashKeyAdded = "hash_key.added",
        /// [`Intent::SetMasterKeyCheck`].
        MasterKeyCheckSet = "master_key.check_set",
    }
}

impl Intent {
    /// What its `changes` row says.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::CreateCompany { .. } => ChangeKind::CompanyCreated,
            Self::UpdateCompany { .. } => ChangeKind::CompanyUpdated,
            Self::SetCompanyState { state: State::Suspended, .. } => ChangeKind::CompanySuspended,
            Self::SetCompanyState { state: State::Active, .. } => ChangeKind::CompanyResumed,
            Self::SetCompanyState { state: State::Deleted, .. } => ChangeKind::CompanyDeleted,
            Self::CreateApi { .. } => ChangeKind::ApiCreated,
            Self::UpdateApi { .. } => ChangeKind::ApiUpdated,
            Self::DeleteApi { .. } => ChangeKind::ApiDeleted,
            Self::CreateCredential { .. } => ChangeKind::CredentialCreated,
            Self::UpdateCredential { .. } => ChangeKind::CredentialUpdated,
            Self::SetCredentialState { state: State::Suspended, .. } => ChangeKind::CredentialSuspended,
            Self::SetCredentialState { state: State::Active, .. } => ChangeKind::CredentialResumed,
            Self::SetCredentialState { state: State::Deleted, .. } => ChangeKind::CredentialDeleted,
            Self::AddGrant { .. } => ChangeKind::GrantAdded,
            Self::RemoveGrant { .. } => ChangeKind::GrantRemoved,
            Self::AddSecret { .. } => ChangeKind::SecretAdded,
            Self::RevokeSecrets { .. } => ChangeKind::SecretRevoked,
            Self::AddSigningKey(_) => ChangeKind::SigningKeyAdded,
            Self::SetSigningKeyState { .. } => ChangeKind::SigningKeyChanged,
            Self::AddHashKey(_) => ChangeKind::HashKeyAdded,
            Self::SetMasterKeyCheck(_) => ChangeKind::MasterKeyCheckSet,
        }
    }
}
