//! Everything that a token request needs beside the directory.

use std::net::IpAddr;
use std::time::Duration;

use jeton_core::authority::{Issuance, Outcome, issue};
use jeton_core::client_authentication::{ClientAuthentication, Reading};
use jeton_core::hash_key::HashKeys;
use jeton_core::id::EnvironmentName;
use jeton_core::key_ring::{KeyRing, new_signing_key};
use jeton_core::token_request::{GrantType, Target, TokenRequest};
use jeton_core::{Algorithm, IssueError, Reason, Timestamp};
use zeroize::Zeroizing;

use super::{AtOnce, Counting, CredentialBuilder, FakeDirectory, NOW, master_keys, now_or_never, production};

/// The keys of an installation that serves `production` at <https://issuer.example>.
pub(crate) struct House {
    pub(crate) hash_keys: HashKeys,
    pub(crate) ring: KeyRing,
    pub(crate) random: Counting,
    pub(crate) slow_hashes: AtOnce,
    pub(crate) environment: EnvironmentName,
    pub(crate) address: Option<IpAddr>,
    pub(crate) now: Timestamp,
}

impl House {
    /// One that signs by ES256.
    pub(crate) fn new() -> Self {
        Self::signing(&[Algorithm::Es256])
    }

    /// One that signs by these algorithms.
    pub(crate) fn signing(algorithms: &[Algorithm]) -> Self {
        let (environment, random, master) = (production(), Counting::default(), master_keys(&["mk"]));
        let key = |&algorithm| new_signing_key(&environment, algorithm, &master, &random, NOW).unwrap();
        let rows: Vec<_> = algorithms.iter().map(key).collect();
        let ring = KeyRing::open(&rows, &master, &KeyRing::default()).unwrap();
        let (random, slow_hashes) = (Counting::default(), AtOnce::default());
        Self { hash_keys: hash_keys(&[1]), ring, random, slow_hashes, environment, address: None, now: NOW }
    }

    /// A store with these credentials.
    pub(crate) fn directory(
        &self,
        credentials: impl IntoIterator<Item = CredentialBuilder>,
    ) -> FakeDirectory {
        FakeDirectory::of(&self.hash_keys, credentials)
    }

    pub(crate) fn issue(&self, directory: &FakeDirectory, request: &TokenRequest) -> Outcome {
        let issuance = Issuance {
            environment: &self.environment,
            issuer: "https://issuer.example",
            lifetime: Duration::from_millis(1_800_900),
            address: self.address,
            now: self.now,
            hash_keys: &self.hash_keys,
            keys: &self.ring,
            slow_hashes: &self.slow_hashes,
            slow_signatures: &self.slow_hashes,
            random: &self.random,
        };
        now_or_never(issue(&issuance, directory, request))
    }

    /// The outcome of a request for everything by these credentials: the error, and who is known.
    pub(crate) fn refusal(
        &self,
        directory: &FakeDirectory,
        client: ClientAuthentication,
    ) -> (IssueError, Option<String>) {
        let outcome = self.issue(directory, &request(client));
        (outcome.result.unwrap_err(), outcome.known.map(|known| known.client_id().to_string()))
    }

    /// Why one credential, alone in a store, is refused when it presents `secret`.
    pub(crate) fn reason(&self, credential: CredentialBuilder, secret: &str) -> Option<Reason> {
        let directory = self.directory([credential]);
        match self.issue(&directory, &request(plain("client-1", secret))).result {
            Ok(_) => None,
            Err(IssueError::InvalidClient(reason)) => Some(reason),
            Err(other) => panic!("{other:?} is no fault of the client"),
        }
    }
}

/// The hash keys of these numbers, each of 32 bytes that are its number.
pub(crate) fn hash_keys(numbers: &[u8]) -> HashKeys {
    HashKeys::new(numbers.iter().map(|&number| (i64::from(number), Zeroizing::new([number; 32])))).unwrap()
}

/// Credentials that can be read one way.
pub(crate) fn plain(client_id: &str, secret: &str) -> ClientAuthentication {
    ClientAuthentication::plain(reading(client_id, secret))
}

/// Credentials that can be read two ways.
pub(crate) fn ambiguous(first: (&str, &str), second: (&str, &str)) -> ClientAuthentication {
    ClientAuthentication::ambiguous(reading(first.0, first.1), reading(second.0, second.1))
}

pub(crate) fn reading(client_id: &str, secret: &str) -> Reading {
    Reading::new(client_id.as_bytes(), secret.into())
}

/// A request for everything.
pub(crate) fn request(client: ClientAuthentication) -> TokenRequest {
    TokenRequest { client, grant_type: GrantType::ClientCredentials, scope: None, target: Target::Granted }
}
