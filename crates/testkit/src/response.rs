//! What a test wants to know of an answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde_json::Value;

/// Answers as tests read them. Each of these panics where the answer is not so.
pub trait ResponseExt {
    /// The body as text.
    fn text(&self) -> &str;

    /// The body as JSON.
    fn json(&self) -> Value;

    /// The one header of this name, if there is one.
    fn one(&self, name: &str) -> Option<&str>;

    /// The token of a success, in whichever dialect.
    fn token(&self) -> String;

    /// The `x-request-id`.
    fn request_id(&self) -> &str;
}

impl ResponseExt for Response<Bytes> {
    fn text(&self) -> &str {
        std::str::from_utf8(self.body()).expect("the body is text")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body())
            .unwrap_or_else(|why| panic!("{}, {why}: {:?}", self.status(), self.body()))
    }

    fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.headers().get_all(name).iter();
        let value = values.next()?;
        assert_eq!(values.next(), None, "{name} stands twice");
        Some(value.to_str().expect("headers of ours are text"))
    }

    fn token(&self) -> String {
        assert_eq!(self.status(), 200, "{:?}", self.body());
        if self.one("content-type").is_some_and(|kind| kind.starts_with("text/plain")) {
            return self.text().to_owned();
        }
        match self.json() {
            Value::String(token) => token,
            object => object["access_token"].as_str().expect("a success has a token").to_owned(),
        }
    }

    fn request_id(&self) -> &str {
        self.one("x-request-id").expect("every answer has a request id")
    }
}

/// The claims of a token, which are not checked: [`TestServer::verify`](crate::TestServer::verify) does.
pub fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a token has three parts");
    let claims = URL_SAFE_NO_PAD.decode(part).expect("the parts of a token are base64url");
    serde_json::from_slice(&claims).expect("claims are JSON")
}
