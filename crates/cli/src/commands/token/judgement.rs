//! Whether a token is good, and what was found out on the way. The verdict is `jeton-verify`'s, as in the API itself.

use std::borrow::Cow;

use jeton_jose::{Algorithm, TokenError, UnverifiedToken};
use jeton_verify::{DEFAULT_LEEWAY_SECONDS, Scopes, VerifiedToken, Verifier, VerifyError};
use serde_json::{Value, json};

use super::decode::Decoded;
use super::keys::Keys;
use super::reason::Reason;
use crate::args::Checks;
use crate::failure::Failure;

/// What the token is held against, as far as it was said.
pub(super) struct Expected {
    pub(super) audience: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) scopes: Scopes,
}

impl Expected {
    pub(super) fn new(audience: Option<String>, checks: Checks) -> Result<Self, Failure> {
        let words = checks.scope.iter().flat_map(|option| option.split_whitespace());
        let scopes = Scopes::new(words).map_err(|why| Failure::usage(format!("--scope: {why}")))?;
        for (option, value) in [("--audience", &audience), ("--issuer", &checks.issuer)] {
            if value.as_ref().is_some_and(String::is_empty) {
                return Err(Failure::usage(format!("{option} is empty")));
            }
        }
        Ok(Self { audience, issuer: checks.issuer, scopes })
    }
}

/// What is checked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    Form,
    Type,
    Algorithm,
    Key,
    Signature,
    Claims,
    Issuer,
    Audience,
    Time,
    /// Where the issuer's feed was reached.
    Revocation,
    Scope,
}

impl Check {
    const ALL: [Self; 11] = [
        Self::Form,
        Self::Type,
        Self::Algorithm,
        Self::Key,
        Self::Signature,
        Self::Claims,
        Self::Issuer,
        Self::Audience,
        Self::Time,
        Self::Revocation,
        Self::Scope,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::Revocation => "revocation",
            Self::Scope => "scope",
        }
    }
}

pub(super) enum Verdict {
    /// It is good, as far as it was asked.
    Good(VerifiedToken),
    /// It is not.
    Bad(Reason),
    /// Nothing is wrong with it, but there are no keys: anybody may have written it.
    Unknown,
}

/// A token, and what became of it.
pub(super) struct Judgement {
    pub(super) decoded: Decoded,
    pub(super) verdict: Verdict,
    expected: Expected,
    has_keys: bool,
    /// Why it is not known what is revoked, if so.
    no_revocations: Option<String>,
}

impl Judgement {
    pub(super) fn of(token: &str, expected: Expected, keys: Option<Keys>, now: i64) -> Result<Self, Failure> {
        let (decoded, has_keys) = (Decoded::of(token), keys.is_some());
        let no_revocations = match &keys {
            Some(keys) => keys.revocations.as_ref().err().cloned(),
            None if expected.issuer.is_some() => Some("there are no keys of the issuer".to_owned()),
            None => Some("give --issuer: its feed says it".to_owned()),
        };
        let whose = keys.as_ref().map(|keys| keys.whose.clone()).unwrap_or_default();
        let judged = match keys {
            Some(keys) => by_keys(token, &expected, &decoded, keys, now)?.map(Some),
            None => by_sight(token, &expected, &decoded, now).map(|()| None),
        };
        let verdict = match judged {
            Err(error) => Verdict::Bad(Reason::of(token, &error, &expected, &decoded, &whose, now)),
            Ok(verified) => match (missing_scope(&expected, verified.as_ref(), &decoded), verified) {
                (Some(missing), _) => Verdict::Bad(Reason::scope(&missing, &decoded)),
                (None, Some(token)) => Verdict::Good(token),
                (None, None) => Verdict::Unknown,
            },
        };
        Ok(Self { decoded, verdict, expected, has_keys, no_revocations })
    }

