//! What to fetch: a key set, or first the metadata that says where it is.

use super::error::{Document, FetchError, StartError};
use super::metadata::{Link, Metadata};
use super::timer::Timer;
use super::transport::{Fetched, Transport};
use crate::keys::StaticKeys;
use jeton_jose::JwkSet;
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
    metadata: Metadata,
    /// Where the keys were at the last fetch, if that went well.
    jwks_uri: Option<Url>,
}

impl Source {
    pub(super) fn key_set(transport: Transport) -> Self {
        Self { transport, issuer: None }
    }

    pub(super) fn issuer(name: String, transport: Transport) -> Result<Self, StartError> {
        let metadata = Metadata::of(name, &transport)?;
        Ok(Self { issuer: Some(Issuer { metadata, jwks_uri: None }), transport })
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
            None => issuer.metadata.find(Link::KeySet, transport, timer).await?,
        };
        let keys = keys(transport, uri.clone(), timer).await?;
        issuer.jwks_uri = Some(uri);
        Ok(keys)
    }
}

async fn keys(
    transport: &Transport,
    url: Url,
    timer: &dyn Timer,
) -> Result<(StaticKeys, Option<Duration>), FetchError> {
    let read =
        |Fetched { body, fresh_for, .. }| Ok((StaticKeys::from_jwk_set(&JwkSet::parse(&body)?)?, fresh_for));
    transport.get(url, timer).await.and_then(read).map_err(|fault| fault.of(Document::KeySet))
}
