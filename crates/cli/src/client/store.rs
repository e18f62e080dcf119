//! The store itself, when no server is to be asked: the same API, called without a socket, by the person at the keyboard,
//! who may do everything there. Whoever can read the master key could do so anyway.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use jeton_core::Random as _;
use jeton_core::operator::OperatorScopes;
use jeton_server::management::{ApiOptions, Caller, ManagementApi};
use reqwest::Url;

use super::choice::Origin;
use super::request::Request;
use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::commands::answer::Answer;
use crate::data::{self, Data, Place};
use crate::failure::Failure;

/// What stands for the authority that no request leaves for.
const NOWHERE: &str = "http://localhost/";

/// An open store.
pub(super) struct OpenStore {
    api: ManagementApi,
    data: Data,
    place: Place,
    chosen_by: Origin,
}

impl OpenStore {
    pub(super) async fn open(place: Place, chosen_by: Origin) -> Result<Self, Failure> {
        let data = data::open(&place).await?;
        let master = Arc::clone(&data.master);
        let api = ManagementApi::new(ApiOptions {
            store: Arc::clone(&data.store),
            master: Arc::new(move || Arc::clone(&master)),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            rotation: place.rotation,
            secret_overlap: place.secret_overlap,
        });
        Ok(Self { api, data, place, chosen_by })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn chosen_by(&self) -> &Origin {
        &self.chosen_by
    }

    pub(super) async fn send(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, Failure> {
        let url = request.url(&NOWHERE.parse::<Url>().expect("it is a URL"));
        let body = request.body.as_ref().map(ToString::to_string);
        let mut sent = http::Request::builder().method(request.method.clone()).uri(path_of(&url));
        if body.is_some() {
            sent = sent.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        let sent = sent.body(Bytes::from(body.unwrap_or_default()));
        let sent = sent.map_err(|why| {
            Failure::usage(format!("no request can be made of it: {why}. Write it in other characters"))
        })?;
        let caller = Caller {
            actor: cli_actor(),
            scopes: OperatorScopes::all(),
            address: None,
            request_id: request_id(),
        };
        Ok(Answer::of(self.api.answer(caller, sent).await))
    }

    pub(super) async fn close(self) {
        self.data.store.close().await;
    }
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Of this call, for the log of changes.
fn request_id() -> String {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes);
    format!("cli-{:032x}", u128::from_be_bytes(bytes))
}
