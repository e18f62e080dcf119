//! What operators may do: the words, and sets of them.

use jeton_core::operator::{OperatorScope, OperatorScopes, grant};

#[test]
fn every_scope_is_in_all_and_alone_in_its_own_set() {
    let all = OperatorScopes::all();
    assert_eq!(all.iter().count(), OperatorScope::ALL.len());
    for scope in OperatorScope::ALL.iter().copied() {
        let alone: OperatorScopes = [scope].into_iter().collect();
        assert!(all.contains(scope) && alone.contains(scope) && !OperatorScopes::none().contains(scope));
        assert_eq!(alone.iter().collect::<Vec<_>>(), [scope]);
        assert_eq!(alone.to_string().parse(), Ok(alone));
        assert_eq!(scope.name().as_str(), scope.as_str());
    }
    assert_eq!(all.to_string().parse(), Ok(all));
    assert_eq!(OperatorScopes::in_token(&all.to_string()), all);
    assert!(OperatorScopes::none().is_empty() && !all.is_empty());
}

#[test]
fn what_people_write_is_all_known_and_what_tokens_say_need_not_be() {
    let read: OperatorScopes = [OperatorScope::AuditRead].into_iter().collect();
    assert_eq!("audit.read".parse(), Ok(read));
    let refused = "audit.read hunter2hunter2".parse::<OperatorScopes>().unwrap_err().to_string();
    assert!(refused.contains("companies.read, companies.write") && !refused.contains("hunter2"), "{refused}");
    // A newer Jeton's scopes open nothing here, nor does another spelling of ours.
    assert_eq!(OperatorScopes::in_token("portal.read audit.read"), read);
    for other in ["", "AUDIT.READ", "audit.readaudit.read", "audit.read,audit.read", "audit.read\taudit.read"]
    {
        assert!(OperatorScopes::in_token(other).is_empty(), "{other:?}");
    }
}

#[test]
fn an_operator_has_one_grant_with_its_scopes_in_order() {
    let grant = grant(OperatorScopes::all());
    assert_eq!((grant.api.as_str(), grant.audience.as_str()), ("management", "urn:jeton:management"));
    assert_eq!(grant.algorithm, jeton_core::Algorithm::Es256);
    assert!(grant.scopes.is_sorted() && grant.scopes.len() == OperatorScope::ALL.len());
}
