//! The scopes that a request needs.

use std::fmt;
use std::sync::Arc;

/// Names of scopes, all of which a token must have. Cheap to clone. The default asks for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Arc<[Box<str>]>);

impl Scopes {
    /// These scopes; one name each, in the characters of RFC 6749 section 3.3.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        names
            .into_iter()
            .map(|name| if is_scope(name) { Ok(name.into()) } else { Err(ScopeError) })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// No scope: any good token will do.
    pub fn none() -> Self {
        Self::default()
    }

    /// The names, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// One space between two, as in `scope` of a challenge (RFC 6750 section 3).
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(i, name)| write!(f, "{}{name}", if i == 0 { "" } else { " " }))
    }
}

/// `scope-token` of RFC 6749 section 3.3: printable ASCII without space, quote and backslash.
fn is_scope(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// A name is empty, or has a character that no scope has; a space, for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is one or more visible ASCII characters other than the quote and the backslash")]
pub struct ScopeError;
