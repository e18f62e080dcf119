//! What operators may do: Jeton protects its own management with its own tokens.
//!
//! Operators are credentials in the environment `management`, of the company `operators`, and only those live there.
//! What they may do is shown as one grant of the API `management`. That API is no stored one, so that its scopes take no
//! name away from a user's API.
//!
//! To add a scope: a word of [`OperatorScope`], a row of the table in `docs/management.md`, and the routes that ask for it.

use std::fmt;
use std::str::FromStr;

use jeton_jose::Algorithm;

use crate::id::{ApiId, AudienceUri, ScopeName};
use crate::model::{Grant, words};

/// The audience of operators' tokens, in every installation. That a token is of this one is what its issuer says.
pub const AUDIENCE: &str = "urn:jeton:management";

/// What operators' tokens are signed with.
pub const ALGORITHM: Algorithm = Algorithm::Es256;

words! {
    /// One thing that an operator may do.
    OperatorScope {
        /// Look at companies and environments.
        CompaniesRead = "companies.read",
        /// Make and change companies.
        CompaniesWrite = "companies.write",
        /// Look at APIs.
        ApisRead = "apis.read",
        /// Make and change APIs.
        ApisWrite = "apis.write",
        /// Look at credentials, their grants, and what is known of their secrets.
        CredentialsRead = "credentials.read",
        /// Make and change credentials, grants and secrets, and find whose a leaked secret is.
        CredentialsWrite = "credentials.write",
        /// Revoke tokens.
        TokensRevoke = "tokens.revoke",
        /// Look at signing and hash keys.
        KeysRead = "keys.read",
        /// Make and change signing and hash keys.
        KeysWrite = "keys.write",
        /// Look at what is counted.
        UsageRead = "usage.read",
        /// Look at the log of changes, and prove it whole.
        AuditRead = "audit.read",
        /// Make and change the credentials of operators, who could then give themselves all of the above.
        OperatorsWrite = "operators.write",
    }
}

impl OperatorScope {
    /// Its name as a scope of a token.
    pub fn name(self) -> ScopeName {
        // Letters and a dot are within the grammar.
        self.as_str().parse().expect("the words are scope names")
    }
}

impl FromStr for OperatorScope {
    type Err = UnknownOperatorScope;

    fn from_str(word: &str) -> Result<Self, UnknownOperatorScope> {
        Self::from_word(word).ok_or(UnknownOperatorScope)
    }
}

/// A word that is none of the scopes of operators. It is not repeated: people paste secrets into the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no scope of an operator: choose among {}", OperatorScopes::all().separated_by(", "))]
pub struct UnknownOperatorScope;

/// What an operator may do, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperatorScopes(u16);

impl OperatorScopes {
    /// Every scope.
    pub fn all() -> Self {
        OperatorScope::ALL.iter().copied().collect()
    }

    /// None.
    pub const fn none() -> Self {
        Self(0)
    }

    /// Whether it is among them.
    pub const fn contains(self, scope: OperatorScope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in it, in the order of [`OperatorScope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = OperatorScope> {
        OperatorScope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }

    /// Those that a token's `scope` names (RFC 6749 section 3.3). Words that a newer or older Jeton knows are left out:
    /// what nobody here asks for opens nothing.
    pub fn in_token(scope: &str) -> Self {
        scope.split(' ').filter_map(OperatorScope::from_word).collect()
    }

    fn separated_by(self, separator: &str) -> String {
        self.iter().map(OperatorScope::as_str).collect::<Vec<_>>().join(separator)
    }
}

const fn bit(scope: OperatorScope) -> u16 {
    1 << scope as u16
}

/// Words with spaces between them, all of which must be known: what people write, rather than what tokens say.
impl FromStr for OperatorScopes {
    type Err = UnknownOperatorScope;

    fn from_str(text: &str) -> Result<Self, UnknownOperatorScope> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

impl FromIterator<OperatorScope> for OperatorScopes {
    fn from_iter<I: IntoIterator<Item = OperatorScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | bit(scope)))
    }
}

/// As a token's `scope`.
impl fmt::Display for OperatorScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.separated_by(" "))
    }
}

/// A list of words.
impl serde::Serialize for OperatorScopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// What an operator has, as a grant.
pub fn grant(scopes: OperatorScopes) -> Grant {
    let mut names: Vec<ScopeName> = scopes.iter().map(OperatorScope::name).collect();
    names.sort();
    Grant { api: ApiId::management(), audience: audience(), algorithm: ALGORITHM, scopes: names }
}

/// The audience of operators' tokens.
pub fn audience() -> AudienceUri {
    AUDIENCE.parse().expect("the audience of operators is a URI")
}
