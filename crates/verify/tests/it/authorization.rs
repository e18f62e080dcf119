//! Each row of "Calling an API with the token", without a web framework.

use crate::support::{NOW, Revocations, builder, claims, forge, scopes, signed, token, verifier};
use jeton_jose::{Algorithm, SigningKey};
use jeton_verify::{BadRequest, Rejection, ScopeError, Scopes, VerifyError};
use proptest::prelude::*;
use std::sync::Arc;

fn rejected(headers: &[&[u8]]) -> Rejection {
    verifier().authorize(headers.iter().copied(), &Scopes::none()).unwrap_err()
}

fn bearer(token: &str) -> Rejection {
    rejected(&[format!("Bearer {token}").as_bytes()])
}

#[test]
fn a_valid_token_with_the_needed_scope() {
    for (scheme, required) in
        [("Bearer", Scopes::none()), ("bearer", scopes("read")), ("BEARER  ", scopes("write read"))]
    {
        let header = format!("{scheme} {}", token());
        let token = verifier().authorize([header.as_bytes()], &required).unwrap();
        assert_eq!(token.client_id(), "client-1");
    }
}

#[test]
fn no_token_or_another_scheme_is_401_without_an_error_code() {
    let token = token();
    let basic = format!("Basic {token}");
    let glued = format!("Bearer{token}");
    let tabbed = format!("Bearer\t{token}");
    let bare = token.as_bytes();
    for headers in [
        &[][..],
        &[b"".as_slice()],
        &[b"Basic YTpi"],
        &[b"Basic"],
        &[b"DPoP x"],
        &[b"BearerX y"],
        &[basic.as_bytes()],
        &[glued.as_bytes()],
        &[tabbed.as_bytes()],
        &[bare],
    ] {
        let rejection = rejected(headers);
        assert_eq!((&rejection, rejection.status()), (&Rejection::NoToken, 401));
        assert_eq!(rejection.www_authenticate("production"), r#"Bearer realm="production""#);
    }
}

#[test]
fn a_header_that_is_not_one_token_is_400_invalid_request() {
    let good = format!("Bearer {}", token());
    let good = good.as_bytes();
    // White space is space and tab, and no other that ASCII knows.
    let fed = format!("Bearer \x0c{}", token());
    for (headers, fault) in [
        (&[fed.as_bytes()][..], BadRequest::SeveralWords),
        (&[b"Bearer"], BadRequest::EmptyBearer),
        (&[b"bearer   "], BadRequest::EmptyBearer),
        (&[b"Bearer a b"], BadRequest::SeveralWords),
        (&[b"Bearer a\tb"], BadRequest::SeveralWords),
        (&[b"Bearer a, Bearer b"], BadRequest::SeveralWords),
        (&[good, good], BadRequest::SeveralHeaders),
        (&[good, b"Basic YTpi"], BadRequest::SeveralHeaders),
        (&[b"Basic YTpi", b""], BadRequest::SeveralHeaders),
    ] {
        let rejection = rejected(headers);
        assert_eq!((&rejection, rejection.status()), (&Rejection::BadRequest(fault), 400));
        let challenge = rejection.www_authenticate("production");
        assert!(
            challenge.starts_with(r#"Bearer realm="production", error="invalid_request", "#),
            "{challenge}"
        );
    }
}

#[test]
fn a_token_that_is_not_accepted_is_401_invalid_token() {
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let header = r#"{"alg":"ES256","typ":"JWT","kid":"k"}"#;
    let not_valid = "The access token is not valid.";
    for (token, description) in [
        ("x".to_owned(), not_valid),
        ("a.b.c".to_owned(), not_valid),
        ("\u{e9}".to_owned(), not_valid),
        (forge(header, "{}"), not_valid),
        (forge(&header.replace("ES256", "none"), "{}"), not_valid),
        (stranger.sign(&claims()).unwrap(), not_valid),
        (format!("{}A", token()), not_valid),
        (signed(|claims| claims.iss = "https://sandbox.auth.example.com".into()), not_valid),
        (
            signed(|claims| claims.aud = vec!["https://x.example.com".into()]),
            "The access token is for another API.",
        ),
        (signed(|claims| claims.exp = NOW - 60), "The access token has expired."),
        (signed(|claims| claims.nbf = Some(NOW + 60)), "The access token is not valid yet."),
    ] {
        let rejection = bearer(&token);
        assert_eq!((rejection.status(), rejection.error()), (401, Some("invalid_token")));
        assert_eq!(
            rejection.www_authenticate("production"),
            format!(r#"Bearer realm="production", error="invalid_token", error_description="{description}""#)
        );
    }
    assert_eq!(rejected(&[b"Bearer \xff\xfe"]).status(), 401);
}

#[test]
fn a_revoked_token_is_401_invalid_token_whatever_scope_it_lacks() {
    let (header, source) = (format!("Bearer {}", token()), Revocations::of("t token-1\n"));
    let verifier = builder().revocations(Arc::new(source)).build().unwrap();
    for required in ["read", "admin"] {
        let rejection = verifier.authorize([header.as_bytes()], &scopes(required)).unwrap_err();
        assert_eq!((rejection.status(), rejection.error()), (401, Some("invalid_token")));
        let challenge = r#"Bearer realm="x", error="invalid_token", error_description="The access token has been revoked.""#;
        assert_eq!(rejection.www_authenticate("x"), challenge);
    }
}

#[test]
fn a_token_of_which_it_is_not_known_whether_it_is_revoked_is_503() {
    let header = format!("Bearer {}", token());
    let verifier = builder().revocations(Arc::new(Revocations::default())).build().unwrap();
    let rejection = verifier.authorize([header.as_bytes()], &Scopes::none()).unwrap_err();
    assert_eq!(rejection, Rejection::RevocationsUnavailable);
    assert_eq!(
        (rejection.status(), rejection.error(), rejection.retry_after_seconds()),
        (503, None, Some(5))
    );
}

#[test]
fn a_token_without_the_scope_is_403_insufficient_scope() {
    for required in ["admin", "read admin", "rea", "READ", "read.all"] {
        let header = format!("Bearer {}", token());
        let rejection = verifier().authorize([header.as_bytes()], &scopes(required)).unwrap_err();
        assert_eq!((rejection.status(), rejection.error()), (403, Some("insufficient_scope")));
        let challenge = rejection.www_authenticate("production");
        assert!(
            challenge.starts_with(r#"Bearer realm="production", error="insufficient_scope", "#),
            "{challenge}"
        );
        assert!(challenge.ends_with(&format!(r#", scope="{required}""#)), "{challenge}");
    }
    let header = format!("Bearer {}", signed(|claims| claims.scope = None));
    assert_eq!(verifier().authorize([header.as_bytes()], &scopes("read")).unwrap_err().status(), 403);
}

#[test]
fn a_bad_token_is_401_whatever_scope_it_lacks() {
    let header = format!("Bearer {}", signed(|claims| claims.exp = 1));
    let rejection = verifier().authorize([header.as_bytes()], &scopes("admin")).unwrap_err();
    assert_eq!(rejection, Rejection::InvalidToken(VerifyError::Expired));
}

#[test]
fn scopes_are_visible_ascii() {
    assert_eq!(scopes("a:b/c?d=!~ x").to_string(), "a:b/c?d=!~ x");
    assert_eq!(Scopes::none().to_string(), "");
    for name in ["", " ", "a b", "a\"", "a\\", "é", "a\u{7f}", "a\n", "\0"] {
        assert_eq!(Scopes::new(["ok", name]), Err(ScopeError), "{name:?}");
    }
}

fn every_rejection() -> Vec<Rejection> {
    let bad = [BadRequest::SeveralHeaders, BadRequest::EmptyBearer, BadRequest::SeveralWords];
    let invalid = [
        VerifyError::WrongType,
        VerifyError::WrongAlgorithm,
        VerifyError::UnknownKey,
        VerifyError::Signature,
        VerifyError::Issuer,
        VerifyError::Audience,
        VerifyError::Expired,
        VerifyError::NotYetValid,
        VerifyError::Revision,
        VerifyError::Revoked,
    ];
    let others = [
        Rejection::NoToken,
        Rejection::Unavailable,
        VerifyError::KeysUnavailable.into(),
        VerifyError::RevocationsUnavailable.into(),
    ];
    [Rejection::InsufficientScope(scopes("read write")), bearer("x")]
        .into_iter()
        .chain(others)
        .chain(bad.map(Rejection::BadRequest))
        .chain(invalid.map(Rejection::InvalidToken))
        .collect()
}

#[test]
fn bodies_are_problem_details_of_fixed_sentences() {
    for rejection in every_rejection() {
        let body = rejection.problem_json();
        let value = jeton_jose::json::parse(body.as_bytes()).unwrap();
        let problem = value.as_object().unwrap();
        let names: Vec<&str> = problem.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["type", "title", "status", "detail"]);
        assert_eq!(problem.get("type").unwrap().as_str(), Some("about:blank"));
        assert_eq!(problem.get("detail").unwrap().as_str(), Some(rejection.description()));
        assert!(body.contains(&format!(r#""status":{},"#, rejection.status())));
        let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(rejection.description().bytes().all(allowed), "RFC 6750 section 3");
    }
}

#[test]
fn a_realm_cannot_break_out() {
    let challenge = Rejection::NoToken.www_authenticate("a\"b\\c\r\nX: y\u{e9}\0");
    assert_eq!(challenge, r#"Bearer realm="a\"b\\c??X: y??""#);
}

proptest! {
    #[test]
    fn any_header_is_judged_without_a_panic(
        headers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..3),
        rest in "[Bb]earer[ \t]{0,2}[A-Za-z0-9._ \t-]{0,80}",
    ) {
        let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
        prop_assert!([400, 401].contains(&rejected(&headers).status()));
        prop_assert!([400, 401].contains(&rejected(&[rest.as_bytes()]).status()));
    }

    #[test]
    fn any_realm_makes_a_header(realm in any::<String>()) {
        for rejection in every_rejection() {
            let challenge = rejection.www_authenticate(&realm);
            prop_assert!(challenge.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{challenge}");
        }
    }
}
