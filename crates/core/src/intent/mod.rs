//! What may be changed: one closed list, applied by [`crate::Store::commit`], all or nothing.
//!
//! To add a change: a variant of [`Intent`], a [`ChangeKind`] for it (`kind.rs`), its rule's [`RefusedReason`]s with their
//! sentences (`refused.rs`), the SQL in the store's `commit/`, and a case in the store's contract suite.

mod creation;
mod kind;
mod refused;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jeton_jose::Algorithm;

use crate::id::{
    ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, Handle, ScopeName, SecretId, Text, TokenId,
};
use crate::key_life::KeyMove;
use crate::master_key::{MasterKeys, Sealed};
use crate::model::{Audience, Sequence, State, StoredHashKey, StoredSecret, StoredSigningKey};
use crate::reseal::Resealed;
use crate::time::Timestamp;

pub use creation::CreationKey;
pub use kind::ChangeKind;
pub use refused::{Refused, RefusedReason};

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
    /// Whether it is only to be seen what would come of it: everything is tried, and taken back.
    pub rehearsal: bool,
    /// By what it is known when it is asked for again, if it makes something.
    pub creation: Option<CreationKey>,
    /// What opens the audit key, without which a store that has one takes no change.
    pub master: Option<Arc<MasterKeys>>,
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
    /// A credential, of what is its own.
    Client(ClientId),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cli(user) => write!(f, "cli:{user}"),
            Self::System(node) => write!(f, "system:{node}"),
            Self::Operator(client_id) => write!(f, "operator:{client_id}"),
            Self::Client(client_id) => write!(f, "client:{client_id}"),
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
        /// Who looks after it.
        owner: Option<Text>,
        /// The networks that it may be used from; none for every address.
        networks: Vec<IpNet>,
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
        /// The networks that it may be used from; none of them for every address.
        networks: Option<Vec<IpNet>>,
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
    /// Sets or takes away the end of live secrets.
    ExpireSecrets {
        /// Where.
        environment: EnvironmentName,
        /// Of which credential.
        client_id: ClientId,
        /// Which.
        which: WhichSecrets,
        /// From when on they are refused.
        expires: Option<Timestamp>,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Revokes one token, until it would have expired. A token that is revoked already stays so. Beyond
    /// [`MAX_REVOKED_TOKENS`] of a credential, all its tokens are revoked instead.
    ///
    /// [`MAX_REVOKED_TOKENS`]: crate::revocation::MAX_REVOKED_TOKENS
    RevokeToken {
        /// Where.
        environment: EnvironmentName,
        /// Of which credential.
        client_id: ClientId,
        /// Which.
        jti: TokenId,
        /// Until when somebody may still meet it.
        expires: Timestamp,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Revokes every token of a credential: raises its generation.
    RevokeTokens {
        /// Where.
        environment: EnvironmentName,
        /// Of which credential.
        client_id: ClientId,
        /// The credential's revision.
        expected: Option<Sequence>,
    },
    /// Revokes every token of every credential of a company.
    RevokeTokensOfCompany {
        /// Which.
        id: CompanyId,
        /// The company's revision.
        expected: Option<Sequence>,
    },
    /// Adds a signing key; an active one is refused where its environment and algorithm have one.
    AddSigningKey(StoredSigningKey),
    /// Moves a signing key on in its life; refused where it is not in the state that it is moved from.
    MoveSigningKey(KeyMove),
    /// Adds a hash key; refused where its number is taken.
    AddHashKey(StoredHashKey),
    /// Removes a hash key. The newest is never removed, and one by which live secrets are hashed only where somebody agreed.
    RemoveHashKey {
        /// Its number.
        number: i64,
        /// Whether live secrets may be locked out.
        locks_out: bool,
    },
    /// Writes the value that proves a master key right; refused where there is one.
    SetMasterKeyCheck(Sealed),
    /// Puts values that are sealed anew in the place of those that were read; refused where one is another by now.
    Reseal {
        /// The name of the master key that they are sealed under.
        master_key: String,
        /// Which.
        rows: Vec<Resealed>,
    },
    /// Writes the audit key, and begins the chain with this very row; refused where there is one.
    SetAuditKey(Sealed),
    /// Writes down that an operator was refused. It changes nothing.
    RecordRefusal {
        /// What was asked for: method and route.
        target: String,
        /// In which environment, if in one.
        environment: Option<EnvironmentName>,
    },
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
