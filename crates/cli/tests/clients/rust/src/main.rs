//! A token by the crate oauth2 or openidconnect, as the first argument says. Both form-encode the Basic pair (RFC 6749).

use std::error::Error;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let task: Value = serde_json::from_reader(std::io::stdin())?;
    let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
    let said = match std::env::args().nth(1).as_deref() {
        Some("oauth2") => with_oauth2(&text)?,
        Some("openidconnect") => with_openidconnect(&text)?,
        _ => return Err("which library?".into()),
    };
    println!("{said}");
    Ok(())
}

fn with_oauth2(text: &dyn Fn(&str) -> String) -> Result<Value, Box<dyn Error>> {
    use oauth2::basic::BasicClient;
    use oauth2::reqwest::{blocking, redirect};
    use oauth2::{ClientId, ClientSecret, RequestTokenError, TokenResponse as _, TokenUrl};

    let http = blocking::Client::builder().redirect(redirect::Policy::none()).build()?;
    let client = BasicClient::new(ClientId::new(text("client_id")))
        .set_client_secret(ClientSecret::new(text("client_secret")))
        .set_token_uri(TokenUrl::new(text("token_url"))?);
    match client.exchange_client_credentials().request(&http) {
        Ok(granted) => Ok(json!({ "token": granted.access_token().secret() })),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            Ok(json!({ "error": "ServerResponse", "code": refusal.error().to_string() }))
        }
        Err(other) => Ok(json!({ "error": other.to_string() })),
    }
}

/// By its endpoint: the crate's discovery wants an `authorization_endpoint`, which an issuer without users has none of.
fn with_openidconnect(text: &dyn Fn(&str) -> String) -> Result<Value, Box<dyn Error>> {
    use openidconnect::core::{CoreClient, CoreJsonWebKeySet};
    use openidconnect::reqwest::{blocking, redirect};
    use openidconnect::{
        ClientId, ClientSecret, IssuerUrl, OAuth2TokenResponse as _, RequestTokenError, TokenUrl,
    };

    let http = blocking::Client::builder().redirect(redirect::Policy::none()).build()?;
    // Keys are for id tokens, which there are none of.
    let keys = CoreJsonWebKeySet::new(vec![]);
    let client = CoreClient::new(ClientId::new(text("client_id")), IssuerUrl::new(text("issuer"))?, keys)
        .set_client_secret(ClientSecret::new(text("client_secret")))
        .set_token_uri(TokenUrl::new(text("token_url"))?);
    match client.exchange_client_credentials().request(&http) {
        Ok(granted) => Ok(json!({ "token": granted.access_token().secret() })),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            Ok(json!({ "error": "ServerResponse", "code": refusal.error().to_string() }))
        }
        Err(other) => Ok(json!({ "error": other.to_string() })),
    }
}
