//! A request on its way to being sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use jeton_server::Connection;
use serde_json::Value;

use crate::response::ResponseExt as _;
use crate::server::TestServer;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request, changed step by step and then sent.
#[must_use = "a call does nothing until it is sent"]
#[derive(Clone)]
pub struct Call<'a> {
    server: &'a TestServer,
    connection: Connection,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Body,
}

/// Forms and JSON are kept open until the request is sent, so that tests can add to them.
#[derive(Clone)]
enum Body {
    Bytes(Bytes),
    Form(Vec<(String, String)>),
    Json(Value),
}

impl<'a> Call<'a> {
    pub(crate) fn new(server: &'a TestServer, method: Method, target: impl Into<String>, host: &str) -> Self {
        let headers = HeaderMap::from_iter([(HOST, value(host))]);
        let (connection, body) = (Connection::default(), Body::Bytes(Bytes::new()));
        Self { server, connection, method, target: target.into(), headers, body }
    }

    /// Another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Another target: a path with its query, or an absolute URI.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    /// Another `Host`.
    pub fn host(self, host: &str) -> Self {
        self.header("host", host)
    }

    /// This header, in place of any of its name.
    pub fn header(mut self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.headers.insert(header_name(name), value(text));
        self
    }

    /// This header, beside any of its name.
    pub fn add_header(mut self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.headers.append(header_name(name), value(text));
        self
    }

    /// None of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// HTTP Basic with this pair, as it is.
    pub fn basic(self, client_id: &str, secret: &str) -> Self {
        let pair = STANDARD.encode(format!("{client_id}:{secret}"));
        self.header(AUTHORIZATION.as_str(), format!("Basic {pair}"))
    }

    /// An access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// The tracking id.
    pub fn tracking_id(self, tracking_id: impl AsRef<[u8]>) -> Self {
        self.header("x-tracking-id", tracking_id)
    }

    /// One more parameter of the form.
    pub fn param(mut self, name: &str, text: &str) -> Self {
        let mut pairs = match self.body {
            Body::Form(pairs) => pairs,
            Body::Bytes(_) | Body::Json(_) => {
                self.headers.insert(CONTENT_TYPE, FORM);
                Vec::new()
            }
        };
        pairs.push((name.to_owned(), text.to_owned()));
        self.body = Body::Form(pairs);
        self
    }

    /// The form's `scope`.
    pub fn scope(self, scope: &str) -> Self {
        self.param("scope", scope)
    }

    /// A member of the JSON body, which null takes away.
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        let mut object = match self.body {
            Body::Json(object) => object,
            Body::Bytes(_) | Body::Form(_) => {
                self.headers.insert(CONTENT_TYPE, JSON);
                Value::Object(serde_json::Map::new())
            }
        };
        match value.into() {
            Value::Null => drop(object.as_object_mut().and_then(|members| members.remove(name))),
            value => object[name] = value,
        }
        self.body = Body::Json(object);
        self
    }

    /// Another body, whatever it is.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// Sends it over this connection.
    pub fn on(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// Sends it over a connection to a listener that is bound to this environment.
    pub fn on_listener_of(self, environment: &str) -> Self {
        let bound = Some(self.server.position(environment));
        self.on(Connection { bound, ..Connection::default() })
    }

    /// Sends it from this address, over whatever connection.
    pub fn from_address(mut self, address: &str) -> Self {
        self.connection.peer = Some(address.parse().unwrap_or_else(|why| panic!("{address:?}: {why}")));
        self
    }

    /// The request itself.
    pub fn into_request(self) -> Request<Bytes> {
        let body = match self.body {
            Body::Bytes(body) => body,
            Body::Form(pairs) => {
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into()
            }
            Body::Json(object) => object.to_string().into(),
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(&self.target)
            .body(body)
            .unwrap_or_else(|why| panic!("{:?}: {why}", self.target));
        *request.headers_mut() = self.headers;
        request
    }

    /// Sends it, with the `Content-Length` that a client would send.
    pub async fn send(self) -> Response<Bytes> {
        let (server, connection) = (self.server, self.connection);
        let mut request = self.into_request();
        if !request.body().is_empty() {
            let length = HeaderValue::from(request.body().len());
            request.headers_mut().entry(CONTENT_LENGTH).or_insert(length);
        }
        server.answer(connection, request.map(Full::new)).await
    }

    /// Sends it with this body, of which no header says the length.
    pub async fn send_streaming<B>(self, body: B) -> Response<Bytes>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let (server, connection) = (self.server, self.connection);
        server.answer(connection, self.into_request().map(|_| body)).await
    }

    /// Sends it, and takes the token out of the answer, which must be a success.
    pub async fn token(self) -> String {
        self.send().await.token()
    }
}

fn header_name(name: &str) -> HeaderName {
    name.parse().unwrap_or_else(|why| panic!("{name:?}: {why}"))
}

fn value(text: impl AsRef<[u8]>) -> HeaderValue {
    let text = text.as_ref();
    HeaderValue::from_bytes(text).unwrap_or_else(|why| panic!("{text:?}: {why}"))
}
