//! A plan: the steps as people read them, and the intents that do them.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;

use crate::id::EnvironmentName;
use crate::intent::Intent;
use crate::model::words;

words! {
    /// What becomes of something.
    Action {
        /// It is made.
        Create = "create",
        /// It is changed.
        Update = "update",
        /// It goes.
        Delete = "delete",
    }
}

words! {
    /// What something is.
    Kind {
        /// An API.
        Api = "api",
        /// A company.
        Company = "company",
        /// A credential.
        Credential = "credential",
    }
}

/// What becomes of one API, company or credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What becomes of it.
    pub action: Action,
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Where it lives, if in one environment.
    pub environment: Option<EnvironmentName>,
    /// What is set or changed; nothing where it goes.
    pub changes: Vec<FieldChange>,
}

/// A field, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its name in a manifest.
    pub field: &'static str,
    /// As it is; null where it is not.
    pub from: Value,
    /// As it will be.
    pub to: Value,
}

/// What a manifest changes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What becomes of what.
    pub steps: Vec<Step>,
    /// How many entries are as they should be.
    pub unchanged: usize,
    /// What does it, in order, each with the place of its step; keys that an algorithm needs are of none.
    pub(super) intents: Vec<(Option<usize>, Intent)>,
}

impl Plan {
    /// Names exactly these steps: base64url of the SHA-256 of their JSON. A plan that was shown to somebody is the one that
    /// is done where it is the same.
    pub fn digest(&self) -> String {
        let steps = serde_json::to_vec(&self.steps).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &steps))
    }

    /// Whether everything is as it should be.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// For the beginning of a sentence about it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.action, self.kind, self.id)?;
        match &self.environment {
            Some(environment) => write!(f, " in {environment}"),
            None => Ok(()),
        }
    }
}
