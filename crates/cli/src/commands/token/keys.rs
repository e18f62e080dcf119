//! The keys to check a token by: fetched, from a file, or from the store. Those of an issuer come with what it revoked.

use std::fs;
use std::sync::Arc;

use jeton_core::admin::AdminError;
use jeton_core::id::EnvironmentName;
use jeton_core::key_ring::KeyRing;
use jeton_jose::JwkSet;
use jeton_verify::fetch::{
    FetchError, FetchFault, RemoteKeys, RemoteKeysBuilder, RemoteRevocations, StartError, TransportError,
};
use jeton_verify::{KeySource, RevocationSource, StaticKeys};

use crate::args::Checks;
use crate::configuration::Given;
use crate::data::{self, Place};
use crate::failure::Failure;

/// Keys, and whose they are said to be.
pub(super) struct Keys {
    pub(super) source: Arc<dyn KeySource>,
    pub(super) whose: String,
    pub(super) revocations: Revocations,
}

/// What is revoked, or why nobody knows here.
pub(super) type Revocations = Result<Arc<dyn RevocationSource>, String>;

/// Nobody said where the feed is.
const NO_FEED: &str = "give --issuer, and neither --jwks nor --environment: the issuer's feed says it";

/// What the options name; nothing where they name none.
pub(super) async fn find(checks: &Checks, given: &Given) -> Result<Option<Keys>, Failure> {
    match (&checks.environment, &checks.jwks, &checks.issuer) {
        (Some(environment), _, _) => of_store(environment, &given.place()?).await.map(Some),
        (None, _, _) if given.data.is_some() => {
            Err(Failure::usage("with --data say also which --environment the token must be of"))
        }
        (None, Some(place), _) if place.starts_with("https:") || place.starts_with("http:") => {
            fetched(RemoteKeys::of_key_set(place), "--jwks", place).await.map(Some)
        }
        (None, Some(path), _) => of_file(path).map(Some),
        (None, None, Some(issuer)) => {
            let keys = fetched(RemoteKeys::of_issuer(issuer), "--issuer", issuer).await?;
            let revocations = followed(issuer, &keys).await;
            Ok(Some(Keys { revocations, ..keys }))
        }
        (None, None, None) => Ok(None),
    }
}

async fn of_store(environment: &EnvironmentName, place: &Place) -> Result<Keys, Failure> {
    let data = data::open(place).await?;
    let found = async {
        let served = data.store.environments().await.map_err(AdminError::from)?;
        if !served.contains(environment) {
            return Err(AdminError::UnknownEnvironment { name: environment.clone(), served }.into());
        }
        let mut stored = data.store.keys().await.map_err(AdminError::from)?.value.signing;
        stored.retain(|key| key.environment == *environment);
        KeyRing::open(&stored, &data.master, &KeyRing::default())
            .map_err(|why| Failure::configuration(why.to_string()))
    }
    .await;
    data.store.close().await;
    let ring = found?;
    let set = ring.environment(environment).map(|keys| keys.jwk_set().clone()).unwrap_or_default();
    of_set(&set, format!("the environment {environment}"))
}

fn of_file(path: &str) -> Result<Keys, Failure> {
    let bytes = fs::read(path).map_err(|why| {
        Failure::usage(format!("--jwks: {path} cannot be read: {why}. Name a file that can"))
    })?;
    let set = JwkSet::parse(&bytes).map_err(|why| Failure::usage(format!("--jwks: in {path}, {why}")))?;
    of_set(&set, format!("the key set in {path}"))
}

fn of_set(set: &JwkSet, whose: String) -> Result<Keys, Failure> {
    let keys = StaticKeys::from_jwk_set(set).map_err(|why| Failure::failed(format!("{whose}: {why}")))?;
    Ok(Keys { source: Arc::new(keys), whose, revocations: Err(NO_FEED.to_owned()) })
}

async fn fetched(from: RemoteKeysBuilder, option: &str, place: &str) -> Result<Keys, Failure> {
    let keys = from.start().map_err(|why| match why {
        StartError::Transport(TransportError::PlainHttp) => Failure::usage(format!(
            "{option} {place}: {why}, or fetch the key set yourself and give the file with --jwks"
        )),
        StartError::Transport(TransportError::Url) | StartError::Issuer => {
            Failure::usage(format!("{option}: {why}"))
        }
        StartError::Transport(TransportError::Roots | TransportError::Tls) | StartError::NoRuntime => {
            Failure::failed(why.to_string())
        }
    })?;
    keys.ready().await.map_err(|why| not_fetched(option, place, &why))?;
    Ok(Keys { source: keys, whose: place.to_owned(), revocations: Err(NO_FEED.to_owned()) })
}

/// The issuer's feed as it is now. An issuer may have none, and its tokens are judged without.
async fn followed(issuer: &str, keys: &Keys) -> Revocations {
    let unknown = |why: String| format!("what {issuer} revoked is not known: {why}");
    let feed = RemoteRevocations::of_issuer(issuer, Arc::clone(&keys.source));
    let feed = feed.start().map_err(|why| unknown(why.to_string()))?;
    feed.ready().await.map_err(|why| unknown(why.to_string()))?;
    Ok(feed)
}

fn not_fetched(option: &str, place: &str, why: &FetchError) -> Failure {
    let message = format!("the keys of {option} {place} were not fetched: {why}");
    match why.fault {
        FetchFault::Unreachable
        | FetchFault::TimedOut
        | FetchFault::Interrupted
        | FetchFault::Status(429 | 500..) => Failure::unavailable(format!("{message}. Try again")),
        FetchFault::Tls => Failure::failed(format!(
            "{message}. If the server has a root certificate of its own, name the file with SSL_CERT_FILE"
        )),
        FetchFault::OtherIssuer => Failure::failed(format!(
            "{message}. Give the issuer to the byte as it stands there and in the tokens' `iss`"
        )),
        _ => Failure::failed(format!("{message}. Is {option} right?")),
    }
}
