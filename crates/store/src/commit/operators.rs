//! What operators may do: the grants of the environment `management`, which are scopes of no stored API.

use std::collections::BTreeSet;

use jeton_core::id::{ApiId, ClientId, ScopeName};
use jeton_core::intent::RefusedReason;
use jeton_core::operator::OperatorScope;

use super::{Commit, Stop};
use crate::sql::operators as sql;
use crate::statement::values;

impl Commit<'_> {
    /// Without any named, all that there are.
    pub(super) async fn add_operator_scopes(
        &mut self,
        client_id: &ClientId,
        scopes: Option<&[ScopeName]>,
    ) -> Result<(), Stop> {
        let scopes: Vec<OperatorScope> = match scopes {
            None => OperatorScope::ALL.to_vec(),
            Some(scopes) => scopes.iter().map(known).collect::<Result<_, _>>()?,
        };
        for scope in scopes {
            self.execute(sql::INSERT_SCOPE, values![client_id, scope.as_str()]).await?;
        }
        Ok(())
    }

    /// Without any named, all that the operator has. One that only another version knows can be taken away too.
    pub(super) async fn remove_operator_scopes(
        &mut self,
        client_id: &ClientId,
        api: &ApiId,
        scopes: Option<&[ScopeName]>,
    ) -> Result<(), Stop> {
        let not_granted = |grant: String| RefusedReason::NotGranted { client_id: client_id.clone(), grant };
        if !api.is_management() {
            return Err(not_granted(api.to_string()).into());
        }
        let Some(scopes) = scopes else {
            return match self.execute(sql::DELETE_ALL, values![client_id]).await? {
                0 => Err(not_granted(api.to_string()).into()),
                _ => Ok(()),
            };
        };
        for scope in scopes.iter().collect::<BTreeSet<_>>() {
            if self.execute(sql::DELETE_SCOPE, values![client_id, scope]).await? == 0 {
                return Err(not_granted(format!("{api}:{scope}")).into());
            }
        }
        Ok(())
    }
}

fn known(scope: &ScopeName) -> Result<OperatorScope, RefusedReason> {
    let unknown = || RefusedReason::NoSuchScope { api: ApiId::management(), scope: scope.clone() };
    OperatorScope::from_word(scope.as_str()).ok_or_else(unknown)
}
