//! APIs with their audiences and scopes.

use jeton_core::Algorithm;
use jeton_core::id::{ApiId, ScopeName};
use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::{Api, State};
use jeton_core::store::{ApiFilter, Page};

use super::World;
use super::given::{
    ApiUpdate, add_grant, audience, create_api, create_api_with, create_company, create_credential,
    delete_api, exists, id, ids, not_found, remove_grant, revision_changed, set_credential, update_api,
};
use super::world::NOW;

pub(crate) async fn one_is_made_and_read(world: &World) {
    let audience = audience("https://voice.example", &[("sandbox", "https://voice.sandbox.example")]);
    let scopes = ["voice.numbers", "voice.billing", "voice.billing"];
    let sequence =
        world.commit(&[create_api_with("voice", audience.clone(), &scopes, Algorithm::Rs256)]).await;
    let api = Api {
        id: id("voice"),
        audience,
        scopes: ids(&["voice.billing", "voice.numbers"]),
        algorithm: Algorithm::Rs256,
        created: NOW,
        revision: sequence,
    };
    assert_eq!(world.api("voice").await, Some(api));
    assert_eq!(world.api("other").await, None);
}

pub(crate) async fn an_id_is_taken_until_its_deletion(world: &World) {
    world.commit(&[create_api("voice", &["s"])]).await;
    assert_eq!(world.refused(&[create_api("voice", &[])]).await, exists("API", "voice"));
    world.commit(&[delete_api("voice")]).await;
    assert_eq!(world.api("voice").await, None);
    world.commit(&[create_api("voice", &["s"])]).await;
}

pub(crate) async fn a_default_audience_is_taken(world: &World) {
    world.commit(&[create_api("voice", &[])]).await;
    let reason = world.refused(&[with_audience("video", "https://voice.example", &[])]).await;
    assert_eq!(reason, taken("voice", "https://voice.example", None));
    world.commit(&[create_api("video", &[])]).await;
    let update = ApiUpdate { audience: Some("https://voice.example"), ..update_api("video") };
    let reason = world.refused(&[update.into()]).await;
    assert_eq!(reason, taken("voice", "https://voice.example", None));
}

pub(crate) async fn an_own_audience_is_taken(world: &World) {
    world.commit(&[with_audience("voice", "https://a.example", &[("sandbox", "https://s.example")])]).await;
    let video = with_audience("video", "https://b.example", &[("sandbox", "https://s.example")]);
    assert_eq!(world.refused(&[video]).await, taken("voice", "https://s.example", Some("sandbox")));
}

pub(crate) async fn an_own_audience_meets_a_default(world: &World) {
    world.commit(&[create_api("voice", &[])]).await;
    let video = with_audience("video", "https://b.example", &[("sandbox", "https://voice.example")]);
    assert_eq!(world.refused(&[video]).await, taken("voice", "https://voice.example", Some("sandbox")));
}

pub(crate) async fn a_default_audience_meets_an_own(world: &World) {
    world.commit(&[with_audience("voice", "https://a.example", &[("sandbox", "https://s.example")])]).await;
    let video = with_audience("video", "https://s.example", &[]);
    assert_eq!(world.refused(&[video]).await, taken("voice", "https://s.example", Some("sandbox")));
}

/// One text, at two APIs, but never in the same environment.
pub(crate) async fn own_audiences_may_step_aside(world: &World) {
    world.commit(&[with_audience("voice", "https://a.example", &[("sandbox", "https://s.example")])]).await;
    let own = [("sandbox", "https://a.example"), ("staging", "https://s.example")];
    world.commit(&[with_audience("video", "https://b.example", &own)]).await;
}

