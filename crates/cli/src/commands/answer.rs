//! Another server's answer, read within bounds, for the commands that ask one.

use jeton_core::json;
use jeton_verify::fetch::{FetchFault, Transport};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// The largest answer that is read, in bytes: many times what any of ours has.
const MOST: usize = 64 * 1024;

/// What is answered.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Sends a request of a [`Transport`] and takes in what comes back. It has no time-out of its own.
    pub(super) async fn to(request: RequestBuilder) -> Result<Self, FetchFault> {
        let fault = |error: reqwest::Error| Transport::fault(&error);
        let mut response = request.send().await.map_err(fault)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > MOST {
                return Err(FetchFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, headers, body })
    }
    /// A header that has something to say.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }

    /// The body, if it is a JSON object with one reading.
    pub(super) fn object(&self) -> Option<Value> {
        json::parse(&self.body).ok()?;
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }
}
