//! One issuer with a key, a clock that stands still, and tokens of any content.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey};
use jeton_verify::{
    KeySource, Refetch, Revision, RevocationChunk, RevocationSet, RevocationSource, Scopes, StaticKeys,
    Verdict, Verifier, VerifierBuilder, VerifyingKey,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const NOW: i64 = 1_800_000_000;

/// The issuer's key, and its PKCS#8.
pub(crate) static KEY: LazyLock<(SigningKey, Vec<u8>)> = LazyLock::new(|| {
    let (key, pkcs8) = SigningKey::generate(Algorithm::Es256).unwrap();
    (key, pkcs8.to_vec())
});

pub(crate) fn keys() -> Arc<StaticKeys> {
    Arc::new(StaticKeys::new([KEY.0.verifying_key()]).unwrap())
}

pub(crate) fn builder() -> VerifierBuilder {
    Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], keys()).clock(|| NOW)
}

pub(crate) fn verifier() -> Verifier {
    builder().build().unwrap()
}

pub(crate) fn claims() -> AccessTokenClaims<'static> {
    AccessTokenClaims {
        iss: ISSUER.into(),
        sub: "client-1".into(),
        client_id: "client-1".into(),
        aud: vec![AUDIENCE.into()],
        iat: NOW - 10,
        nbf: None,
        exp: NOW + 3600,
        jti: "token-1".into(),
        scope: Some("read write".into()),
        company: Some("company-1".into()),
        rev: Some("handle.1".into()),
    }
}

/// A token with these claims, signed by the issuer.
pub(crate) fn signed(change: impl FnOnce(&mut AccessTokenClaims<'static>)) -> String {
    let mut claims = claims();
    change(&mut claims);
    KEY.0.sign(&claims).unwrap()
}

pub(crate) fn token() -> String {
    signed(|_| ())
}

/// Any header over any payload, with a true signature of the issuer.
pub(crate) fn forge(header: &str, payload: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let key = jsonwebtoken::EncodingKey::from_ec_der(&KEY.1);
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::ES256).unwrap();
    format!("{message}.{signature}")
}

pub(crate) fn scopes(names: &str) -> Scopes {
    Scopes::new(names.split(' ')).unwrap()
}

/// A source that has the issuer's key once it has looked again, or never.
#[derive(Default)]
pub(crate) struct LateKeys {
    asked: AtomicUsize,
    here: Arc<AtomicBool>,
    never: bool,
}

impl LateKeys {
    /// Has no keys, and gets none.
    pub(crate) fn never() -> Self {
        Self { never: true, ..Self::default() }
    }

    /// How often it was told that a key is not known.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// The key comes without a wait.
    pub(crate) fn come(&self) {
        self.here.store(true, Ordering::Relaxed);
    }
}

impl KeySource for LateKeys {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        (self.here.load(Ordering::Relaxed) && kid == KEY.0.kid()).then(|| KEY.0.verifying_key())
    }

    fn is_available(&self) -> bool {
        !self.never
    }

    fn refetch(&self) -> Option<Refetch> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.never {
            return None;
        }
        let here = Arc::clone(&self.here);
        Some(Box::pin(async move { here.store(true, Ordering::Relaxed) }))
    }
}

/// What one chunk of a feed says.
pub(crate) fn set(chunk: &str) -> RevocationSet {
    RevocationSet::of([&RevocationChunk::parse(chunk.as_bytes()).unwrap()])
}

/// A source that knows what the test says, and nothing before.
#[derive(Clone, Default)]
pub(crate) struct Revocations(Arc<Mutex<Option<RevocationSet>>>);

impl Revocations {
    pub(crate) fn of(chunk: &str) -> Self {
        let source = Self::default();
        source.say(chunk);
        source
    }

    pub(crate) fn say(&self, chunk: &str) {
        *self.0.lock().unwrap() = Some(set(chunk));
    }
}

impl RevocationSource for Revocations {
    fn judge(&self, jti: &str, revision: Option<Revision<'_>>) -> Verdict {
        match &*self.0.lock().unwrap() {
            None => Verdict::Stale,
            Some(set) if set.contains(jti, revision) => Verdict::Revoked,
            Some(_) => Verdict::Good,
        }
    }
}
