//! What an API says of itself to clients that know only its address: which issuer's tokens it takes (RFC 9728).
//!
//! The challenge names the document, and the document names the issuer. `tower::RequireToken` serves it; elsewhere, serve
//! [`Resource::document`] at [`Resource::metadata_path`] and put [`Resource::metadata_url`] into challenges with
//! [`Rejection::www_authenticate_for`](crate::Rejection::www_authenticate_for).

use crate::scopes::Scopes;
use crate::verifier::Verifier;
use std::fmt::Write as _;
use std::sync::Arc;

/// Where the documents of a host begin (RFC 9728 section 3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// An API whose audience is its address. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    url: String,
    path_at: usize,
    document: String,
}

impl Resource {
    /// The API that `verifier` verifies for: its audience must be the `https` (or, to try things, `http`) URL under which
    /// clients reach it, without query and fragment. `scopes` are those that a client may ask for; none says nothing of them.
    pub fn new(verifier: &Verifier, scopes: &Scopes) -> Result<Self, ResourceError> {
        let (issuer, audience) = verifier.parties();
        let (scheme, rest) = audience.split_once("://").ok_or(ResourceError::NoUrl)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_plain = |character: char| character.is_ascii_graphic() && !r#""\<>?#"#.contains(character);
        if !["https", "http"].contains(&scheme) || authority.is_empty() || !audience.chars().all(is_plain) {
            return Err(ResourceError::NoUrl);
        }
        // A path that is nothing but a slash counts as none (RFC 9728 section 3.1).
        let path = if path == "/" { "" } else { path };
        let origin = format!("{scheme}://{authority}");
        Ok(Self(Arc::new(Parts {
            url: format!("{origin}{WELL_KNOWN}{path}"),
            path_at: origin.len(),
            document: document(issuer, audience, scopes),
        })))
    }

    /// Where clients find the document.
    pub fn metadata_url(&self) -> &str {
        &self.0.url
    }

    /// The path of that URL, which the API answers to a GET without any token.
    pub fn metadata_path(&self) -> &str {
        &self.0.url[self.0.path_at..]
    }

    /// The document, `application/json` (RFC 9728 section 2).
    pub fn document(&self) -> &str {
        &self.0.document
    }
}

/// An API that cannot be found by its audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// The audience is no URL under which clients could reach the API.
    #[error(
        "the audience is no https URL without query and fragment, so the API cannot describe itself under it"
    )]
    NoUrl,
}

fn document(issuer: &str, audience: &str, scopes: &Scopes) -> String {
    let names: Vec<String> = scopes.iter().map(quoted).collect();
    let scopes = if names.is_empty() {
        String::new()
    } else {
        format!(r#","scopes_supported":[{}]"#, names.join(","))
    };
    format!(
        r#"{{"resource":{},"authorization_servers":[{}],"bearer_methods_supported":["header"]{scopes}}}"#,
        quoted(audience),
        quoted(issuer),
    )
}

/// As JSON has it (RFC 8259 section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..=' ' if character != ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
