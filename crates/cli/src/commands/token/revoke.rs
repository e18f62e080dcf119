//! `jeton token revoke`: tokens that are refused from now on.

use jeton_core::admin::Admin;
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, TokenId};
use serde_json::json;

use super::decode::Decoded;
use super::input;
use crate::args::{Format, Revoke};
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

pub(super) async fn run(admin: &Admin, which: Which, format: Format) -> Result<(), Failure> {
    let said = match which {
        Which::One { environment, client_id, jti } => {
            let credential = admin.revoke_token(&environment, &client_id, &jti).await?;
            json!({
                "environment": environment,
                "client_id": client_id,
                "jti": jti,
                "generation": credential.generation,
            })
        }
        Which::OfCredential { environment, client_id } => {
            let credential = admin.revoke_tokens(&environment, &client_id).await?;
            json!({
                "environment": environment,
                "client_id": client_id,
                "generation": credential.generation,
            })
        }
        Which::OfCompany(company) => {
            admin.revoke_tokens_of_company(&company).await?;
            json!({ "company": company, "revoked": "all tokens" })
        }
    };
    output::one(format, &said)
}
