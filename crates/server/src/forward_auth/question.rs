//! What a gateway asks, as its configuration writes it: an API, and the scopes that a token must have.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Where gateways ask that hand every answer on.
pub(crate) const FORWARD_AUTH_PATH: &str = "/forward-auth";

/// Where gateways ask that know 2xx, 401 and 403 alone.
pub(crate) const AUTH_REQUEST_PATH: &str = "/auth-request";

/// The segment that asks for no scope. A scope of this name is written `%2D`.
const NO_SCOPE: &str = "-";

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question<'a> {
    /// The id of the API, as it stands in the path: there is one way to write it.
    pub(super) api: &'a str,
    /// The names of the scopes, all of which are needed.
    pub(super) scopes: Vec<Cow<'a, str>>,
}

/// Reads `OWN/{api}/{scopes}`, and looks at nothing that follows. Scopes are separated by commas, which no scope has;
/// what a path segment cannot hold stands in a scope as `%XX`. An API without scopes is no question: a gateway that
/// forgot them would otherwise ask for none.
pub(super) fn read<'a>(own: &str, path: &'a str) -> Option<Question<'a>> {
    let mut segments = path.strip_prefix(own)?.strip_prefix('/')?.split('/');
    let (api, scopes) = (segments.next()?, segments.next()?);
    if scopes == NO_SCOPE {
        return Some(Question { api, scopes: vec![] });
    }
    let scopes = scopes.split(',').map(scope).collect::<Option<_>>()?;
    Some(Question { api, scopes })
}

fn scope(text: &str) -> Option<Cow<'_, str>> {
    let digits = text.split('%').skip(1);
    let mut pairs = digits.map(|after| after.as_bytes().get(..2).unwrap_or_default());
    let well_formed = pairs.all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit));
    if text.is_empty() || !well_formed {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question<'a>(api: &'a str, scopes: &[&'a str]) -> Question<'a> {
        Question { api, scopes: scopes.iter().copied().map(Cow::from).collect() }
    }

    #[test]
    fn an_api_and_its_scopes() {
        assert_eq!(read("/own", "/own/voice/-"), Some(question("voice", &[])));
        assert_eq!(read("/own", "/own/voice/a"), Some(question("voice", &["a"])));
        assert_eq!(read("/own", "/own/voice/a,b.c"), Some(question("voice", &["a", "b.c"])));
        assert_eq!(read("/own", "/own/voice/%2D"), Some(question("voice", &["-"])));
        let url = "/own/voice/https:%2F%2Fapi.example%2fread,100%25";
        assert_eq!(read("/own", url), Some(question("voice", &["https://api.example/read", "100%"])));
    }

    /// Whatever the caller of the gateway has a hand in.
    #[test]
    fn what_follows_is_not_looked_at() {
        for more in ["/", "//", "/../../messages/-", "/%2e%2e/x", "/a,b/%zz", "/;x=1/\u{7f}"] {
            assert_eq!(
                read("/own", &format!("/own/voice/a{more}")),
                Some(question("voice", &["a"])),
                "{more}"
            );
        }
    }

    #[test]
    fn what_is_no_question() {
        for path in [
            "/own",
            "/own/",
            "/own/voice",
            "/own/voice/",
            "/own/voice//a",
            "/own/voice/,",
            "/own/voice/a,",
            "/own/voice/a,,b",
            "/own/voice/%",
            "/own/voice/%2",
            "/own/voice/%zz",
            "/own/voice/%+1",
            "/own/voice/%ff",
            "/owner/voice/a",
            "/elsewhere/voice/a",
        ] {
            assert_eq!(read("/own", path), None, "{path}");
        }
    }
}