    /// What was checked and held.
    pub(super) fn passed(&self) -> Vec<&'static str> {
        Check::ALL.into_iter().filter(|check| self.why_not(*check).is_none()).map(Check::name).collect()
    }

    /// What was not checked, each with the reason.
    pub(super) fn not_checked(&self) -> Vec<Value> {
        let why = |check: Check| self.why_not(check).filter(|why| !why.is_empty()).map(|why| (check, why));
        Check::ALL
            .into_iter()
            .filter_map(why)
            .map(|(check, why)| json!({ "check": check.name(), "why": why }))
            .collect()
    }

    /// Why a check did not hold: an empty text where it failed; nothing where it held.
    fn why_not(&self, check: Check) -> Option<Cow<'_, str>> {
        if let Verdict::Bad(reason) = &self.verdict {
            if check == reason.check {
                return Some("".into());
            }
            if check > reason.check {
                return Some("an earlier check failed".into());
            }
        }
        match check {
            Check::Key | Check::Signature | Check::Claims if !self.has_keys => {
                Some("there are no keys: give --issuer or --environment".into())
            }
            Check::Issuer if self.expected.issuer.is_none() => Some("give --issuer".into()),
            Check::Audience if self.expected.audience.is_none() => Some("give --audience".into()),
            Check::Revocation => self.no_revocations.as_deref().map(Cow::from),
            Check::Scope if self.expected.scopes == Scopes::none() => Some("give --scope".into()),
            _ => None,
        }
    }
}

/// As the API does that the token is for. What was not said is taken from the token itself, and so not checked.
fn by_keys(
    token: &str,
    expected: &Expected,
    decoded: &Decoded,
    keys: Keys,
    now: i64,
) -> Result<Result<VerifiedToken, VerifyError>, Failure> {
    // A token without these is refused for that before they are compared.
    let own = |value: Option<&str>| value.filter(|value| !value.is_empty()).unwrap_or("-").to_owned();
    let issuer = expected.issuer.clone().unwrap_or_else(|| own(decoded.text("iss")));
    let audience = expected.audience.clone().unwrap_or_else(|| own(decoded.audiences().first().copied()));
    let verifier = Verifier::builder(issuer, audience, Algorithm::ALL, keys.source).clock(move || now);
    let verifier = match keys.revocations {
        Ok(revocations) => verifier.revocations(revocations),
        Err(_unknown) => verifier,
    };
    let verifier = verifier.build().map_err(|why| Failure::failed(why.to_string()))?;
    Ok(verifier.verify(token))
}

/// What can be seen without keys: never that a token is good, but sometimes that it is not.
fn by_sight(token: &str, expected: &Expected, decoded: &Decoded, now: i64) -> Result<(), VerifyError> {
    UnverifiedToken::parse(token).map_err(|error: TokenError| VerifyError::from(error))?;
    let differs = |expected: &Option<String>, found: &[&str]| {
        expected.as_ref().is_some_and(|expected| !found.contains(&expected.as_str()))
    };
    let leeway = i64::from(DEFAULT_LEEWAY_SECONDS);
    if differs(&expected.issuer, &decoded.text("iss").into_iter().collect::<Vec<_>>()) {
        Err(VerifyError::Issuer)
    } else if differs(&expected.audience, &decoded.audiences()) {
        Err(VerifyError::Audience)
    } else if decoded.seconds("exp").is_some_and(|exp| now >= exp.saturating_add(leeway)) {
        Err(VerifyError::Expired)
    } else if decoded.seconds("nbf").is_some_and(|nbf| now.saturating_add(leeway) < nbf) {
        Err(VerifyError::NotYetValid)
    } else {
        Ok(())
    }
}

/// The first scope that is needed and not there.
fn missing_scope(expected: &Expected, token: Option<&VerifiedToken>, decoded: &Decoded) -> Option<String> {
    let has = |scope: &str| match token {
        Some(token) => token.has_scope(scope),
        None => decoded.text("scope").unwrap_or_default().split(' ').any(|granted| granted == scope),
    };
    expected.scopes.iter().find(|needed| !has(needed)).map(str::to_owned)
}
