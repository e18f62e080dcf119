//! The token, member by member as Jeton writes it, and the body around it.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::SigningKey;

/// How long tokens live, in seconds.
const LIFETIME: u64 = 3600;

/// The encoded header of all tokens.
pub(crate) fn header(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.header())
}

/// What is the same in every token.
#[derive(clap::Args)]
pub(crate) struct Claims {
    #[arg(long)]
    issuer: String,
    #[arg(long)]
    audience: String,
    #[arg(long)]
    scope: String,
    #[arg(long)]
    company: String,
}

impl Claims {
    /// A token for this client, and an id of the request.
    pub(crate) fn token(&self, client_id: &str, header: &str, key: &SigningKey) -> Option<(String, String)> {
        let now = now().as_secs();
        let (jti, request_id) = unique()?;
        let mut text = String::with_capacity(1024);
        text.push_str(header);
        text.push('.');
        let claims = format!(
            concat!(
                r#"{{"iss":"{issuer}","sub":"{id}","client_id":"{id}","aud":"{audience}","iat":{now},"exp":{end},"#,
                r#""jti":"{jti}","scope":"{scope}","company":"{company}","rev":"AAAAAAAAAAAAAAAAAAAAAA.0"}}"#
            ),
            issuer = self.issuer,
            id = client_id,
            audience = self.audience,
            now = now,
            end = now + LIFETIME,
            jti = jti,
            scope = self.scope,
            company = self.company,
        );
        URL_SAFE_NO_PAD.encode_string(claims, &mut text);
        let signature = key.sign(text.as_bytes())?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Some((text, request_id))
    }

    /// RFC 6749, section 5.1.
    pub(crate) fn body(&self, token: &str) -> String {
        format!(
            r#"{{"token_type":"Bearer","expires_in":{LIFETIME},"access_token":"{token}","scope":"{}"}}"#,
            self.scope
        )
    }
}

/// The id of a token and of a request, as long and as unlikely to come again as Jeton's.
#[expect(clippy::disallowed_methods, reason = "a whole program's randomness")]
fn unique() -> Option<(String, String)> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let number = u128::from_be_bytes(bytes);
    let uuid = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        (number >> 80) & 0xFFFF,
        (number >> 64) & 0xFFFF,
        (number >> 48) & 0xFFFF,
        number & 0xFFFF_FFFF_FFFF
    );
    Some((URL_SAFE_NO_PAD.encode(bytes), uuid))
}

#[expect(clippy::disallowed_methods, reason = "a whole program's clock")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
