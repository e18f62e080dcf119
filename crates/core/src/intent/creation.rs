//! Creations that are asked for again: by what they are known.

use super::Intent;
use crate::id::EnvironmentName;
use crate::time::Timestamp;

/// What makes a creation happen once, however often it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreationKey {
    /// What stands for the asker's own key: a keyed hash of it and of who asks.
    pub key: [u8; 32],
    /// A hash of all that is asked for.
    pub request: [u8; 32],
    /// Until when it is remembered.
    pub expires: Timestamp,
}

impl Intent {
    /// What this makes that a repeated request can be answered with: where, and its id.
    pub fn makes(&self) -> Option<(Option<&EnvironmentName>, &str)> {
        match self {
            Self::CreateCompany { id, .. } => Some((None, id.as_str())),
            Self::CreateApi { id, .. } => Some((None, id.as_str())),
            Self::CreateCredential { environment, client_id, .. } => {
                Some((Some(environment), client_id.as_str()))
            }
            Self::AddSecret { environment, secret, .. } => Some((Some(environment), secret.id.as_str())),
            _ => None,
        }
    }
}
