//! `jeton grant`.

use super::credential::{action, grant, path};
use crate::args::Grant;
use crate::client::{Desk, Request};
use crate::failure::Failure;

pub(super) async fn run(desk: &Desk, command: Grant) -> Result<(), Failure> {
    let request = match command {
        Grant::Add { which, grant: added } => action(&which, &["grants"], grant(&added)),
        Grant::Remove { which, grant: removed } => {
            let [credentials, environment, client_id] = path(&which);
            let mut request =
                Request::delete([credentials, environment, client_id, "grants", removed.api.as_str()]);
            for scope in removed.scopes.into_iter().flatten() {
                request = request.with("scope", Some(scope));
            }
            request
        }
    };
    desk.show_change(request).await
}
