//! Credentials, secrets and grants as a store would give them back.

use std::sync::Arc;

use jeton_core::hash_key::{HashKeys, SecretHash};
use jeton_core::id::EnvironmentName;
use jeton_core::model::{Credential, Grant, SecretKind, Sequence, State, StoredSecret};
use jeton_core::{Algorithm, Timestamp};

use super::{NOW, parse, production};

/// A grant of an API with these scopes.
pub(crate) fn grant(api: &str, audience: &str, scopes: &[&str]) -> Grant {
    Grant {
        api: parse(api),
        audience: parse(audience),
        algorithm: Algorithm::Es256,
        scopes: scopes.iter().map(|scope| parse(scope)).collect(),
    }
}

/// A live secret.
pub(crate) fn secret(text: &str) -> SecretBuilder {
    SecretBuilder { text: text.to_owned(), imported: false, expires: None, revoked: None }
}

/// A live secret that another system hashed like this.
pub(crate) fn imported(hash: &str) -> SecretBuilder {
    SecretBuilder { imported: true, ..secret(hash) }
}

/// A secret that a credential is to have.
#[derive(Clone)]
pub(crate) struct SecretBuilder {
    text: String,
    imported: bool,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
}

impl SecretBuilder {
    pub(crate) fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }

    pub(crate) fn revoked(mut self) -> Self {
        self.revoked = Some(NOW);
        self
    }
}

/// An active credential in `production`, of the company `acme`, with neither secret nor grant.
pub(crate) fn credential(client_id: &str) -> CredentialBuilder {
    CredentialBuilder {
        secrets: Vec::new(),
        hashed_for: (production(), client_id.to_owned()),
        credential: Credential {
            environment: production(),
            client_id: parse(client_id),
            company: parse("acme"),
            company_state: State::Active,
            label: None,
            owner: None,
            networks: vec![],
            state: State::Active,
            handle: parse("AAAAAAAAAAAAAAAAAAAAAA"),
            generation: 7,
            created: NOW,
            expires: None,
            revision: Sequence(1),
            secrets: Vec::new(),
            grants: Arc::default(),
        },
    }
}

#[derive(Clone)]
pub(crate) struct CredentialBuilder {
    secrets: Vec<SecretBuilder>,
    hashed_for: (EnvironmentName, String),
    credential: Credential,
}

impl CredentialBuilder {
    /// With a live secret.
    pub(crate) fn secret(self, text: &str) -> Self {
        self.with(secret(text))
    }

    /// With a secret of any kind.
    pub(crate) fn with(mut self, secret: SecretBuilder) -> Self {
        self.secrets.push(secret);
        self
    }

    /// With the voice API and two of its scopes.
    pub(crate) fn voice(self) -> Self {
        self.grant(grant("voice", "https://api.example/voice", &["voice.billing", "voice.numbers"]))
    }

    pub(crate) fn grant(mut self, grant: Grant) -> Self {
        let grants = self.credential.grants.iter().cloned().chain([grant]);
        self.credential.grants = grants.collect();
        self
    }

    pub(crate) fn state(mut self, state: State) -> Self {
        self.credential.state = state;
        self
    }

    pub(crate) fn company_state(mut self, state: State) -> Self {
        self.credential.company_state = state;
        self
    }

    pub(crate) fn expires(mut self, at: Timestamp) -> Self {
        self.credential.expires = Some(at);
        self
    }

    /// With secrets whose rows belong to another environment or client id and were moved here by hand.
    pub(crate) fn hashed_for(mut self, environment: &str, client_id: &str) -> Self {
        self.hashed_for = (parse(environment), client_id.to_owned());
        self
    }

    /// As it stands in a store whose hash keys these are.
    pub(crate) fn build(self, hash_keys: &HashKeys) -> Credential {
        let mut credential = self.credential;
        let (environment, client_id) = &self.hashed_for;
        let stored = |(at, secret): (usize, SecretBuilder)| StoredSecret {
            id: parse(&format!("secret{at}")),
            kind: SecretKind::Generated,
            hash: if secret.imported {
                SecretHash::Imported(Arc::new(parse(&secret.text)))
            } else {
                hash_keys.hash(environment, client_id, secret.text.as_bytes())
            },
            lookup_tag: None,
            last_four: "1234".into(),
            created: NOW,
            expires: secret.expires,
            revoked: secret.revoked,
        };
        credential.secrets = self.secrets.into_iter().enumerate().map(stored).collect();
        credential
    }
}
