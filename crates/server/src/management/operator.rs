//! Who an operator is: whoever has a token that this server issued in the environment `management`, for the audience of
//! the management API, and that is neither expired nor revoked. It is looked for in `Authorization` alone.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response};
use jeton_core::Clock;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::operator::{self, OperatorScopes};
use jeton_verify::{Rejection, Scopes, Verifier, VerifyError};

use super::api::{Problem, Slug};
use crate::app::App;
use crate::config::Issuer;
use crate::keys::LiveKeys;
use crate::revocations::LiveRevocations;

/// Judges operators' tokens by the keys and revocations that the server has in memory, so that a suspended operator's
/// token ends at once.
pub(super) fn verifier(issuer: &Issuer, app: &Weak<App>, clock: &Arc<dyn Clock>) -> Verifier {
    let environment = EnvironmentName::management();
    let keys = LiveKeys { app: Weak::clone(app), environment: environment.clone() };
    let revocations = LiveRevocations { app: Weak::clone(app), environment };
    let clock = Arc::clone(clock);
    Verifier::builder(issuer.as_str(), operator::AUDIENCE, [operator::ALGORITHM], Arc::new(keys))
        .revocations(Arc::new(revocations))
        .clock(move || clock.now().seconds())
        .build()
        // Issuer, audience and algorithm were just given.
        .expect("the operators' verifier is complete")
}

/// The operator who sends these headers, and what they may do.
pub(super) fn authenticate(
    verifier: &Verifier,
    headers: &HeaderMap,
) -> Result<(ClientId, OperatorScopes), Rejection> {
    let given = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let token = verifier.authorize(given, &Scopes::none())?;
    // A token that we signed names a client of ours.
    let client_id = token.client_id().parse().map_err(|_| Rejection::from(VerifyError::Signature))?;
    let scopes: Vec<&str> = token.scopes().collect();
    Ok((client_id, OperatorScopes::in_token(&scopes.join(" "))))
}

/// What is said to whoever is no operator (RFC 6750 section 3).
pub(super) fn refuse(rejection: &Rejection, request_id: &str) -> Response<Bytes> {
    let slug = match rejection.status() {
        400 => Slug::Malformed,
        503 => Slug::Unavailable,
        _ => Slug::Unauthenticated,
    };
    let detail = match rejection {
        Rejection::NoToken => {
            "The request has no access token: get one from /oauth/v2/token with an operator's credential, and send \
             Authorization: Bearer and the token. `jeton login` does both."
        }
        _ => rejection.description(),
    };
    let mut answer = Problem::new(slug, detail).to_answer(request_id);
    if slug != Slug::Unavailable {
        let challenge = rejection.www_authenticate(EnvironmentName::MANAGEMENT);
        // Challenges are visible ASCII and spaces.
        let challenge = HeaderValue::try_from(challenge).expect("a challenge is a header value");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}
