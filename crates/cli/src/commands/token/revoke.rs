//! `jeton token revoke`: tokens that are refused from now on.

use jeton_core::id::{ClientId, CompanyId, EnvironmentName, TokenId};
use serde_json::{Value, json};

use super::decode::Decoded;
use super::input;
use crate::args::Revoke;
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// Which tokens.
pub(super) enum Which {
    One { environment: EnvironmentName, client_id: ClientId, jti: TokenId },
    OfCredential { environment: EnvironmentName, client_id: ClientId },
    OfCompany(CompanyId),
}

impl Which {
    /// What was typed, which the parser of the command line let through.
    pub(super) fn of(typed: Revoke) -> Result<Self, Failure> {
        match typed {
            Revoke { company: Some(company), .. } => Ok(Self::OfCompany(company)),
            Revoke { token_stdin: true, environment: Some(environment), .. } => {
                Self::of_token(environment, &input::token()?)
            }
            Revoke { credential: Some(client_id), environment: Some(environment), jti, .. } => {
                Ok(match jti {
                    Some(jti) => Self::One { environment, client_id, jti },
                    None => Self::OfCredential { environment, client_id },
                })
            }
            _ => Err(Failure::usage("say whose tokens: --credential, --company or --token-stdin")),
        }
    }

    /// As the token says itself. Who signed it is not asked: an operator may revoke anything.
    fn of_token(environment: EnvironmentName, token: &str) -> Result<Self, Failure> {
        let decoded = Decoded::of(token);
        let (client_id, jti) = (decoded.text("client_id"), decoded.text("jti"));
        let read = client_id.zip(jti).and_then(|(id, jti)| Some((id.parse().ok()?, jti.parse().ok()?)));
        let (client_id, jti) =
            read.ok_or_else(|| Failure::usage("what is on standard input is no token of Jeton's"))?;
        Ok(Self::One { environment, client_id, jti })
    }
}

pub(super) async fn run(desk: &Desk, which: Which) -> Result<(), Failure> {
    match which {
        Which::One { environment, client_id, jti } => {
            let body = json!({ "jti": jti });
            let said = json!({ "environment": environment, "client_id": client_id, "jti": jti });
            of_credential(desk, [environment.as_str(), client_id.as_str(), "revoke-token"], body, said).await
        }
        Which::OfCredential { environment, client_id } => {
            let said = json!({ "environment": environment, "client_id": client_id });
            of_credential(desk, [environment.as_str(), client_id.as_str(), "revoke-tokens"], json!({}), said)
                .await
        }
        Which::OfCompany(company) => {
            desk.confirm("This refuses every token of every credential of the company.", &company)?;
            let request = Request::post(["companies", company.as_str(), "revoke-tokens"], json!({}));
            match desk.change(request).await? {
                Some(_) => {
                    output::one(desk.format(), &json!({ "company": company, "revoked": "all tokens" }))
                }
                None => Ok(()),
            }
        }
    }
}

/// Tells which were revoked, and the generation that the credential has now.
async fn of_credential(desk: &Desk, path: [&str; 3], body: Value, mut said: Value) -> Result<(), Failure> {
    let [environment, client_id, action] = path;
    let request = Request::post(["credentials", environment, client_id, action], body);
    let Some(credential) = desk.change(request).await? else { return Ok(()) };
    said["generation"] = credential["generation"].clone();
    output::one(desk.format(), &said)
}
