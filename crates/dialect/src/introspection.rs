//! The answers of the introspection endpoint (RFC 7662 section 2.2).

use http::StatusCode;
use jeton_core::authority::ActiveToken;
use serde::Serialize;

use crate::fault::Refusal;
use crate::oauth2;
use crate::wire::{Exchange, WireResponse};

/// Writes the answer. Of a token that is not active it says that, and nothing else, whatever the reason.
pub fn write(exchange: &Exchange<'_>, result: Result<Option<&ActiveToken>, &Refusal>) -> WireResponse {
    match result {
        Ok(Some(token)) => WireResponse::json(StatusCode::OK, "application/json", &Members::of(token)),
        Ok(None) => WireResponse::json(StatusCode::OK, "application/json", &Inactive { active: false }),
        Err(refusal) => oauth2::refuse(exchange, refusal),
    }
}

#[derive(Serialize)]
struct Inactive {
    active: bool,
}

/// The token's claims (section 2.2), as they stand in it.
#[derive(Serialize)]
struct Members<'a> {
    active: bool,
    token_type: &'static str,
    iss: &'a str,
    sub: &'a str,
    client_id: &'a str,
    aud: Audiences<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<&'a str>,
}

/// One is a string, several are an array, as in the token.
#[derive(Serialize)]
#[serde(untagged)]
enum Audiences<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

impl<'a> Members<'a> {
    fn of(token: &'a ActiveToken) -> Self {
        let claims = &token.claims;
        let aud = match claims.aud.as_slice() {
            [one] => Audiences::One(one),
            many => Audiences::Many(many.iter().map(AsRef::as_ref).collect()),
        };
        Self {
            active: true,
            token_type: "Bearer",
            iss: &claims.iss,
            sub: &claims.sub,
            client_id: &claims.client_id,
            aud,
            scope: claims.scope.as_deref(),
            iat: claims.iat,
            nbf: claims.nbf,
            exp: claims.exp,
            jti: &claims.jti,
            company: claims.company.as_deref(),
        }
    }
}
