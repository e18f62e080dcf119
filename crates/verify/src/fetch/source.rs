//! What to fetch: a key set, or first the metadata that says where it is.

use super::error::{Document, FetchError, FetchFault, StartError};
use super::timer::Timer;
use super::transport::{Fetched, Transport};
use crate::keys::StaticKeys;
use jeton_jose::JwkSet;
use jeton_jose::json::{self, Value};
use reqwest::Url;
use std::time::Duration;

/// How thorough a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Metadata and keys.
    Whole,
    /// The keys from where they were last, since somebody waits.
    KeysAlone,
}

/// Where the keys are found: at the transport's own URL, or where the issuer at that URL says.
pub(super) struct Source {
    transport: Transport,
    issuer: Option<Issuer>,
}

struct Issuer {
    /// As configured, to the byte.
    name: String,
    /// Where the metadata may be, the better place first.
    metadata: [Url; 2],
    /// Where the keys were at the last fetch, if that went well.
    jwks_uri: Option<Url>,
}

impl Source {
    pub(super) fn key_set(transport: Transport) -> Self {
        Self { transport, issuer: None }
    }

    /// The places are those of RFC 8414 section 3.1, where the issuer's path comes behind the well-known part, and of
    /// `OpenID` Connect Discovery section 4, where it comes before.
    pub(super) fn issuer(name: String, transport: Transport) -> Result<Self, StartError> {
        if name.contains(['?', '#']) {
            return Err(StartError::Issuer);
        }
        let path = transport.url().path().trim_end_matches('/');
        let at = |path: String| {
            let mut url = transport.url().clone();
            url.set_path(&path);
            url
        };
        let metadata = [
            at(format!("/.well-known/oauth-authorization-server{path}")),
            at(format!("{path}/.well-known/openid-configuration")),
        ];
        Ok(Self { issuer: Some(Issuer { name, metadata, jwks_uri: None }), transport })
    }

    /// The keys as they are published now, and how long they are fresh by the issuer's account.
    pub(super) async fn fetch(
        &mut self,
        depth: Depth,
        timer: &dyn Timer,
    ) -> Result<(StaticKeys, Option<Duration>), FetchError> {
        let Self { transport, issuer } = self;
        let Some(issuer) = issuer else { return keys(transport, transport.url().clone(), timer).await };
        let uri = match issuer.jwks_uri.take().filter(|_| depth == Depth::KeysAlone) {
            Some(uri) => uri,
            None => discover(issuer, transport, timer).await?,
        };
        let keys = keys(transport, uri.clone(), timer).await?;
        issuer.jwks_uri = Some(uri);
        Ok(keys)
    }
}

/// Where an issuer says that its keys are. It is believed only if it is the issuer that was asked for.
async fn discover(
    Issuer { name, metadata: [first, second], .. }: &Issuer,
    transport: &Transport,
    timer: &dyn Timer,
) -> Result<Url, FetchError> {
    let fetched = match transport.get(first.clone(), timer).await {
        // It does not know the path.
        Err(FetchFault::Status(400..500)) => transport.get(second.clone(), timer).await,
        other => other,
    };
    let uri = fetched.and_then(|Fetched { body, .. }| jwks_uri(name, &body));
    let uri = uri.map_err(|fault| fault.of(Document::Metadata))?;
    transport.also_to(&uri).ok_or_else(|| FetchFault::JwksUri.of(Document::Metadata))
}

fn jwks_uri(issuer: &str, body: &[u8]) -> Result<String, FetchFault> {
    let document = json::parse(body).map_err(|_| FetchFault::NotMetadata)?;
    let text = |name| document.as_object().and_then(|members| members.get(name)).and_then(Value::as_str);
    let (named, uri) = (text("issuer"), text("jwks_uri"));
    let (named, uri) = named.zip(uri).ok_or(FetchFault::NotMetadata)?;
    // RFC 8414 section 3.3: or else anybody's metadata could bring keys for this issuer.
    if named == issuer { Ok(uri.to_owned()) } else { Err(FetchFault::OtherIssuer) }
}

async fn keys(
    transport: &Transport,
    url: Url,
    timer: &dyn Timer,
) -> Result<(StaticKeys, Option<Duration>), FetchError> {
    let read =
        |Fetched { body, fresh_for }| Ok((StaticKeys::from_jwk_set(&JwkSet::parse(&body)?)?, fresh_for));
    transport.get(url, timer).await.and_then(read).map_err(|fault| fault.of(Document::KeySet))
}
