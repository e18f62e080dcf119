//! `jeton company`.

use jeton_core::admin::Admin;
use jeton_core::model::{self, State};
use serde_json::{Value, json};

use crate::args::{Company, Format};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Company, format: Format) -> Result<(), Failure> {
    match command {
        Company::Create { id, name, limit } => {
            output::one(format, &show(&admin.create_company(&id, name, limit).await?.value))?;
        }
        Company::Update { id, name, limit } => {
            output::one(format, &show(&admin.update_company(&id, name, limit).await?))?;
        }
        Company::Suspend { id } => {
            admin.set_company_state(&id, State::Suspended).await?;
            output::one(format, &show(&admin.company(&id).await?))?;
        }
        Company::Resume { id } => {
            admin.set_company_state(&id, State::Active).await?;
            output::one(format, &show(&admin.company(&id).await?))?;
        }
        Company::Delete { id } => {
            admin.set_company_state(&id, State::Deleted).await?;
            output::one(format, &json!({ "id": id, "state": State::Deleted }))?;
        }
        Company::List => {
            let companies: Vec<Value> = admin.companies().await?.iter().map(show).collect();
            output::many(format, &["id", "name", "state", "credentials", "credential_limit"], &companies)?;
        }
        Company::Get { id } => output::one(format, &show(&admin.company(&id).await?))?,
    }
    Ok(())
}

fn show(company: &model::Company) -> Value {
    json!({
        "id": company.id,
        "name": company.name,
        "state": company.state,
        "credentials": company.credentials,
        "credential_limit": company.limit(),
        "created": output::time(company.created),
    })
}
