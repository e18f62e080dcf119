//! Intents with the values that a case does not care about.

use std::fmt::Debug;
use std::str::FromStr;

use jeton_core::hash_key::{LookupTag, SecretHash};
use jeton_core::id::Handle;
use jeton_core::intent::{Intent, RefusedReason, WhichSecrets};
use jeton_core::key_life::KeyMove;
use jeton_core::master_key::Sealed;
use jeton_core::model::{
    Audience, KeyState, SecretKind, Sequence, State, StoredHashKey, StoredSecret, StoredSigningKey,
};
use jeton_core::reseal::{Owner, Resealed};
use jeton_core::{Algorithm, Timestamp};

use super::world::NOW;

/// An identifier, by its own grammar.
pub(crate) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// Identifiers.
pub(crate) fn ids<T: FromStr<Err: Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| id(text)).collect()
}

pub(crate) fn create_company(company: &str) -> Intent {
    create_company_with(company, 5)
}

pub(crate) fn create_company_with(company: &str, credential_limit: u32) -> Intent {
    Intent::CreateCompany { id: id(company), name: id("Acme & Söhne"), credential_limit }
}

pub(crate) fn set_company(company: &str, state: State) -> Intent {
    Intent::SetCompanyState { id: id(company), state, expected: None }
}

pub(crate) fn audience(default: &str, own: &[(&str, &str)]) -> Audience {
    Audience {
        default: id(default),
        by_environment: own.iter().map(|(environment, audience)| (id(environment), id(audience))).collect(),
    }
}

/// An API with the audience `https://<api>.example`.
pub(crate) fn create_api(api: &str, scopes: &[&str]) -> Intent {
    create_api_with(api, audience(&format!("https://{api}.example"), &[]), scopes, Algorithm::Es256)
}

pub(crate) fn create_api_with(
    api: &str,
    audience: Audience,
    scopes: &[&str],
    algorithm: Algorithm,
) -> Intent {
    Intent::CreateApi { id: id(api), audience, scopes: ids(scopes), algorithm }
}

/// An update of an API that changes nothing; to be spread.
pub(crate) fn update_api(api: &str) -> ApiUpdate {
    ApiUpdate { api: api.to_owned(), ..ApiUpdate::default() }
}

/// The update of an API, so that a case names only what it changes.
#[derive(Default)]
pub(crate) struct ApiUpdate {
    pub(crate) api: String,
    pub(crate) audience: Option<&'static str>,
    pub(crate) audience_in: Vec<(&'static str, Option<&'static str>)>,
    pub(crate) add_scopes: Vec<&'static str>,
    pub(crate) remove_scopes: Vec<&'static str>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) expected: Option<Sequence>,
}

impl From<ApiUpdate> for Intent {
    fn from(update: ApiUpdate) -> Self {
        let own = update.audience_in.into_iter();
        Self::UpdateApi {
            id: id(&update.api),
            audience: update.audience.map(id),
            audience_in: own.map(|(environment, audience)| (id(environment), audience.map(id))).collect(),
            add_scopes: ids(&update.add_scopes),
            remove_scopes: ids(&update.remove_scopes),
            algorithm: update.algorithm,
            expected: update.expected,
        }
    }
}

pub(crate) fn delete_api(api: &str) -> Intent {
    Intent::DeleteApi { id: id(api), expected: None }
}

/// A credential in production.
pub(crate) fn create_credential(client_id: &str, company: &str) -> Intent {
    create_credential_in("production", client_id, company)
}

pub(crate) fn create_credential_in(environment: &str, client_id: &str, company: &str) -> Intent {
    Intent::CreateCredential {
        environment: id(environment),
        client_id: id(client_id),
        company: id(company),
        label: Some(id("nightly billing")),
        owner: None,
        networks: vec![],
        handle: handle(environment, client_id),
    }
}

/// The handle that the credential was made with: another one for each.
pub(crate) fn handle(environment: &str, client_id: &str) -> Handle {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = format!("{environment}/{client_id}").bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    id(&format!("{hash:022x}"))
}

/// An update of a credential that changes nothing.
pub(crate) fn touch_credential(client_id: &str, expected: Option<Sequence>) -> Intent {
    Intent::UpdateCredential {
        environment: id("production"),
        client_id: id(client_id),
        label: None,
        owner: None,
        networks: None,
        expires: None,
        expected,
    }
}

