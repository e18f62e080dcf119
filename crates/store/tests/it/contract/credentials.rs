//! Credentials, their secrets and grants aside.

use ipnet::IpNet;
use jeton_core::Timestamp;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::intent::{Intent, RefusedReason, WhichSecrets};
use jeton_core::model::{Credential, State};
use jeton_core::networks::NetworkError;
use jeton_core::store::{CredentialFilter, Page};

use super::World;
use super::given::{
    add_grant, add_secret, create_api, create_company, create_company_with, create_credential,
    create_credential_in, exists, handle, id, not_found, remove_grant, revision_changed, revoke, secret,
    set_company, set_credential, touch_credential,
};
use super::world::NOW;

pub(crate) async fn one_is_made_and_read(world: &World) {
    let sequence = world.commit(&[create_company("acme"), create_credential("Acme.Main_~1", "acme")]).await;
    let credential = Credential {
        environment: id("production"),
        client_id: id("Acme.Main_~1"),
        company: id("acme"),
        company_state: State::Active,
        label: Some(id("nightly billing")),
        owner: None,
        networks: vec![],
        state: State::Active,
        handle: handle("production", "Acme.Main_~1"),
        generation: 1,
        created: NOW,
        expires: None,
        revision: sequence,
        secrets: Vec::new(),
        grants: [].into(),
    };
    assert_eq!(world.credential("Acme.Main_~1").await, credential);
    assert_eq!(world.credential_in("production", "acme.main_~1").await, None);
}

pub(crate) async fn its_company_must_be_active(world: &World) {
    let create = [create_credential("a", "acme")];
    assert_eq!(world.refused(&create).await, not_found("company", "acme"));
    world.commit(&[create_company("acme"), set_company("acme", State::Suspended)]).await;
    let suspended = RefusedReason::CompanyNotActive { company: id("acme"), state: State::Suspended };
    assert_eq!(world.refused(&create).await, suspended);
    world.commit(&[set_company("acme", State::Deleted)]).await;
    assert_eq!(world.refused(&create).await, not_found("company", "acme"));
}

pub(crate) async fn a_client_id_is_given_once(world: &World) {
    world.commit(&[create_company("acme"), create_company("other"), create_credential("a", "acme")]).await;
    for company in ["acme", "other"] {
        assert_eq!(world.refused(&[create_credential("a", company)]).await, exists("credential", "a"));
    }
}

pub(crate) async fn a_deleted_client_id_is_spent(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    world.commit(&[set_credential("a", State::Deleted)]).await;
    let spent = RefusedReason::Spent { what: "credential", id: "a".into() };
    assert_eq!(world.refused(&[create_credential("a", "acme")]).await, spent);
    assert_eq!(world.credential("a").await.state, State::Deleted);
}

pub(crate) async fn look_alikes_are_refused(world: &World) {
    world.commit(&[create_company("acme"), create_credential("Main-A", "acme")]).await;
    let reason = RefusedReason::LookAlike { other: id("Main-A") };
    assert_eq!(world.refused(&[create_credential("main-a", "acme")]).await, reason);
    world.commit(&[set_credential("Main-A", State::Deleted)]).await;
    assert_eq!(world.refused(&[create_credential("MAIN-A", "acme")]).await, reason);
}

pub(crate) async fn environments_are_apart(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    assert_eq!(world.credential_in("sandbox", "a").await, None);
    world.commit(&[create_credential_in("sandbox", "A", "acme")]).await;
    world.commit(&[set_credential("a", State::Deleted)]).await;
    assert_eq!(world.credential_in("sandbox", "A").await.unwrap().state, State::Active);
}

pub(crate) async fn a_handle_is_given_once(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    let twin = Intent::CreateCredential {
        environment: id("production"),
        client_id: id("b"),
        company: id("acme"),
        label: None,
        owner: None,
        networks: vec![],
        handle: handle("production", "a"),
    };
    assert_eq!(world.refused(&[twin]).await, exists("credential", "b"));
}

pub(crate) async fn one_is_updated_in_part(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    let update =
        |label: Option<Option<&str>>, owner: Option<Option<&str>>, expires| Intent::UpdateCredential {
            environment: id("production"),
            client_id: id("a"),
            label: label.map(|label| label.map(id)),
            owner: owner.map(|owner| owner.map(id)),
            networks: None,
            expires,
            expected: None,
        };
    let end = Timestamp::from_seconds(2_000_000);
    world.commit(&[update(None, Some(Some("Ada")), Some(Some(end)))]).await;
    let credential = world.credential("a").await;
    assert_eq!(credential.label, Some(id("nightly billing")));
    assert_eq!((credential.owner, credential.expires), (Some(id("Ada")), Some(end)));
    let sequence = world.commit(&[update(Some(None), None, Some(None))]).await;
    let credential = world.credential("a").await;
    assert_eq!((credential.label, credential.owner), (None, Some(id("Ada"))));
    assert_eq!((credential.expires, credential.revision), (None, sequence));
}

