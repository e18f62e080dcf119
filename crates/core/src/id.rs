//! Identifiers and short texts, each a type of its own that can only hold what its grammar allows.
//!
//! To add one: a line in the `text_type!` list below with its check, and a sentence of help that ends an
//! operator's error message.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A text that its type's grammar does not allow.
///
/// The text itself is not repeated: people paste secrets into the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {grammar}")]
pub struct IdError {
    /// What was to be read, in words.
    pub what: &'static str,
    /// What it would have had to be, in words.
    pub grammar: &'static str,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $grammar:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(SmolStr);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let allowed: fn(&str) -> bool = $check;
                if allowed(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError { what: $what, grammar: $grammar })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        /// In quotes, as messages show it.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text_type!(
    /// The name of an environment, such as `production`.
    EnvironmentName,
    "an environment",
    "1 to 16 of a-z and 0-9",
    |text| (1..=16).contains(&text.len()) && text.bytes().all(is_lower_or_digit)
);

text_type!(
    /// The id of a company.
    CompanyId,
    "a company id",
    "1 to 63 of a-z, 0-9 and '-', the first no '-'",
    is_slug
);

text_type!(
    /// The id of an API.
    ApiId,
    "an API id",
    "1 to 63 of a-z, 0-9 and '-', the first no '-'",
    is_slug
);

text_type!(
    /// A client id, as its owner chose it or as it was generated. Case-sensitive.
    ClientId,
    "a client id",
    "1 to 128 of A-Z, a-z, 0-9, '-', '.', '_' and '~'",
    |text| (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
);

text_type!(
    /// The name of a scope: RFC 6749 section 3.3's `scope-token` without the comma, which separates scopes
    /// on the command line.
    ScopeName,
    "a scope name",
    "1 to 128 visible ASCII characters without '\"', '\\' and ','",
    |text| (1..=128).contains(&text.len()) && text.bytes().all(is_scope_byte) && !text.contains(',')
);

text_type!(
    /// A name, label or reason that people give to things.
    Text,
    "a name or label",
    "1 to 200 characters without control characters",
    |text| (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control)
);

text_type!(
    /// The audience of an API: an absolute URI without a fragment (RFC 8707 section 2), compared as a string.
    AudienceUri,
    "an audience",
    "an absolute URI of at most 512 characters, such as https://api.example/voice, without a fragment",
    |text| text.len() <= 512 && is_absolute_uri(text)
);

text_type!(
    /// The public id of one secret of a credential.
    SecretId,
    "a secret id",
    "as `secret list` shows it",
    |text| (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
);

text_type!(
    /// The id of a signing key: its RFC 7638 thumbprint.
    KeyId,
    "a key id",
    "as the key set shows it",
    |text| (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

text_type!(
    /// What stands for a credential in a token's `rev` claim, so that what verifiers follow names no client.
    Handle,
    "a handle",
    "22 characters of base64url",
    |text| text.len() == 22 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
);

text_type!(
    /// The id of a token, its `jti`. Jeton's have 22 characters; 4096 of the longest fit into what readers take at once.
    TokenId,
    "a token id",
    "1 to 56 characters of base64url, as the token's `jti` says it",
    |text| (1..=56).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
);

impl EnvironmentName {
    /// The environment of the operators' own credentials, which no configuration may declare.
    pub const MANAGEMENT: &'static str = "management";

    /// The environment of the operators' own credentials.
    pub fn management() -> Self {
        Self(Self::MANAGEMENT.into())
    }

    /// Whether it is the operators' own.
    pub fn is_management(&self) -> bool {
        self.as_str() == Self::MANAGEMENT
    }
}

impl CompanyId {
    /// The company of the operators' own credentials, which nobody may create.
    pub const OPERATORS: &'static str = "operators";

    /// The company of the operators' own credentials.
    pub fn operators() -> Self {
        Self(Self::OPERATORS.into())
    }

    /// Whether it is the operators' own.
    pub fn is_operators(&self) -> bool {
        self.as_str() == Self::OPERATORS
    }
}

impl ApiId {
    /// The management of Jeton itself, which nobody may create: see [`crate::operator`].
    pub const MANAGEMENT: &'static str = "management";

    /// The management of Jeton itself.
    pub fn management() -> Self {
        Self(Self::MANAGEMENT.into())
    }

    /// Whether it is the management of Jeton itself.
    pub fn is_management(&self) -> bool {
        self.as_str() == Self::MANAGEMENT
    }
}

impl ClientId {
    /// The form in which two client ids are look-alikes: the grammar is ASCII, so case is all there is.
    pub fn folded(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// Whether `text` is an absolute URI without a fragment (RFC 3986 section 4.3).
pub fn is_absolute_uri(text: &str) -> bool {
    fluent_uri::Uri::parse(text).is_ok_and(|uri| !uri.has_fragment())
}

/// Whether `byte` may stand in a scope (RFC 6749 section 3.3, `NQCHAR`).
pub fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

fn is_slug(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| is_lower_or_digit(b) || b == b'-')
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}