pub(crate) async fn taking_an_own_audience_away_may_clash(world: &World) {
    world.commit(&[with_audience("voice", "https://a.example", &[("sandbox", "https://s.example")])]).await;
    world.commit(&[with_audience("video", "https://b.example", &[("sandbox", "https://a.example")])]).await;
    let update = || ApiUpdate { audience_in: vec![("sandbox", None)], ..update_api("voice") };
    let reason = world.refused(&[update().into()]).await;
    assert_eq!(reason, taken("video", "https://a.example", Some("sandbox")));
    let both = ApiUpdate { audience: Some("https://c.example"), ..update() };
    world.commit(&[both.into()]).await;
}

pub(crate) async fn a_scope_is_taken(world: &World) {
    world.commit(&[create_api("voice", &["s", "t"]), create_api("video", &["u"])]).await;
    let reason = RefusedReason::ScopeTaken { api: id("voice"), scope: id("t") };
    assert_eq!(world.refused(&[create_api("fax", &["f", "t"])]).await, reason);
    let update = ApiUpdate { add_scopes: vec!["t"], ..update_api("video") };
    assert_eq!(world.refused(&[update.into()]).await, reason);
}

pub(crate) async fn audiences_and_scopes_are_updated(world: &World) {
    world.commit(&[with_audience("voice", "https://a.example", &[("sandbox", "https://s.example")])]).await;
    let update = ApiUpdate {
        audience: Some("https://b.example"),
        audience_in: vec![("sandbox", None), ("staging", Some("https://t.example")), ("qa", None)],
        add_scopes: vec!["t", "s", "t"],
        algorithm: Some(Algorithm::EdDsa),
        ..update_api("voice")
    };
    world.commit(&[update.into()]).await;
    let update = ApiUpdate { add_scopes: vec!["s", "u"], remove_scopes: vec!["t"], ..update_api("voice") };
    let sequence = world.commit(&[update.into()]).await;
    let api = world.api("voice").await.unwrap();
    assert_eq!(api.audience, audience("https://b.example", &[("staging", "https://t.example")]));
    assert_eq!(api.scopes, ids::<ScopeName>(&["s", "u"]));
    assert_eq!((api.algorithm, api.revision), (Algorithm::EdDsa, sequence));
}

pub(crate) async fn a_scope_that_is_missing_is_not_removed(world: &World) {
    world.commit(&[create_api("voice", &["s"]), create_api("video", &["v"])]).await;
    for scope in ["v", "x"] {
        let update = ApiUpdate { remove_scopes: vec![scope], ..update_api("voice") };
        let reason = RefusedReason::NoSuchScope { api: id("voice"), scope: id(scope) };
        assert_eq!(world.refused(&[update.into()]).await, reason);
    }
}

pub(crate) async fn a_granted_scope_stays(world: &World) {
    given_a_grant(world).await;
    let remove = |scope| -> Intent { ApiUpdate { remove_scopes: vec![scope], ..update_api("voice") }.into() };
    let reason = RefusedReason::ScopeGranted {
        api: id("voice"),
        scope: id("s"),
        count: 1,
        client_id: id("a"),
        environment: id("production"),
    };
    assert_eq!(world.refused(&[remove("s")]).await, reason);
    world.commit(&[remove("t")]).await;
}

pub(crate) async fn a_granted_algorithm_stays(world: &World) {
    given_a_grant(world).await;
    let sign_with =
        |algorithm| -> Intent { ApiUpdate { algorithm: Some(algorithm), ..update_api("voice") }.into() };
    assert_eq!(world.refused(&[sign_with(Algorithm::Ps256)]).await, granted());
    world.commit(&[sign_with(Algorithm::Es256)]).await;
    world.commit(&[remove_grant("a", "voice", None), sign_with(Algorithm::Ps256)]).await;
    assert_eq!(world.api("voice").await.unwrap().algorithm, Algorithm::Ps256);
}

pub(crate) async fn a_granted_one_is_not_deleted(world: &World) {
    given_a_grant(world).await;
    assert_eq!(world.refused(&[delete_api("voice")]).await, granted());
    world.commit(&[remove_grant("a", "voice", None), delete_api("voice")]).await;
    assert_eq!(world.api("voice").await, None);
}

