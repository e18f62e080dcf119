//! Creations that may be asked for twice, since an answer can be lost on its way: the second time finds what the first
//! one made. Its secret is shown no more, so who needs one makes another.
//!
//! To add such a creation: commit it with [`Admin::commit_creation`], and read what it made where that was
//! [`Creation::Repeated`].

use super::{Admin, AdminError};
use crate::intent::{Change, Intent, RefusedReason};
use crate::store::CommitError;

/// What was made, or was made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created<T> {
    /// As it is now.
    pub value: T,
    /// Whether an earlier request made it, with the same key. Then there is no secret with it.
    pub replayed: bool,
}

impl<T> Created<T> {
    /// The same, of something else.
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Created<U> {
        Created { value: other(self.value), replayed: self.replayed }
    }
}

/// What came of a creation's commit.
pub(super) enum Creation {
    /// It was made.
    Made,
    /// It was made before, under this id.
    Repeated(String),
}

impl Creation {
    pub(super) fn replayed(&self) -> bool {
        matches!(self, Self::Repeated(_))
    }
}

impl Admin {
    /// Commits what makes something, once for each key.
    pub(super) async fn commit_creation(&self, intents: &[Intent]) -> Result<Creation, AdminError> {
        let change = Change { creation: self.asked.creation, ..self.change() };
        match self.store.commit(&change, intents).await {
            Ok(_) => Ok(Creation::Made),
            Err(CommitError::Refused(refused)) => match refused.reason {
                RefusedReason::Repeated { target, same_request: true, .. } => Ok(Creation::Repeated(target)),
                reason => Err(AdminError::Refused(reason)),
            },
            Err(error) => Err(error.into()),
        }
    }
}

/// Says of something that was made before, and is not there any more, what became of it.
pub(super) fn gone<T>(
    found: Result<T, AdminError>,
    what: &'static str,
    creation: &Creation,
) -> Result<T, AdminError> {
    match (found, creation) {
        (Err(error), Creation::Repeated(id)) if error.is_not_found() => {
            Err(AdminError::CreatedBeforeAndGone { what, id: id.clone() })
        }
        (found, _) => found,
    }
}
