//! Grants.

use jeton_core::Algorithm;
use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::Grant;

use super::World;
use super::given::{
    ApiUpdate, add_grant, audience, create_api, create_api_with, create_company, create_credential,
    create_credential_in, id, ids, not_found, remove_grant, revision_changed, update_api,
};

pub(crate) async fn scopes_are_granted_and_stay(world: &World) {
    given(world).await;
    world.commit(&[add_grant("a", "voice", Some(&["v.2"]))]).await;
    world.commit(&[add_grant("a", "voice", Some(&["v.1", "v.2"]))]).await;
    let sequence = world.commit(&[add_grant("a", "fax", Some(&["f"]))]).await;
    let grant = |api: &str, scopes: &[&str]| Grant {
        api: id(api),
        audience: id(&format!("https://{api}.example")),
        algorithm: Algorithm::Es256,
        scopes: ids(scopes),
    };
    let credential = world.credential("a").await;
    assert_eq!(*credential.grants, [grant("fax", &["f"]), grant("voice", &["v.1", "v.2"])]);
    assert_eq!(credential.revision, sequence);
}

pub(crate) async fn all_scopes_are_those_of_now(world: &World) {
    given(world).await;
    world.commit(&[add_grant("a", "voice", None)]).await;
    let more = ApiUpdate { add_scopes: vec!["v.9"], ..update_api("voice") };
    world.commit(&[more.into()]).await;
    assert_eq!(scopes(world, "a").await, ["v.1", "v.2", "v.3"]);
    world.commit(&[add_grant("a", "voice", None)]).await;
    assert_eq!(scopes(world, "a").await, ["v.1", "v.2", "v.3", "v.9"]);
}

pub(crate) async fn an_api_without_scopes_is_granted(world: &World) {
    given(world).await;
    world.commit(&[create_api("plain", &[]), add_grant("a", "plain", None)]).await;
    let credential = world.credential("a").await;
    assert_eq!((credential.grants.len(), credential.grants[0].scopes.len()), (1, 0));
    world.commit(&[remove_grant("a", "plain", None)]).await;
    assert_eq!(*world.credential("a").await.grants, []);
}

pub(crate) async fn the_audience_is_the_environments(world: &World) {
    given(world).await;
    let own = audience("https://p.example", &[("sandbox", "https://s.example")]);
    world.commit(&[create_api_with("two", own, &["two"], Algorithm::Es256)]).await;
    let in_sandbox = Intent::AddGrant {
        environment: id("sandbox"),
        client_id: id("a"),
        api: id("two"),
        scopes: None,
        expected: None,
    };
    world.commit(&[create_credential_in("sandbox", "a", "acme"), in_sandbox]).await;
    world.commit(&[add_grant("a", "two", None)]).await;
    assert_eq!(world.credential("a").await.grants[0].audience, id("https://p.example"));
    let sandbox = world.credential_in("sandbox", "a").await.unwrap();
    assert_eq!(sandbox.grants[0].audience, id("https://s.example"));
}

pub(crate) async fn what_is_missing_is_refused(world: &World) {
    given(world).await;
    assert_eq!(world.refused(&[add_grant("a", "none", None)]).await, not_found("API", "none"));
    for scope in ["v.4", "f"] {
        let reason = RefusedReason::NoSuchScope { api: id("voice"), scope: id(scope) };
        assert_eq!(world.refused(&[add_grant("a", "voice", Some(&["v.1", scope]))]).await, reason);
    }
}

pub(crate) async fn algorithms_must_not_differ(world: &World) {
    given(world).await;
    let rsa = create_api_with("rsa", audience("https://rsa.example", &[]), &["r"], Algorithm::Rs256);
    world.commit(&[rsa, add_grant("a", "voice", None)]).await;
    let reason = RefusedReason::AlgorithmsDiffer {
        api: id("rsa"),
        algorithm: Algorithm::Rs256,
        other: id("voice"),
        other_algorithm: Algorithm::Es256,
    };
    assert_eq!(world.refused(&[add_grant("a", "rsa", None)]).await, reason);
    world.commit(&[remove_grant("a", "voice", None), add_grant("a", "rsa", None)]).await;
    assert_eq!(world.credential("a").await.grants[0].algorithm, Algorithm::Rs256);
}

pub(crate) async fn scopes_are_taken_away_and_the_api_with_the_last(world: &World) {
    given(world).await;
    world.commit(&[add_grant("a", "voice", None), add_grant("a", "fax", None)]).await;
    world.commit(&[remove_grant("a", "voice", Some(&["v.2", "v.2"]))]).await;
    assert_eq!(scopes(world, "a").await, ["f", "v.1", "v.3"]);
    let sequence = world.commit(&[remove_grant("a", "voice", Some(&["v.3", "v.1"]))]).await;
    let credential = world.credential("a").await;
    assert_eq!(credential.grants.len(), 1);
    assert_eq!((&credential.grants[0].api, credential.revision), (&id("fax"), sequence));
}

pub(crate) async fn what_is_not_granted_is_not_taken_away(world: &World) {
    given(world).await;
    world.commit(&[add_grant("a", "voice", Some(&["v.1"]))]).await;
    let not_granted = |grant: &str| RefusedReason::NotGranted { client_id: id("a"), grant: grant.into() };
    assert_eq!(world.refused(&[remove_grant("a", "fax", None)]).await, not_granted("fax"));
    assert_eq!(world.refused(&[remove_grant("a", "none", None)]).await, not_granted("none"));
    let remove = remove_grant("a", "voice", Some(&["v.1", "v.2"]));
    assert_eq!(world.refused(&[remove]).await, not_granted("voice:v.2"));
}

pub(crate) async fn a_stale_revision_is_refused(world: &World) {
    let made = given(world).await;
    world.commit(&[add_grant("a", "voice", None)]).await;
    let (environment, client_id, api) = (id("production"), id("a"), id("voice"));
    let remove = Intent::RemoveGrant { environment, client_id, api, scopes: None, expected: Some(made) };
    assert_eq!(world.refused(&[remove]).await, revision_changed("credential", "a"));
    let (environment, client_id, api) = (id("production"), id("a"), id("fax"));
    let add = Intent::AddGrant { environment, client_id, api, scopes: None, expected: Some(made) };
    assert_eq!(world.refused(&[add]).await, revision_changed("credential", "a"));
}

/// The credential `a`, and the APIs `voice` (v.1, v.2, v.3) and `fax` (f).
async fn given(world: &World) -> jeton_core::model::Sequence {
    world.commit(&[create_api("voice", &["v.1", "v.2", "v.3"]), create_api("fax", &["f"])]).await;
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await
}

/// All granted scopes, over all APIs.
async fn scopes(world: &World, client_id: &str) -> Vec<String> {
    let grants = world.credential(client_id).await.grants;
    grants.iter().flat_map(|grant| &grant.scopes).map(ToString::to_string).collect()
}
