//! The endpoints of tokens that are presented: revocation and introspection.

use http::header::ACCEPT;
use jeton_core::authority::ActiveToken;
use jeton_core::id::EnvironmentName;
use jeton_core::{AccessTokenClaims, IssueError, Reason};
use jeton_dialect::revocation::NotRevoked;
use jeton_dialect::{
    Exchange, PresentedToken, Refusal, ServerFault, WireRequest, WireResponse, introspection, revocation,
};

use super::{REQUEST_ID, START_OF_ANSWER, START_OF_READ, check_files, headers, raw};

/// What is said of a request that was read, or in its place.
enum Says {
    /// Nothing: it is refused as it is read.
    Nothing,
    /// It was done: the token was revoked, or is not active.
    Done,
    /// The token is active: with all claims, or with those that each has.
    Active { everything: bool },
    /// It was issued to another client.
    OfAnother,
    /// Core or server refuse it.
    Refused(Refusal),
}

const OF_BOTH: fn() -> Vec<(&'static str, Says)> = || {
    let wrong = Refusal::Issue(IssueError::InvalidClient(Reason::WrongSecret));
    vec![
        ("400-no-token", Says::Nothing),
        ("400-repeated-token", Says::Nothing),
        ("400-two-mechanisms", Says::Nothing),
        ("401-no-credentials", Says::Nothing),
        ("401-wrong-secret", Says::Refused(wrong)),
        ("405-get", Says::Refused(ServerFault::MethodNotAllowed.into())),
        ("503-store-out-of-reach", Says::Refused(ServerFault::STORE_OUT_OF_REACH.into())),
    ]
};

#[test]
fn revoke() {
    let later = ServerFault::TooManyRequests { retry_after_seconds: 3600 };
    let mut exchanges = OF_BOTH();
    exchanges.extend([
        ("200-revoked", Says::Done),
        ("200-credentials-in-the-body", Says::Done),
        ("400-of-another-client", Says::OfAnother),
        ("429-too-often", Says::Refused(later.into())),
    ]);
    check_files("revoke", &exchanges, |request, says| {
        play(request, says, |exchange, said| match said {
            Said::Refused(refusal) => revocation::write(exchange, Err(&NotRevoked::Refused(refusal.clone()))),
            Said::Says(Says::OfAnother) => revocation::write(exchange, Err(&NotRevoked::OfAnother)),
            Said::Says(_) => revocation::write(exchange, Ok(())),
        })
    });
}

#[test]
fn introspect() {
    let mut exchanges = OF_BOTH();
    exchanges.extend([
        ("200-active", Says::Active { everything: false }),
        ("200-active-with-everything", Says::Active { everything: true }),
        ("200-inactive", Says::Done),
    ]);
    check_files("introspect", &exchanges, |request, says| {
        play(request, says, |exchange, said| match said {
            Said::Refused(refusal) => introspection::write(exchange, Err(refusal)),
            Said::Says(Says::Active { everything }) => {
                introspection::write(exchange, Ok(Some(&active(*everything))))
            }
            Said::Says(_) => introspection::write(exchange, Ok(None)),
        })
    });
}

/// What the answer is made of.
enum Said<'a> {
    Refused(&'a Refusal),
    Says(&'a Says),
}

fn play(
    request: &str,
    says: &Says,
    write: impl Fn(&Exchange<'_>, Said<'_>) -> WireResponse,
) -> Result<String, &'static str> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no request line")?;
    let headers = headers(lines);
    let environment: EnvironmentName = "production".parse().map_err(|_| "the environment")?;
    let accept = headers.get_all(ACCEPT);
    let exchange = Exchange { request_id: REQUEST_ID, environment: &environment, path, accept };
    let wire = WireRequest { headers: &headers, query: None, body: body.as_bytes() };
    let (read, response) = match (says, PresentedToken::read(&wire)) {
        (Says::Refused(refusal), _) => {
            (format!("refused: {}", refusal.reason()), write(&exchange, Said::Refused(refusal)))
        }
        (Says::Nothing, Err(fault)) => {
            (format!("refused: {}", fault.reason()), write(&exchange, Said::Refused(&fault.into())))
        }
        (Says::Nothing, Ok(_)) => return Err("it is read, so somebody must say something"),
        (_, Err(_)) => return Err("it is refused, so nobody is asked"),
        (says, Ok(read)) => {
            let client_id = read.client.client_ids()[0].map_or("(no client id)", |id| id.as_str());
            (format!("client: {client_id}\ntoken: {}", *read.token), write(&exchange, Said::Says(says)))
        }
    };
    Ok(format!("{request}{START_OF_READ}{read}{START_OF_ANSWER}{}", raw(&response)))
}

fn active(everything: bool) -> ActiveToken {
    let claims = AccessTokenClaims {
        iss: "https://auth.example".into(),
        sub: "app".into(),
        client_id: "app".into(),
        aud: if everything {
            vec!["https://a.example".into(), "https://b.example".into()]
        } else {
            vec!["https://a.example".into()]
        },
        iat: 1_800_000_000,
        nbf: everything.then_some(1_800_000_000),
        exp: 1_800_003_600,
        jti: "6f70819203".into(),
        scope: everything.then(|| "voice.billing voice.numbers".into()),
        company: everything.then(|| "acme".into()),
        rev: Some("AAAAAAAAAAAAAAAAAAAAAA.3".into()),
    };
    let (jti, rev) = ("6f70819203", "AAAAAAAAAAAAAAAAAAAAAA.3");
    ActiveToken { claims, jti: jti.parse().expect("an id"), rev: rev.parse().expect("a handle and a number") }
}
