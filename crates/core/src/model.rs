//! Companies, APIs, credentials, secrets and keys, as the store gives them back.
//!
//! These are facts read in one snapshot. Nothing here changes anything: that is [`crate::intent`].

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;
use jeton_jose::Algorithm;
use serde::{Deserialize, Serialize};

use crate::hash_key::{LookupTag, SecretHash};
use crate::id::{
    ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, Handle, KeyId, ScopeName, SecretId, Text,
};
use crate::master_key::Sealed;
use crate::time::Timestamp;

/// The number of a commit. Every commit has one, one more than the last; nothing else raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub i64);

/// What was read, and the sequence of the last commit that it can have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// The last commit before the read.
    pub sequence: Sequence,
    /// What was read.
    pub value: T,
}

/// Declares a closed set of words that are stored, shown and logged under one spelling.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The one spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this spelling.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Whether a company or a credential may have tokens.
    State {
        /// It may.
        Active = "active",
        /// Not now; it can be resumed.
        Suspended = "suspended",
        /// Never again; what is left is a tombstone that keeps the id from being given out again.
        Deleted = "deleted",
    }
}

words! {
    /// Where a secret came from.
    SecretKind {
        /// Made here, with 256 random bits.
        Generated = "generated",
        /// Given by an operator.
        Set = "set",
        /// Brought from another system as its hash.
        Imported = "imported",
    }
}

words! {
    /// The life of a signing key.
    KeyState {
        /// Published, not signing yet.
        Next = "next",
        /// Published and signing.
        Active = "active",
        /// Published for the tokens that it signed, signing no more.
        Retiring = "retiring",
        /// Neither.
        Removed = "removed",
    }
}

/// An account that owns credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Its name, for people.
    pub name: Text,
    /// Whether it may have tokens.
    pub state: State,
    /// How many credentials it may have, over all environments.
    pub credential_limit: u32,
    /// How many it has; deleted ones do not count.
    pub credentials: u32,
    /// When it was made.
    pub created: Timestamp,
    /// The sequence of its last change.
    pub revision: Sequence,
}

impl Company {
    /// How many credentials it may have; `None` for as many as it likes, which is the operators' own alone.
    pub fn limit(&self) -> Option<u32> {
        (!self.id.is_operators()).then_some(self.credential_limit)
    }
}

/// How many credentials a company may have where nobody said otherwise.
pub const DEFAULT_CREDENTIAL_LIMIT: u32 = 5;

/// A protected resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Api {
    /// Its id.
    pub id: ApiId,
    /// What its tokens' `aud` says.
    pub audience: Audience,
    /// Its scopes, in order.
    pub scopes: Vec<ScopeName>,
    /// What its tokens are signed with.
    pub algorithm: Algorithm,
    /// When it was made.
    pub created: Timestamp,
    /// The sequence of its last change.
    pub revision: Sequence,
}

/// The audience of an API: one, and others for the environments that have their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audience {
    /// The audience in every environment that has none of its own.
    pub default: AudienceUri,
    /// The others.
    pub by_environment: BTreeMap<EnvironmentName, AudienceUri>,
}

impl Audience {
    /// The audience in one environment.
    pub fn in_environment(&self, environment: &EnvironmentName) -> &AudienceUri {
        self.by_environment.get(environment).unwrap_or(&self.default)
    }
}

/// A client id with its company, secrets and grants: all that a token's issue depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Where it lives.
    pub environment: EnvironmentName,
    /// Its client id.
    pub client_id: ClientId,
    /// Whose it is.
    pub company: CompanyId,
    /// Whether that company may have tokens.
    pub company_state: State,
    /// What people call it.
    pub label: Option<Text>,
    /// Who looks after it.
    pub owner: Option<Text>,
    /// The networks that it may be used from, sorted; empty for every address.
    pub networks: Vec<IpNet>,
    /// Whether it may have tokens.
    pub state: State,
    /// What stands for it in `rev`.
    pub handle: Handle,
    /// Raised to revoke all its tokens.
    pub generation: i64,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it has no tokens.
    pub expires: Option<Timestamp>,
    /// The sequence of its last change.
    pub revision: Sequence,
    /// Its live secrets, at most two, then at most [`Credential::DEAD_SECRETS`] dead ones, newest first.
    pub secrets: Vec<StoredSecret>,
    /// What it may use, in the order of the APIs' ids. Many credentials may have the same.
    pub grants: Arc<[Grant]>,
}

impl Credential {
    /// How many live secrets a credential may have.
    pub const LIVE_SECRETS: usize = 2;

    /// How many dead secrets are read back, so that their use is told from a wrong secret.
    pub const DEAD_SECRETS: usize = 2;
}

/// That a credential may use an API with some of its scopes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Grant {
    /// The API.
    pub api: ApiId,
    /// Its audience in the credential's environment.
    pub audience: AudienceUri,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// The granted scopes, in order.
    pub scopes: Vec<ScopeName>,
}

/// What is kept of a secret. The secret itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its public id.
    pub id: SecretId,
    /// Where it came from.
    pub kind: SecretKind,
    /// What a presented secret is compared with.
    pub hash: SecretHash,
    /// What finds the credential of a leaked secret; generated secrets have one.
    pub lookup_tag: Option<LookupTag>,
    /// Its last four characters, for people.
    pub last_four: Box<str>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked: Option<Timestamp>,
}

impl StoredSecret {
    /// Whether it is accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// A signing key, its private half sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSigningKey {
    /// Its RFC 7638 thumbprint.
    pub kid: KeyId,
    /// Where it signs.
    pub environment: EnvironmentName,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Where it stands in its life.
    pub state: KeyState,
    /// Since when verifiers can see it.
    pub published: Timestamp,
    /// From when on it may sign.
    pub active_from: Timestamp,
    /// Until when it may sign.
    pub sign_until: Option<Timestamp>,
    /// From when on verifiers need not see it.
    pub remove_after: Option<Timestamp>,
    /// PKCS#8, sealed.
    pub private: Sealed,
}

/// A key of the secrets' hash, sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHashKey {
    /// Its number; the highest is used for new secrets.
    pub number: i64,
    /// 32 bytes, sealed.
    pub key: Sealed,
    /// When it was made.
    pub created: Timestamp,
}
