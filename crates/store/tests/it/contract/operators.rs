//! Operators: the credentials of the environment `management`.

use jeton_core::id::{ApiId, ClientId, EnvironmentName};
use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::{Credential, Grant, State};
use jeton_core::operator::{OperatorScope, OperatorScopes, grant};
use jeton_core::store::{CompanyFilter, CredentialFilter, Page};

use super::World;
use super::given::{
    create_api, create_company, create_company_with, create_credential, create_credential_in, id, ids,
};
use super::world::NOW;

pub(crate) async fn what_one_may_do_is_one_grant(world: &World) {
    given(world).await;
    world.commit(&[add("o", "management", Some(&["usage.read", "audit.read"]))]).await;
    world.commit(&[add("o", "management", Some(&["audit.read"]))]).await;
    let two = grant([OperatorScope::AuditRead, OperatorScope::UsageRead].into_iter().collect());
    assert_eq!(*operator(world, "o").await.grants, [two]);
    world.commit(&[add("p", "management", None)]).await;
    let all = grant(OperatorScopes::all());
    assert_eq!(*operator(world, "p").await.grants, *std::slice::from_ref(&all));
    // The miss path and lists say the same, and nothing of a namesake elsewhere.
    world.commit(&[create_credential("p", "acme")]).await;
    let wanted = [Some(&id("p")), Some(&id("nobody"))];
    let found =
        world.store.find_credentials(&EnvironmentName::management(), wanted, NOW).await.unwrap().value;
    assert!(matches!(&found, [Some(p), None] if *p.grants == [all.clone()]));
    let elsewhere = world.store.find_credentials(&id("production"), wanted, NOW).await.unwrap().value;
    assert!(matches!(&elsewhere, [Some(p), None] if p.grants.is_empty()));
    let listed = world.store.credentials(&CredentialFilter::default(), &Page::first(10)).await.unwrap();
    let granted =
        |one: &Credential| (one.environment.to_string(), one.grants.first().map(|grant| grant.scopes.len()));
    let listed: Vec<_> = listed.iter().map(granted).collect();
    let of = |environment: &str, scopes| (environment.to_owned(), scopes);
    assert_eq!(listed, [of("management", Some(2)), of("management", Some(12)), of("production", None)]);
}

pub(crate) async fn company_and_environment_go_together(world: &World) {
    given(world).await;
    for intent in [create_credential_in("management", "x", "acme"), create_credential("x", "operators")] {
        assert_eq!(world.refused(&[intent]).await, RefusedReason::OperatorsApart);
    }
}

pub(crate) async fn nothing_else_is_granted_and_nobody_else_has_it(world: &World) {
    given(world).await;
    world.commit(&[create_api("voice", &["v"]), create_credential("a", "acme")]).await;
    assert_eq!(world.refused(&[add("o", "voice", None)]).await, RefusedReason::ManagementApart);
    let elsewhere = Intent::AddGrant {
        environment: id("production"),
        client_id: id("a"),
        api: ApiId::management(),
        scopes: None,
        expected: None,
    };
    assert_eq!(world.refused(&[elsewhere]).await, RefusedReason::ManagementApart);
    let unknown = RefusedReason::NoSuchScope { api: ApiId::management(), scope: id("v") };
    assert_eq!(world.refused(&[add("o", "management", Some(&["audit.read", "v"]))]).await, unknown);
    assert_eq!(*operator(world, "o").await.grants, []);
}

pub(crate) async fn scopes_are_taken_away_one_by_one(world: &World) {
    given(world).await;
    world.commit(&[add("o", "management", Some(&["usage.read", "audit.read"]))]).await;
    let not_granted = |grant: &str| RefusedReason::NotGranted { client_id: id("o"), grant: grant.to_owned() };
    let wrong = world.refused(&[remove("o", "management", Some(&["keys.read"]))]).await;
    assert_eq!(wrong, not_granted("management:keys.read"));
    assert_eq!(world.refused(&[remove("o", "voice", None)]).await, not_granted("voice"));
    world.commit(&[remove("o", "management", Some(&["usage.read"]))]).await;
    let left: Vec<Grant> = operator(world, "o").await.grants.to_vec();
    assert_eq!(left, [grant([OperatorScope::AuditRead].into_iter().collect())]);
    world.commit(&[remove("o", "management", None)]).await;
    assert_eq!(*operator(world, "o").await.grants, []);
    assert_eq!(world.refused(&[remove("o", "management", None)]).await, not_granted("management"));
}

pub(crate) async fn a_deleted_one_leaves_no_scopes(world: &World) {
    given(world).await;
    world.commit(&[add("o", "management", None), add("p", "management", None)]).await;
    let delete = Intent::SetCredentialState {
        environment: EnvironmentName::management(),
        client_id: id("o"),
        state: State::Deleted,
        expected: None,
    };
    world.commit(&[delete]).await;
    assert_eq!(*operator(world, "o").await.grants, []);
    assert_eq!(operator(world, "p").await.grants.len(), 1);
}

pub(crate) async fn theirs_know_no_limit(world: &World) {
    given(world).await;
    let more: Vec<Intent> =
        (0..20).map(|n| create_credential_in("management", &format!("more-{n}"), "operators")).collect();
    world.commit(&more).await;
    let company = world.store.company(&id("operators")).await.unwrap().unwrap();
    assert_eq!((company.credentials, company.limit()), (22, None));
    // It is no account of anybody who is served.
    let listed = world.store.companies(&CompanyFilter::default(), &Page::first(10)).await.unwrap();
    assert_eq!(listed.iter().map(|company| company.id.as_str()).collect::<Vec<_>>(), ["acme"]);
    assert_eq!(world.store.company(&id("acme")).await.unwrap().unwrap().limit(), Some(5));
}

/// The operators `o` and `p`, who may do nothing yet, and a company that is none of theirs.
async fn given(world: &World) {
    let company = create_company_with("operators", u32::MAX);
    let operators = ["o", "p"].map(|client_id| create_credential_in("management", client_id, "operators"));
    world.commit(&[company, create_company("acme")]).await;
    world.commit(&operators).await;
}

async fn operator(world: &World, client_id: &str) -> Credential {
    let client_id: ClientId = id(client_id);
    world.store.credential(&EnvironmentName::management(), &client_id).await.unwrap().unwrap()
}

fn add(client_id: &str, api: &str, scopes: Option<&[&str]>) -> Intent {
    Intent::AddGrant {
        environment: EnvironmentName::management(),
        client_id: id(client_id),
        api: id(api),
        scopes: scopes.map(ids),
        expected: None,
    }
}

fn remove(client_id: &str, api: &str, scopes: Option<&[&str]>) -> Intent {
    Intent::RemoveGrant {
        environment: EnvironmentName::management(),
        client_id: id(client_id),
        api: id(api),
        scopes: scopes.map(ids),
        expected: None,
    }
}