pub(crate) async fn suspending_and_deleting_raise_the_generation(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    for (state, generation) in [(State::Suspended, 2), (State::Active, 2), (State::Deleted, 3)] {
        let sequence = world.commit(&[set_credential("a", state)]).await;
        let credential = world.credential("a").await;
        assert_eq!((credential.state, credential.generation), (state, generation));
        assert_eq!(credential.revision, sequence);
    }
}

pub(crate) async fn a_state_is_entered_once(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    let already = |state| RefusedReason::AlreadyIn { what: "credential", id: "a".into(), state };
    assert_eq!(world.refused(&[set_credential("a", State::Active)]).await, already(State::Active));
    world.commit(&[set_credential("a", State::Suspended)]).await;
    assert_eq!(world.refused(&[set_credential("a", State::Suspended)]).await, already(State::Suspended));
}

pub(crate) async fn a_deleted_one_takes_no_change(world: &World) {
    world.commit(&[create_company("acme"), create_api("voice", &["s"])]).await;
    world.commit(&[create_credential("gone", "acme"), set_credential("gone", State::Deleted)]).await;
    for client_id in ["gone", "never"] {
        let intents = [
            touch_credential(client_id, None),
            set_credential(client_id, State::Active),
            set_credential(client_id, State::Suspended),
            set_credential(client_id, State::Deleted),
            add_grant(client_id, "voice", None),
            remove_grant(client_id, "voice", None),
            add_secret(client_id, secret("s1", NOW)),
            revoke(client_id, WhichSecrets::All),
        ];
        for intent in intents {
            assert_eq!(world.refused(&[intent]).await, not_found("credential", client_id));
        }
    }
}

pub(crate) async fn a_stale_revision_is_refused(world: &World) {
    let made = world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    world.commit(&[touch_credential("a", Some(made))]).await;
    let stale = revision_changed("credential", "a");
    assert_eq!(world.refused(&[touch_credential("a", Some(made))]).await, stale);
    let suspend = Intent::SetCredentialState {
        environment: id("production"),
        client_id: id("a"),
        state: State::Suspended,
        expected: Some(made),
    };
    assert_eq!(world.refused(&[suspend]).await, stale);
}

pub(crate) async fn lists_are_filtered_and_paged(world: &World) {
    world.commit(&[create_company("acme"), create_company("other"), create_api("voice", &["s", "t"])]).await;
    for (environment, client_id, company) in [
        ("sandbox", "a", "acme"),
        ("production", "b", "acme"),
        ("production", "C", "other"),
        ("production", "d", "acme"),
        ("production", "gone", "acme"),
        ("qa", "e", "other"),
    ] {
        world.commit(&[create_credential_in(environment, client_id, company)]).await;
    }
    world.commit(&[set_credential("gone", State::Deleted)]).await;
    world.commit(&[add_grant("b", "voice", None), add_secret("b", secret("s1", NOW))]).await;

    let list =
        async |company: Option<&str>, environment: Option<&str>, after: Option<(&str, &str)>, limit| {
            let (company, environment) = (company.map(id), environment.map(id));
            let filter = CredentialFilter { company, environment, id_prefix: None };
            let after = after.map(|(e, c)| (id::<EnvironmentName>(e), id::<ClientId>(c)));
            let found = world.store.credentials(&filter, &Page { after, limit }).await.unwrap();
            found.iter().map(|found| format!("{} {}", found.environment, found.client_id)).collect::<Vec<_>>()
        };
    let all = ["production C", "production b", "production d", "qa e", "sandbox a"];
    assert_eq!(list(None, None, None, 9).await, all);
    assert_eq!(list(None, None, None, 2).await, all[..2]);
    assert_eq!(list(None, None, Some(("production", "b")), 2).await, all[2..4]);
    assert_eq!(list(None, None, Some(("qa", "e")), 2).await, all[4..]);
    assert_eq!(list(Some("acme"), None, None, 9).await, ["production b", "production d", "sandbox a"]);
    assert_eq!(list(Some("acme"), None, Some(("production", "b")), 1).await, ["production d"]);
    assert_eq!(list(None, Some("production"), None, 9).await, all[..3]);
    assert_eq!(list(None, Some("production"), Some(("production", "b")), 9).await, all[2..3]);
    assert_eq!(list(Some("other"), Some("qa"), None, 9).await, ["qa e"]);
    assert_eq!(list(Some("nobody"), None, None, 9).await, [] as [&str; 0]);

    let filter = CredentialFilter { company: Some(id("acme")), ..CredentialFilter::default() };
    let first = world.store.credentials(&filter, &Page::first(1)).await.unwrap().remove(0);
    assert_eq!(first, world.credential("b").await);
    assert_eq!((first.secrets.len(), first.grants.len()), (1, 1));
}

