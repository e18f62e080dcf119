//! `jeton grant`.

use jeton_core::admin::Admin;

use super::credential::show;
use crate::args::{Format, Grant};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Grant, format: Format) -> Result<(), Failure> {
    let credential = match command {
        Grant::Add { which, grant } => admin.add_grant(&which.environment, &which.client_id, grant).await?,
        Grant::Remove { which, grant } => {
            admin.remove_grant(&which.environment, &which.client_id, grant).await?
        }
    };
    output::one(format, &show(admin, &credential))?;
    Ok(())
}
