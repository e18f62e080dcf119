//! Which members of a JSON body are at fault, and how.
//!
//! A member that the dialect does not know is never named: its name may be a secret in the wrong place.

use std::collections::BTreeMap;

use jeton_core::Reason;

/// What a fault can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `clientId`.
    ClientId,
    /// `clientSecret`.
    ClientSecret,
    /// `audienceUrl`.
    AudienceUrl,
    /// Any other member, at any depth.
    Other,
}

impl Field {
    /// The member's name; `$`, the body as a whole, where the dialect does not know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientId => "clientId",
            Self::ClientSecret => "clientSecret",
            Self::AudienceUrl => "audienceUrl",
            Self::Other => "$",
        }
    }
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// It is not there.
    Missing,
    /// It is not a string.
    NotAString,
    /// It has no character.
    Empty,
    /// It is there twice.
    Repeated,
    /// It is no absolute URI without a fragment (RFC 3986 section 4.3).
    NotAnAbsoluteUri,
    /// It names no API that the credential is granted.
    NotGranted,
    /// It was left out, and the credential is granted several APIs.
    Ambiguous,
    /// It does not matter what it says: the credential is granted nothing.
    NoGrant,
}

impl FieldFault {
    /// One sentence for the developer of the client.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "The field is required.",
            Self::NotAString => "The field must be a string.",
            Self::Empty => "The field must not be empty.",
            Self::Repeated => "A name must not stand twice in one object.",
            Self::NotAnAbsoluteUri => "The field must be an absolute URI without a fragment.",
            Self::NotGranted => "The field does not name an API that these credentials are granted.",
            Self::Ambiguous => "The field is required, since these credentials are granted several APIs.",
            Self::NoGrant => "These credentials are not granted any API.",
        }
    }
}

/// Members at fault, of which there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFaults(Vec<(Field, FieldFault)>);

impl FieldFaults {
    /// One member at fault.
    pub fn one(field: Field, fault: FieldFault) -> Self {
        Self(vec![(field, fault)])
    }

    /// Those of `fields` that are at fault. The caller has seen one.
    pub(crate) fn among<const N: usize>(fields: [(Field, Option<FieldFault>); N]) -> Self {
        Self(fields.into_iter().filter_map(|(field, fault)| Some((field, fault?))).collect())
    }

    /// The faults in order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, FieldFault)> {
        self.0.iter().copied()
    }

    /// The sentences by name, as problem details have them.
    pub fn sentences(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut sentences = BTreeMap::<_, Vec<_>>::new();
        for (field, fault) in self.iter() {
            sentences.entry(field.name()).or_default().push(fault.sentence());
        }
        sentences
    }

    /// The reason of the first.
    pub(super) fn reason(&self) -> Reason {
        match self.0.first().map(|&(_, fault)| fault) {
            Some(FieldFault::Repeated) => Reason::ParameterRepeated,
            Some(FieldFault::NotAnAbsoluteUri) => Reason::TargetMalformed,
            Some(FieldFault::NotGranted) => Reason::TargetNotGranted,
            Some(FieldFault::Ambiguous) => Reason::TargetMissing,
            Some(FieldFault::NoGrant) => Reason::NoGrant,
            Some(FieldFault::Missing | FieldFault::NotAString | FieldFault::Empty) | None => {
                Reason::FieldInvalid
            }
        }
    }
}
