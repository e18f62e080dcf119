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
    /// What must be there already.
    pub(super) target: Option<Vec<String>>,
    /// What must not be there yet.
    pub(super) makes: Option<Vec<String>>,
}

impl Request {
    fn new<S: ToString>(method: Method, path: impl IntoIterator<Item = S>) -> Self {
        let segments = path.into_iter().map(|segment| segment.to_string()).collect();
        Self { method, segments, query: vec![], body: None, target: None, makes: None }
    }

    pub(crate) fn get<S: ToString>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post<S: ToString>(path: impl IntoIterator<Item = S>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    pub(crate) fn patch<S: ToString>(path: impl IntoIterator<Item = S>, body: Value) -> Self {
        let request = Self { body: Some(body), ..Self::new(Method::PATCH, path) };
        Self { target: Some(request.segments.clone()), ..request }
    }

    pub(crate) fn delete<S: ToString>(path: impl IntoIterator<Item = S>) -> Self {
        let request = Self::new(Method::DELETE, path);
        Self { target: Some(request.segments.clone()), ..request }
    }

    /// With a parameter, where there is a value for it.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// What it is done to, which must be there.
    pub(crate) fn to<S: ToString>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        self.target = Some(path.into_iter().map(|segment| segment.to_string()).collect());
        self
    }

    /// What it is done to can be seen in a list alone, where nobody looks before.
    pub(crate) fn without_target(mut self) -> Self {
        self.target = None;
        self
    }

    /// What it makes, which must not be there.
    pub(crate) fn making<S: ToString>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        self.makes = Some(path.into_iter().map(|segment| segment.to_string()).collect());
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

    pub(super) fn segments(&self) -> &[String] {
        &self.segments
    }

    pub(super) fn query(&self) -> &[(&'static str, String)] {
        &self.query
    }
}
