//! A manifest says what is to be there: APIs, companies and credentials, as files that people keep under version control.
//!
//! It is compared with what is there ([`compare`]), which gives a [`Plan`], and done as one commit: all of it or nothing.
//! A plan has been rehearsed, so whatever the store would refuse is known before anything is changed. What a manifest does
//! not say is left as it is, and what it does not name stays, unless it is to be pruned. It holds no secrets: a credential
//! that it makes has none, until somebody makes one with `secret rotate`.
//!
//! To add a field: in its entry here, in [`compare`], in [`export`], and in the tests' manifest that has everything.

mod compare;
mod export;
mod plan;

use std::collections::BTreeMap;

use ipnet::IpNet;
use jeton_jose::Algorithm;
use serde::{Deserialize, Serialize};

use super::{Admin, AdminError, GrantRequest};
use crate::id::{ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, ScopeName, Text};
use crate::intent::{Change, Intent, Refused, RefusedReason};
use crate::model::Sequence;
use crate::store::CommitError;

pub use compare::ManifestFault;
pub use plan::{Action, FieldChange, Kind, Plan, Step};

/// How many changes one commit may hold: others wait for as long as it takes.
pub const MOST_INTENTS: usize = 20_000;

/// What is to be there. A part that is absent is not looked at, not even where the rest is pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The protected resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apis: Option<Vec<ApiEntry>>,
    /// The accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companies: Option<Vec<CompanyEntry>>,
    /// Their credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Vec<CredentialEntry>>,
}

/// An API. What is absent is left as it is; a new one needs an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiEntry {
    /// Its id.
    pub id: ApiId,
    /// Its audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<AudienceUri>,
    /// Its audiences in the environments that have their own: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience_in: Option<BTreeMap<EnvironmentName, AudienceUri>>,
    /// Its scopes: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<ScopeName>>,
    /// What its tokens are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "algorithm")]
    pub algorithm: Option<Algorithm>,
}

/// A company. What is absent is left as it is; a new one needs a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanyEntry {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// How many credentials it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_limit: Option<u32>,
    /// Whether it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
}

/// A credential, without its secrets. What is absent is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialEntry {
    /// Where.
    pub environment: EnvironmentName,
    /// Its client id.
    pub client_id: ClientId,
    /// Whose: it stays with its company for ever.
    pub company: CompanyId,
    /// What people call it; an empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "clearable")]
    pub label: Option<Option<Text>>,
    /// Who looks after it; an empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "clearable")]
    pub owner: Option<Option<Text>>,
    /// The networks that it may be used from: all of them; an empty list is every address.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "networks")]
    pub networks: Option<Vec<IpNet>>,
    /// What it may use: all of it, each with these scopes, or with those that the API has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<GrantRequest>>,
    /// Whether it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
}

impl Admin {
    /// What it would take to make everything as the manifest says, having tried it. With `prune`, what a part of the
    /// manifest does not name goes.
    pub async fn plan(&self, manifest: &Manifest, prune: bool) -> Result<Plan, AdminError> {
        let plan = self.compare(manifest, prune).await?;
        match self.commit_plan(&plan, true).await {
            Ok(_) | Err(AdminError::Refused(RefusedReason::Rehearsed)) => Ok(plan),
            Err(error) => Err(error),
        }
    }

    /// Makes everything as the manifest says, in one commit, and says what that was. Where `digest` is given, only if it
    /// is what the plan of that digest says.
    pub async fn apply(
        &self,
        manifest: &Manifest,
        prune: bool,
        digest: Option<&str>,
    ) -> Result<(Plan, Option<Sequence>), AdminError> {
        let plan = self.compare(manifest, prune).await?;
        if digest.is_some_and(|digest| digest != plan.digest()) {
            return Err(AdminError::PlanChanged);
        }
        if plan.intents.is_empty() {
            return Ok((plan, None));
        }
        let sequence = self.commit_plan(&plan, false).await?;
        Ok((plan, Some(sequence)))
    }

    async fn commit_plan(&self, plan: &Plan, rehearsal: bool) -> Result<Sequence, AdminError> {
        if plan.intents.len() > MOST_INTENTS {
            return Err(AdminError::ManifestTooLong { changes: plan.intents.len() });
        }
        let intents: Vec<Intent> = plan.intents.iter().map(|(_, intent)| intent.clone()).collect();
        let change = Change { rehearsal: rehearsal || self.asked.rehearsal, ..self.change() };
        match self.store.commit(&change, &intents).await {
            Ok(committed) => Ok(committed.sequence),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(CommitError::Refused(Refused { reason: RefusedReason::Rehearsed, .. })) => {
                Err(AdminError::Refused(RefusedReason::Rehearsed))
            }
            Err(CommitError::Refused(Refused { index, reason })) => {
                let step = plan.intents.get(index).and_then(|(step, _)| plan.steps.get((*step)?));
                Err(match step {
                    Some(step) => {
                        AdminError::StepRefused { step: step.to_string(), reason: Box::new(reason) }
                    }
                    None => AdminError::Refused(reason),
                })
            }
        }
    }
}

/// An algorithm by its name.
mod algorithm {
    use jeton_jose::Algorithm;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Algorithm>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(algorithm) => serializer.collect_str(algorithm),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Algorithm>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        name.map(|name| name.parse().map_err(D::Error::custom)).transpose()
    }
}

/// Networks as people write them.
mod networks {
    use ipnet::IpNet;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::networks::parse_network;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Vec<IpNet>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.iter().flatten().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<IpNet>>, D::Error> {
        let texts = Option::<Vec<String>>::deserialize(deserializer)?;
        let networks = |texts: Vec<String>| texts.iter().map(|text| parse_network(text)).collect();
        texts.map(networks).transpose().map_err(D::Error::custom)
    }
}

/// A text that an empty one takes away, or `null`, which TOML does not have.
mod clearable {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::id::Text;

    #[expect(
        clippy::ref_option,
        clippy::option_option,
        reason = "serde's signature, and the field's meaning"
    )]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<Text>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = value.as_ref().and_then(Option::as_ref).map_or("", Text::as_str);
        serializer.serialize_str(text)
    }

    #[expect(clippy::option_option, reason = "the field's meaning")]
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Text>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
        text.map(Text::try_from).transpose().map(Some).map_err(D::Error::custom)
    }
}
