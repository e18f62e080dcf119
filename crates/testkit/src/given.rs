//! What every test server has from the start.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use jeton_core::Algorithm;
use jeton_core::admin::{Admin, GrantRequest, NewApi};
use jeton_core::id::CompanyId;
use jeton_core::master_key::MasterKeys;
use jeton_core::model::Audience;

/// The environments of the default configuration.
pub const ENVIRONMENTS: [&str; 2] = ["production", "sandbox"];

/// The company that owns the credentials.
pub const COMPANY: &str = "acme";

/// The voice API family of the contract, which the demo API is.
pub const VOICE_API: &str = "voice";

/// Its audience.
pub const VOICE_AUDIENCE: &str = "https://api.example/voice";

/// Its scopes.
pub const VOICE_SCOPES: [&str; 4] = ["voice.addresses", "voice.billing", "voice.customers", "voice.numbers"];

/// What a credential is granted if a test does not say otherwise: of the voice API two scopes.
pub const GRANTED: &str = "voice:voice.billing,voice.numbers";

/// Another API, granted to nobody.
pub const MESSAGES_API: &str = "messages";

/// Its audience.
pub const MESSAGES_AUDIENCE: &str = "https://api.example/messages";

const MESSAGES_SCOPES: [&str; 2] = ["messages.read", "messages.send"];

/// More than any test needs: the limit has tests of its own, elsewhere.
const CREDENTIAL_LIMIT: u32 = 100_000;

/// The master key of every test server.
pub const MASTER_KEY: &str = "mk-test AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A text as the identifier that it must be.
pub fn id<T: FromStr>(text: &str) -> T
where
    T::Err: Debug,
{
    text.parse().unwrap_or_else(|why| panic!("{text:?}: {why:?}"))
}

/// A grant as the command line writes it: `API`, or `API:SCOPE,SCOPE`.
pub fn grant(text: &str) -> GrantRequest {
    match text.split_once(':') {
        Some((api, scopes)) => {
            GrantRequest { api: id(api), scopes: Some(scopes.split(',').map(id).collect()) }
        }
        None => GrantRequest { api: id(text), scopes: None },
    }
}

pub(crate) fn master_keys() -> Arc<MasterKeys> {
    Arc::new(MasterKeys::parse(MASTER_KEY).expect("the test's master key is well formed"))
}

/// An API, as `api create` makes it.
pub fn api(name: &str, audience: &str, scopes: &[&str], algorithm: Algorithm) -> NewApi {
    NewApi {
        id: id(name),
        audience: Audience { default: id(audience), by_environment: [].into() },
        scopes: scopes.iter().copied().map(id).collect(),
        algorithm,
    }
}

/// Makes the APIs and the company.
pub(crate) async fn make(admin: &Admin) {
    let apis = [
        api(VOICE_API, VOICE_AUDIENCE, &VOICE_SCOPES, Algorithm::Es256),
        api(MESSAGES_API, MESSAGES_AUDIENCE, &MESSAGES_SCOPES, Algorithm::Es256),
    ];
    for api in apis {
        admin.create_api(api).await.expect("the store is empty");
    }
    let company: CompanyId = id(COMPANY);
    admin.create_company(&company, id("Acme"), Some(CREDENTIAL_LIMIT)).await.expect("the store is empty");
}
