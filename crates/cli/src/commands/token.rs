//! `jeton token`: what the owner of a credential, and whoever gets a token, wants to know of it.
//!
//! | file | what it holds |
//! |---|---|
//! | `get`, `ask`, `refusal` | the request for a token: its options, its bytes in each dialect, and what a refusal means |
//! | `input`, `decode` | the token on standard input, and what it says of itself |
//! | `keys` | the keys to check it by: fetched, from a file, or from the store |
//! | `judgement`, `reason` | whether it is good; if not, which check failed and what to do |
//! | `revoke` | which tokens are refused from now on |
//! | `explain`, `claims` | the same in words, with the meaning of every claim |
//!
//! A further dialect is an arm in `ask` and in `refusal`; a further check a line in `judgement::Check` and what the
//! compiler then asks for; a claim's meaning a line in `claims`.

pub(crate) mod ask;
mod claims;
mod decode;
mod explain;
mod get;
pub(crate) mod input;
mod judgement;
mod keys;
mod reason;
mod refusal;
mod revoke;

use jeton_core::Clock as _;
use serde_json::json;

pub(super) use self::decode::printable;
use self::judgement::{Expected, Judgement, Verdict};
use crate::ambient::SystemClock;
use crate::args::{Checks, Format, Manner, Reach, Token};
use crate::client::Desk;
use crate::configuration::Given;
use crate::failure::Failure;
use crate::output;

/// Runs one of them.
pub(crate) async fn run(
    command: Token,
    reach: &Reach,
    given: &Given,
    manner: Manner,
    format: Format,
) -> Result<(), Failure> {
    match command {
        Token::Get(get) => get::run(*get, format).await,
        Token::Verify { audience, checks } => verify(Some(audience), checks, given, format).await,
        Token::Revoke(what) => {
            let what = revoke::Which::of(what)?;
            let desk = Desk::open(reach, given, manner, format).await?;
            let result = revoke::run(&desk, what).await;
            desk.close().await;
            result
        }
        Token::Explain { audience, checks } => explain(audience, checks, given, format).await,
    }
}

async fn verify(
    audience: Option<String>,
    checks: Checks,
    given: &Given,
    format: Format,
) -> Result<(), Failure> {
    let token = input::token()?;
    let keys = keys::find(&checks, given).await?;
    let expected = Expected::new(audience, checks)?;
    let judgement = Judgement::of(&token, expected, keys, SystemClock.now().seconds())?;
    match &judgement.verdict {
        Verdict::Good(token) => output::one(
            format,
            &json!({
                "verified": true,
                "client_id": token.client_id(),
                "company": token.company(),
                "scope": token.scopes().collect::<Vec<_>>().join(" "),
                "expires": claims::time(token.exp()),
                "not_checked": judgement.not_checked(),
            }),
        ),
        Verdict::Bad(reason) => Err(Failure::check_failed(reason.to_string())),
        Verdict::Unknown => {
            Err(Failure::usage("there are no keys to check it by: give --issuer or --environment"))
        }
    }
}

async fn explain(
    audience: Option<String>,
    checks: Checks,
    given: &Given,
    format: Format,
) -> Result<(), Failure> {
    let token = input::token()?;
    let now = SystemClock.now().seconds();
    // What the token says is of use also to somebody whose keys are out of reach.
    let (keys, unreachable) = match keys::find(&checks, given).await {
        Ok(keys) => (keys, None),
        Err(failure) if failure.is_unavailable() => (None, Some(failure)),
        Err(failure) => return Err(failure),
    };
    let judgement = Judgement::of(&token, Expected::new(audience, checks)?, keys, now)?;
    explain::show(&judgement, now, format)?;
    match (&judgement.verdict, unreachable) {
        (Verdict::Bad(reason), _) => Err(Failure::check_failed(reason.to_string())),
        (_, Some(failure)) => Err(failure),
        (Verdict::Good(_) | Verdict::Unknown, None) => Ok(()),
    }
}
