//! `jeton api`.

use jeton_core::admin::{Admin, ApiUpdate, NewApi};
use jeton_core::model::{self, Audience};
use serde_json::{Value, json};

use crate::args::{Api, Format};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Api, format: Format) -> Result<(), Failure> {
    match command {
        Api::Create { id, audience, audience_in, scope, alg } => {
            let audience = Audience { default: audience, by_environment: audience_in.into_iter().collect() };
            let new = NewApi { id, audience, scopes: scope, algorithm: alg };
            output::one(format, &show(&admin.create_api(new).await?.value))?;
        }
        Api::Update { id, audience, audience_in, add_scope, remove_scope, alg } => {
            let update = ApiUpdate {
                audience,
                audience_in,
                add_scopes: add_scope,
                remove_scopes: remove_scope,
                algorithm: alg,
            };
            output::one(format, &show(&admin.update_api(&id, update).await?))?;
        }
        Api::Delete { id } => {
            admin.delete_api(&id).await?;
            output::one(format, &json!({ "id": id, "state": model::State::Deleted }))?;
        }
        Api::List => {
            let apis: Vec<Value> = admin.apis().await?.iter().map(show).collect();
            output::many(format, &["id", "audience", "scopes", "algorithm"], &apis)?;
        }
        Api::Get { id } => output::one(format, &show(&admin.api(&id).await?))?,
    }
    Ok(())
}

fn show(api: &model::Api) -> Value {
    json!({
        "id": api.id,
        "audience": api.audience.default,
        "audience_in": api.audience.by_environment,
        "scopes": api.scopes,
        "algorithm": api.algorithm,
        "created": output::time(api.created),
    })
}
