//! A token request on the wire, in each dialect.

use form_urlencoded::Serializer;
use jeton_verify::fetch::{FetchFault, Transport};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::TokenDialect;
use crate::commands::answer::Answer;

/// What is asked.
pub(crate) struct Ask {
    pub(crate) dialect: TokenDialect,
    pub(crate) client_id: String,
    pub(crate) secret: Zeroizing<String>,
    /// Separated by spaces.
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) tracking_id: Option<String>,
}

pub(crate) fn name(dialect: TokenDialect) -> &'static str {
    match dialect {
        TokenDialect::Gateway => "gateway",
        TokenDialect::OAuth2 => "oauth2",
        TokenDialect::Json => "json",
    }
}

/// One exchange. It has no time-out of its own.
pub(crate) async fn send(transport: &Transport, ask: &Ask) -> Result<Answer, FetchFault> {
    let mut request = transport.client().post(transport.url().clone());
    if let Some(id) = &ask.tracking_id {
        request = request.header("x-tracking-id", id);
    }
    Answer::to(in_dialect(request, ask)).await
}

fn in_dialect(request: RequestBuilder, ask: &Ask) -> RequestBuilder {
    let Ask { client_id, secret, .. } = ask;
    match ask.dialect {
        // As they are: the contract says so, and not every server of it decodes.
        TokenDialect::Gateway => {
            form(request.basic_auth(client_id, Some(secret.as_str())), &[("scope", ask.scope.as_ref())])
        }
        // RFC 6749 section 2.3.1 has both form-encoded first; the audience is RFC 8707's.
        TokenDialect::OAuth2 => {
            let secret = Zeroizing::new(form_encoded(secret));
            let request = request.basic_auth(form_encoded(client_id), Some(secret.as_str()));
            form(request, &[("scope", ask.scope.as_ref()), ("resource", ask.audience.as_ref())])
        }
        TokenDialect::Json => {
            let mut body = json!({ "clientId": client_id, "clientSecret": secret.as_str() });
            if let Some(audience) = &ask.audience {
                body["audienceUrl"] = json!(audience);
            }
            request
                .header(CONTENT_TYPE, "application/json")
                .header(ACCEPT, "text/plain, application/json;q=0.5")
                .body(body.to_string())
        }
    }
}

fn form(request: RequestBuilder, parameters: &[(&str, Option<&String>)]) -> RequestBuilder {
    let mut body = Serializer::new(String::new());
    body.append_pair("grant_type", "client_credentials");
    for (name, value) in parameters {
        if let Some(value) = value {
            body.append_pair(name, value);
        }
    }
    request
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(body.finish())
}

fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
