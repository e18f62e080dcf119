//! What a `changes` row says of an intent.

use super::Intent;
use crate::model::{State, words};

words! {
    /// What a `changes` row says was done.
    ChangeKind {
        /// [`Intent::CreateCompany`].
        CompanyCreated = "company.created",
        /// [`Intent::UpdateCompany`].
        CompanyUpdated = "company.updated",
        /// [`Intent::SetCompanyState`] to suspended.
        CompanySuspended = "company.suspended",
        /// [`Intent::SetCompanyState`] to active.
        CompanyResumed = "company.resumed",
        /// [`Intent::SetCompanyState`] to deleted.
        CompanyDeleted = "company.deleted",
        /// [`Intent::CreateApi`].
        ApiCreated = "api.created",
        /// [`Intent::UpdateApi`].
        ApiUpdated = "api.updated",
        /// [`Intent::DeleteApi`].
        ApiDeleted = "api.deleted",
        /// [`Intent::CreateCredential`].
        CredentialCreated = "credential.created",
        /// [`Intent::UpdateCredential`].
        CredentialUpdated = "credential.updated",
        /// [`Intent::SetCredentialState`] to suspended.
        CredentialSuspended = "credential.suspended",
        /// [`Intent::SetCredentialState`] to active.
        CredentialResumed = "credential.resumed",
        /// [`Intent::SetCredentialState`] to deleted.
        CredentialDeleted = "credential.deleted",
        /// [`Intent::AddGrant`].
        GrantAdded = "grant.added",
        /// [`Intent::RemoveGrant`].
        GrantRemoved = "grant.removed",
        /// [`Intent::AddSecret`].
        SecretAdded = "secret.added",
        /// [`Intent::RevokeSecrets`].
        SecretRevoked = "secret.revoked",
        /// [`Intent::ExpireSecrets`].
        SecretExpirySet = "secret.expiry_set",
        /// [`Intent::RevokeToken`].
        TokenRevoked = "token.revoked",
        /// [`Intent::RevokeTokens`].
        TokensRevoked = "tokens.revoked",
        /// [`Intent::RevokeTokensOfCompany`].
        CompanyTokensRevoked = "company.tokens_revoked",
        /// [`Intent::AddSigningKey`].
        SigningKeyAdded = "signing_key.added",
        /// [`Intent::MoveSigningKey`].
        SigningKeyChanged = "signing_key.changed",
        /// [`Intent::AddHashKey`].
        HashKeyAdded = "hash_key.added",
        /// [`Intent::RemoveHashKey`].
        HashKeyRemoved = "hash_key.removed",
        /// [`Intent::SetMasterKeyCheck`].
        MasterKeyCheckSet = "master_key.check_set",
        /// [`Intent::Reseal`].
        MasterKeyChanged = "master_key.changed",
        /// [`Intent::SetAuditKey`].
        AuditKeySet = "audit_key.set",
        /// [`Intent::RecordRefusal`].
        ManagementRefused = "management.refused",
    }
}

impl Intent {
    /// What its `changes` row says.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::CreateCompany { .. } => ChangeKind::CompanyCreated,
            Self::UpdateCompany { .. } => ChangeKind::CompanyUpdated,
            Self::SetCompanyState { state: State::Suspended, .. } => ChangeKind::CompanySuspended,
            Self::SetCompanyState { state: State::Active, .. } => ChangeKind::CompanyResumed,
            Self::SetCompanyState { state: State::Deleted, .. } => ChangeKind::CompanyDeleted,
            Self::CreateApi { .. } => ChangeKind::ApiCreated,
            Self::UpdateApi { .. } => ChangeKind::ApiUpdated,
            Self::DeleteApi { .. } => ChangeKind::ApiDeleted,
            Self::CreateCredential { .. } => ChangeKind::CredentialCreated,
            Self::UpdateCredential { .. } => ChangeKind::CredentialUpdated,
            Self::SetCredentialState { state: State::Suspended, .. } => ChangeKind::CredentialSuspended,
            Self::SetCredentialState { state: State::Active, .. } => ChangeKind::CredentialResumed,
            Self::SetCredentialState { state: State::Deleted, .. } => ChangeKind::CredentialDeleted,
            Self::AddGrant { .. } => ChangeKind::GrantAdded,
            Self::RemoveGrant { .. } => ChangeKind::GrantRemoved,
            Self::AddSecret { .. } => ChangeKind::SecretAdded,
            Self::RevokeSecrets { .. } => ChangeKind::SecretRevoked,
            Self::ExpireSecrets { .. } => ChangeKind::SecretExpirySet,
            Self::RevokeToken { .. } => ChangeKind::TokenRevoked,
            Self::RevokeTokens { .. } => ChangeKind::TokensRevoked,
            Self::RevokeTokensOfCompany { .. } => ChangeKind::CompanyTokensRevoked,
            Self::AddSigningKey(_) => ChangeKind::SigningKeyAdded,
            Self::MoveSigningKey(_) => ChangeKind::SigningKeyChanged,
            Self::AddHashKey(_) => ChangeKind::HashKeyAdded,
            Self::RemoveHashKey { .. } => ChangeKind::HashKeyRemoved,
            Self::SetMasterKeyCheck(_) => ChangeKind::MasterKeyCheckSet,
            Self::Reseal { .. } => ChangeKind::MasterKeyChanged,
            Self::SetAuditKey(_) => ChangeKind::AuditKeySet,
            Self::RecordRefusal { .. } => ChangeKind::ManagementRefused,
        }
    }
}