pub(crate) fn set_credential(client_id: &str, state: State) -> Intent {
    Intent::SetCredentialState {
        environment: id("production"),
        client_id: id(client_id),
        state,
        expected: None,
    }
}

pub(crate) fn add_grant(client_id: &str, api: &str, scopes: Option<&[&str]>) -> Intent {
    Intent::AddGrant {
        environment: id("production"),
        client_id: id(client_id),
        api: id(api),
        scopes: scopes.map(ids),
        expected: None,
    }
}

pub(crate) fn remove_grant(client_id: &str, api: &str, scopes: Option<&[&str]>) -> Intent {
    Intent::RemoveGrant {
        environment: id("production"),
        client_id: id(client_id),
        api: id(api),
        scopes: scopes.map(ids),
        expected: None,
    }
}

/// A secret that lives from then on.
pub(crate) fn secret(secret: &str, created: Timestamp) -> StoredSecret {
    StoredSecret {
        id: id(secret),
        kind: SecretKind::Generated,
        hash: SecretHash::Hmac { key: 1, code: [7; 32] },
        lookup_tag: Some(LookupTag([9; 16])),
        last_four: "wxyz".into(),
        created,
        expires: None,
        revoked: None,
    }
}

pub(crate) fn add_secret(client_id: &str, secret: StoredSecret) -> Intent {
    Intent::AddSecret { environment: id("production"), client_id: id(client_id), secret, expected: None }
}

pub(crate) fn revoke(client_id: &str, which: WhichSecrets) -> Intent {
    Intent::RevokeSecrets { environment: id("production"), client_id: id(client_id), which, expected: None }
}

pub(crate) fn expire(client_id: &str, which: WhichSecrets, expires: Option<Timestamp>) -> Intent {
    let (environment, client_id) = (id("production"), id(client_id));
    Intent::ExpireSecrets { environment, client_id, which, expires, expected: None }
}

pub(crate) fn revoke_token(client_id: &str, jti: &str, expires: Timestamp) -> Intent {
    Intent::RevokeToken {
        environment: id("production"),
        client_id: id(client_id),
        jti: id(jti),
        expires,
        expected: None,
    }
}

pub(crate) fn revoke_tokens(client_id: &str) -> Intent {
    Intent::RevokeTokens { environment: id("production"), client_id: id(client_id), expected: None }
}

pub(crate) fn revoke_tokens_of(company: &str) -> Intent {
    Intent::RevokeTokensOfCompany { id: id(company), expected: None }
}

pub(crate) fn sealed(bytes: &[u8]) -> Sealed {
    Sealed { master_key: "mk-1".into(), bytes: bytes.to_vec() }
}

/// The same under the next master key.
pub(crate) fn sealed_anew(bytes: &[u8]) -> Sealed {
    Sealed { master_key: "mk-2".into(), bytes: [b"anew ", bytes].concat() }
}

pub(crate) fn reseal(rows: &[(Owner, &[u8])]) -> Intent {
    let row = |(owner, bytes): &(Owner, &[u8])| Resealed {
        owner: owner.clone(),
        before: sealed(bytes),
        after: sealed_anew(bytes),
    };
    Intent::Reseal { master_key: "mk-2".to_owned(), rows: rows.iter().map(row).collect() }
}

pub(crate) fn signing_key(kid: &str, state: KeyState) -> StoredSigningKey {
    StoredSigningKey {
        kid: id(kid),
        environment: id("production"),
        algorithm: Algorithm::Es256,
        state,
        published: NOW,
        active_from: NOW,
        sign_until: None,
        remove_after: None,
        private: sealed(b"pkcs8"),
    }
}

/// A step that leaves all times as they are.
pub(crate) fn move_key(kid: &str, from: KeyState, to: KeyState) -> Intent {
    let (active_from, sign_until, remove_after) = (None, None, None);
    Intent::MoveSigningKey(KeyMove { kid: id(kid), from, to, active_from, sign_until, remove_after })
}

pub(crate) fn hash_key(number: i64) -> StoredHashKey {
    StoredHashKey { number, key: sealed(b"hash key"), created: NOW }
}

pub(crate) fn not_found(what: &'static str, id: &str) -> RefusedReason {
    RefusedReason::NotFound { what, id: id.into() }
}

pub(crate) fn exists(what: &'static str, id: &str) -> RefusedReason {
    RefusedReason::Exists { what, id: id.into() }
}

pub(crate) fn revision_changed(what: &'static str, id: &str) -> RefusedReason {
    RefusedReason::RevisionChanged { what, id: id.into() }
}
