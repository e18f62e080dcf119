//! A request of the management API, before it is known where it goes.

use http::Method;
use reqwest::Url;
use serde_json::Value;

/// What every path begins with.
const ROOT: [&str; 2] = ["management", "v1"];

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(super) method: Method,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl Request {
    fn new<S: ToString>(method: Method, path: impl IntoIterator<Item = S>) -> Self {
        let segments = path.into_iter().map(|segment| segment.to_string()).collect();
        Self { method, segments, query: vec![], body: None }
    }

    pub(crate) fn get<S: ToString>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post<S: ToString>(path: impl IntoIterator<Item = S>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    pub(crate) fn patch<S: ToString>(path: impl IntoIterator<Item = S>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PATCH, path) }
    }

    pub(crate) fn delete<S: ToString>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a parameter, where there is a value for it.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Below a base.
    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.path_segments_mut()
            .expect("the URL of a server has a path")
            .pop_if_empty()
            .extend(ROOT)
            .extend(&self.segments);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    pub(super) fn query(&self) -> &[(&'static str, String)] {
        &self.query
    }
}