pub(crate) async fn a_deleted_credential_grants_nothing(world: &World) {
    given_a_grant(world).await;
    world.commit(&[set_credential("a", State::Suspended)]).await;
    assert_eq!(world.refused(&[delete_api("voice")]).await, granted());
    world.commit(&[set_credential("a", State::Deleted), delete_api("voice")]).await;
    assert_eq!(*world.credential("a").await.grants, []);
}

pub(crate) async fn one_that_is_missing_is_not_found(world: &World) {
    let reason = not_found("API", "voice");
    assert_eq!(world.refused(&[update_api("voice").into()]).await, reason);
    assert_eq!(world.refused(&[delete_api("voice")]).await, reason);
}

pub(crate) async fn a_stale_revision_is_refused(world: &World) {
    let made = world.commit(&[create_api("voice", &[])]).await;
    let update = || -> Intent { ApiUpdate { expected: Some(made), ..update_api("voice") }.into() };
    world.commit(&[update()]).await;
    let stale = revision_changed("API", "voice");
    assert_eq!(world.refused(&[update()]).await, stale);
    let delete = Intent::DeleteApi { id: id("voice"), expected: Some(made) };
    assert_eq!(world.refused(&[delete]).await, stale);
}

pub(crate) async fn lists_are_paged(world: &World) {
    for api in ["c", "a", "b"] {
        world.commit(&[create_api(api, &[&format!("{api}.1"), &format!("{api}.2")])]).await;
    }
    let list = async |after: Option<&str>| {
        let page = Page::<ApiId> { after: after.map(id), limit: 2 };
        let apis = world.store.apis(&ApiFilter::default(), &page).await.unwrap();
        apis.iter().map(|api| format!("{} {}", api.id, api.scopes.len())).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, ["a 2", "b 2"]);
    assert_eq!(list(Some("b")).await, ["c 2"]);
    assert_eq!(list(Some("c")).await, [] as [&str; 0]);
}

pub(crate) async fn lists_begin_with_a_prefix(world: &World) {
    for api in ["a", "ab", "ab-c", "ac", "b"] {
        world.commit(&[create_api(api, &[&format!("{api}.1")])]).await;
    }
    let list = async |prefix: &str, after: Option<&str>| {
        let filter = ApiFilter { id_prefix: Some(prefix.to_owned()) };
        let page = Page::<ApiId> { after: after.map(id), limit: 2 };
        let apis = world.store.apis(&filter, &page).await.unwrap();
        apis.iter().map(|api| api.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list("ab", None).await, ["ab", "ab-c"]);
    assert_eq!(list("ab", Some("ab")).await, ["ab-c"]);
    assert_eq!(list("ab", Some("a")).await, ["ab", "ab-c"]);
    assert_eq!(list("ab", Some("b")).await, [] as [&str; 0]);
    assert_eq!(list("", Some("ac")).await, ["b"]);
    for none in ["A", "a_", "%", "ab\0"] {
        assert_eq!(list(none, None).await, [] as [&str; 0], "{none:?}");
    }
}

/// `a` may use `voice` with the scope `s`, and not with `t`.
async fn given_a_grant(world: &World) {
    let voice = create_api("voice", &["s", "t"]);
    let grant = add_grant("a", "voice", Some(&["s"]));
    world.commit(&[voice, create_company("acme"), create_credential("a", "acme"), grant]).await;
}

fn granted() -> RefusedReason {
    RefusedReason::ApiGranted {
        api: id("voice"),
        count: 1,
        client_id: id("a"),
        environment: id("production"),
    }
}

fn with_audience(api: &str, default: &str, own: &[(&str, &str)]) -> Intent {
    create_api_with(api, audience(default, own), &[], Algorithm::Es256)
}

fn taken(api: &str, audience: &str, environment: Option<&str>) -> RefusedReason {
    RefusedReason::AudienceTaken { api: id(api), audience: id(audience), environment: environment.map(id) }
}