pub(crate) async fn lists_begin_with_a_prefix(world: &World) {
    world.commit(&[create_company_with("acme", 50), create_company("other")]).await;
    for (environment, client_id, company) in [
        ("production", "Abc", "acme"),
        ("production", "a", "acme"),
        ("production", "ab", "acme"),
        ("production", "ab.c", "other"),
        ("production", "ab~", "acme"),
        ("production", "ac", "acme"),
        ("qa", "ab-2", "acme"),
        ("qa", "b", "acme"),
    ] {
        world.commit(&[create_credential_in(environment, client_id, company)]).await;
    }
    let list = async |prefix: &str, company: Option<&str>, environment: Option<&str>| {
        let (company, environment) = (company.map(id), environment.map(id));
        let filter = CredentialFilter { company, environment, id_prefix: Some(prefix.to_owned()) };
        let (mut all, mut after) = (vec![], None);
        loop {
            // One at a time, so that every key is once the key before.
            let found = world.store.credentials(&filter, &Page { after, limit: 1 }).await.unwrap();
            let Some(one) = found.first() else { break all };
            all.push(one.client_id.to_string());
            after = Some((one.environment.clone(), one.client_id.clone()));
        }
    };
    assert_eq!(list("ab", None, None).await, ["ab", "ab.c", "ab~", "ab-2"]);
    assert_eq!(list("ab", Some("acme"), None).await, ["ab", "ab~", "ab-2"]);
    assert_eq!(list("ab", Some("acme"), Some("production")).await, ["ab", "ab~"]);
    assert_eq!(list("ab", None, Some("qa")).await, ["ab-2"]);
    assert_eq!(list("", None, Some("qa")).await, ["ab-2", "b"]);
    for none in ["a%", "a_", "AB", "ab\0", "\0", "ab'", "\u{10ffff}", "\u{1f600}"] {
        assert_eq!(list(none, None, None).await, [] as [&str; 0], "{none:?}");
    }
}

pub(crate) async fn networks_are_kept_sorted_and_taken_away(world: &World) {
    let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpNet>>();
    let create = |client_id: &str, list: &[&str]| Intent::CreateCredential {
        environment: id("production"),
        client_id: id(client_id),
        company: id("acme"),
        label: None,
        owner: Some(id("Ada")),
        networks: networks(list),
        handle: handle("production", client_id),
    };
    let update = |list: Option<&[&str]>| Intent::UpdateCredential {
        environment: id("production"),
        client_id: id("a"),
        label: None,
        owner: None,
        networks: list.map(networks),
        expires: None,
        expected: None,
    };
    world.commit(&[create_company("acme")]).await;
    world.commit(&[create("a", &["2001:db8::/32", "192.0.2.0/24", "10.0.0.0/8", "192.0.2.0/24"])]).await;
    let kept = networks(&["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"]);
    assert_eq!(world.credential("a").await.networks, kept);
    assert_eq!(world.credential("a").await.owner, Some(id("Ada")));
    world.commit(&[update(None)]).await;
    assert_eq!(world.credential("a").await.networks, kept);
    world.commit(&[update(Some(&["198.51.100.7/32"]))]).await;
    assert_eq!(world.credential("a").await.networks, networks(&["198.51.100.7/32"]));

    let slip = networks(&["192.0.2.1/24"])[0];
    let host_bits = RefusedReason::Networks(NetworkError::HostBits { given: slip });
    assert_eq!(world.refused(&[update(Some(&["10.0.0.0/8", "192.0.2.1/24"]))]).await, host_bits);
    assert_eq!(world.refused(&[create("b", &["192.0.2.1/24"])]).await, host_bits);
    let many: Vec<String> = (0..65).map(|number| format!("10.0.{number}.0/24")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let too_many = RefusedReason::Networks(NetworkError::TooMany { count: 65 });
    assert_eq!(world.refused(&[update(Some(&many))]).await, too_many);
    world.commit(&[update(Some(&many[..64]))]).await;
    assert_eq!(world.credential("a").await.networks.len(), 64);

    world.commit(&[update(Some(&[]))]).await;
    assert_eq!(world.credential("a").await.networks, []);
}
