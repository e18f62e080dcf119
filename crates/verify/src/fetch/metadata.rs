//! Where an issuer says that its documents are (RFC 8414). It is believed only if it is the issuer that was asked for.
//!
//! A further document that it may name is a [`Link`].

use super::error::{Document, FetchError, FetchFault, StartError};
use super::timer::Timer;
use super::transport::{Fetched, Transport};
use jeton_jose::json::{self, Value};
use reqwest::Url;

/// An issuer, and where its metadata may be.
pub(super) struct Metadata {
    /// As configured, to the byte.
    issuer: String,
    /// The better place first.
    places: [Url; 2],
}

/// What the metadata leads to.
#[derive(Clone, Copy)]
pub(super) enum Link {
    KeySet,
    RevocationFeed,
}

impl Metadata {
    /// The places are those of RFC 8414 section 3.1, where the issuer's path comes behind the well-known part, and of
    /// `OpenID` Connect Discovery section 4, where it comes before. The transport is the issuer's.
    pub(super) fn of(issuer: String, transport: &Transport) -> Result<Self, StartError> {
        if issuer.contains(['?', '#']) {
            return Err(StartError::Issuer);
        }
        let path = transport.url().path().trim_end_matches('/');
        let at = |path: String| {
            let mut url = transport.url().clone();
            url.set_path(&path);
            url
        };
        let places = [
            at(format!("/.well-known/oauth-authorization-server{path}")),
            at(format!("{path}/.well-known/openid-configuration")),
        ];
        Ok(Self { issuer, places })
    }

    /// Where one of its documents is, by its account of now.
    pub(super) async fn find(
        &self,
        link: Link,
        transport: &Transport,
        timer: &dyn Timer,
    ) -> Result<Url, FetchError> {
        let [first, second] = &self.places;
        let fetched = match transport.get(first.clone(), timer).await {
            // It does not know the path.
            Err(FetchFault::Status(400..500)) => transport.get(second.clone(), timer).await,
            other => other,
        };
        fetched
            .and_then(|Fetched { body, .. }| self.read(link, &body))
            .and_then(|uri| transport.also_to(&uri).ok_or(link.refused()))
            .map_err(|fault| fault.of(Document::Metadata))
    }

    fn read(&self, link: Link, body: &[u8]) -> Result<String, FetchFault> {
        let document = json::parse(body).map_err(|_| FetchFault::NotMetadata)?;
        let members = document.as_object().ok_or(FetchFault::NotMetadata)?;
        let named = members.get("issuer").and_then(Value::as_str).ok_or(FetchFault::NotMetadata)?;
        // RFC 8414 section 3.3: or else anybody's metadata could bring keys for this issuer.
        if named != self.issuer {
            return Err(FetchFault::OtherIssuer);
        }
        members.get(link.name()).and_then(Value::as_str).map(str::to_owned).ok_or(link.missing())
    }
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::KeySet => "jwks_uri",
            Self::RevocationFeed => "revocation_feed",
        }
    }

    fn missing(self) -> FetchFault {
        match self {
            Self::KeySet => FetchFault::NotMetadata,
            Self::RevocationFeed => FetchFault::NoFeed,
        }
    }

    fn refused(self) -> FetchFault {
        match self {
            Self::KeySet => FetchFault::JwksUri,
            Self::RevocationFeed => FetchFault::FeedUri,
        }
    }
}
