//! Another server's answer, read within bounds, for the commands that ask one.

use bytes::Bytes;
use http::Response;
use jeton_core::json;
use jeton_verify::fetch::{FetchFault, Transport};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// The largest answer that is read, in bytes: many times what any of ours has.
const MOST: usize = 64 * 1024;

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Sends a request of a [`Transport`] and takes in what comes back. It has no time-out of its own.
    pub(crate) async fn to(request: RequestBuilder) -> Result<Self, FetchFault> {
        Self::within(request, MOST).await
    }

    /// The same, with a bound of the asker's own, in bytes.
    pub(crate) async fn within(request: RequestBuilder, most: usize) -> Result<Self, FetchFault> {
        let fault = |error: reqwest::Error| Transport::fault(&error);
        let mut response = request.send().await.map_err(fault)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > most {
                return Err(FetchFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, headers, body })
    }

    /// One that was made here.
    pub(crate) fn of(answer: Response<Bytes>) -> Self {
        let (head, body) = answer.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body: body.to_vec() }
    }

    /// A header that has something to say.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }

    /// The body, if it is a JSON object with one reading.
    pub(crate) fn object(&self) -> Option<Value> {
        json::parse(&self.body).ok()?;
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }
}
