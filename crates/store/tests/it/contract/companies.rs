//! Companies.

use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::{Company, Sequence, State};
use jeton_core::store::{CompanyFilter, CompanyKey, Page};

use super::World;
use super::given::{
    create_company, create_credential, exists, id, not_found, revision_changed, set_company, set_credential,
};
use super::world::NOW;

pub(crate) async fn one_is_made_and_read(world: &World) {
    let sequence = world.commit(&[create_company("acme")]).await;
    let company = Company {
        id: id("acme"),
        name: id("Acme & Söhne"),
        state: State::Active,
        credential_limit: 5,
        credentials: 0,
        created: NOW,
        revision: sequence,
    };
    assert_eq!(world.company("acme").await, Some(company));
    assert_eq!(world.company("other").await, None);
}

pub(crate) async fn an_id_is_given_once(world: &World) {
    world.commit(&[create_company("acme")]).await;
    assert_eq!(world.refused(&[create_company("acme")]).await, exists("company", "acme"));
}

pub(crate) async fn a_deleted_id_is_spent(world: &World) {
    world.commit(&[create_company("acme")]).await;
    world.commit(&[set_company("acme", State::Deleted)]).await;
    let spent = RefusedReason::Spent { what: "company", id: "acme".into() };
    assert_eq!(world.refused(&[create_company("acme")]).await, spent);
    assert_eq!(world.company("acme").await.unwrap().state, State::Deleted);
}

pub(crate) async fn one_is_updated_in_part(world: &World) {
    world.commit(&[create_company("acme")]).await;
    world.commit(&[update("acme", Some("New name"), None, None)]).await;
    let sequence = world.commit(&[update("acme", None, Some(7), None)]).await;
    let company = world.company("acme").await.unwrap();
    assert_eq!((company.name, company.credential_limit), (id("New name"), 7));
    assert_eq!((company.revision, company.created), (sequence, NOW));
}

pub(crate) async fn one_that_is_missing_is_not_found(world: &World) {
    world.commit(&[create_company("gone")]).await;
    world.commit(&[set_company("gone", State::Deleted)]).await;
    for company in ["gone", "never"] {
        let reason = not_found("company", company);
        assert_eq!(world.refused(&[update(company, None, Some(1), None)]).await, reason);
        for &state in State::ALL {
            assert_eq!(world.refused(&[set_company(company, state)]).await, reason);
        }
    }
}

pub(crate) async fn a_stale_revision_is_refused(world: &World) {
    let made = world.commit(&[create_company("acme")]).await;
    world.commit(&[update("acme", None, Some(6), Some(made))]).await;
    let stale = revision_changed("company", "acme");
    assert_eq!(world.refused(&[update("acme", None, Some(7), Some(made))]).await, stale);
    let suspend = Intent::SetCompanyState { id: id("acme"), state: State::Suspended, expected: Some(made) };
    assert_eq!(world.refused(&[suspend]).await, stale);
}

pub(crate) async fn one_is_suspended_and_resumed(world: &World) {
    world.commit(&[create_company("acme")]).await;
    for state in [State::Suspended, State::Active] {
        world.commit(&[set_company("acme", state)]).await;
        assert_eq!(world.company("acme").await.unwrap().state, state);
        let already = RefusedReason::AlreadyIn { what: "company", id: "acme".into(), state };
        assert_eq!(world.refused(&[set_company("acme", state)]).await, already);
    }
}

pub(crate) async fn suspending_raises_generations(world: &World) {
    world.commit(&[create_company("acme"), create_company("other")]).await;
    world.commit(&[create_credential("a", "acme"), create_credential("o", "other")]).await;
    world.commit(&[create_credential("d", "acme"), set_credential("d", State::Deleted)]).await;
    let before = (world.credential("a").await, world.credential("d").await, world.credential("o").await);

    let sequence = world.commit(&[set_company("acme", State::Suspended)]).await;
    let suspended = world.credential("a").await;
    assert_eq!(suspended.generation, before.0.generation + 1);
    assert_eq!((suspended.state, suspended.company_state), (State::Active, State::Suspended));
    assert_eq!(suspended.revision, sequence);
    assert_eq!(world.credential("o").await, before.2);
    assert_eq!(world.credential("d").await.generation, before.1.generation);

    world.commit(&[set_company("acme", State::Active)]).await;
    assert_eq!(world.credential("a").await.generation, suspended.generation);
}

pub(crate) async fn one_with_credentials_is_not_deleted(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    world.commit(&[create_credential("b", "acme"), set_credential("b", State::Suspended)]).await;
    let held = RefusedReason::CompanyHasCredentials { company: id("acme"), count: 2 };
    assert_eq!(world.refused(&[set_company("acme", State::Deleted)]).await, held);
    world.commit(&[set_credential("a", State::Deleted), set_credential("b", State::Deleted)]).await;
    world.commit(&[set_company("acme", State::Deleted)]).await;
    assert_eq!(world.company("acme").await.unwrap().credentials, 0);
}

pub(crate) async fn lists_are_paged_without_the_deleted(world: &World) {
    for company in ["c", "a", "b", "d", "a-b"] {
        world.commit(&[create_company(company)]).await;
    }
    world.commit(&[set_company("b", State::Deleted), create_credential("x", "c")]).await;
    let key = |company: &str| CompanyKey { name: id("Acme"), id: id(company) };
    let page = |after: Option<&str>, limit| Page { after: after.map(key), limit };
    let all = CompanyFilter::default();
    let list = async |page| {
        let companies = world.store.companies(&all, &page).await.unwrap();
        companies.iter().map(|company| company.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(page(None, 2)).await, ["a", "a-b"]);
    assert_eq!(list(page(Some("a-b"), 2)).await, ["c", "d"]);
    assert_eq!(list(page(Some("d"), 2)).await, [] as [&str; 0]);
    assert_eq!(world.store.companies(&all, &page(Some("a-b"), 1)).await.unwrap()[0].credentials, 1);
}

pub(crate) async fn lists_begin_with_a_prefix(world: &World) {
    for (company, name) in [
        ("z", "Acme"),
        ("a", "Acme"),
        ("ab", "ACME"),
        ("b", "Acme & Söhne"),
        ("ab-c", "Acmé"),
        ("c", "Böhm"),
        ("d", "Bö\u{10ffff}"),
        ("e", "Bö\u{10ffff}\u{10ffff} 1"),
        ("f", "B%"),
        ("g", "\u{10ffff}"),
        ("gone", "Acme"),
    ] {
        let create = Intent::CreateCompany { id: id(company), name: id(name), credential_limit: 5 };
        world.commit(&[create]).await;
    }
    world.commit(&[set_company("gone", State::Deleted)]).await;
    let list = async |id_prefix: Option<&str>, name_prefix: Option<&str>| {
        let [id_prefix, name_prefix] = [id_prefix, name_prefix].map(|prefix| prefix.map(str::to_owned));
        let filter = CompanyFilter { id_prefix, name_prefix };
        let (mut all, mut after) = (vec![], None);
        loop {
            // One at a time, so that every key is once the key before.
            let found = world.store.companies(&filter, &Page { after, limit: 1 }).await.unwrap();
            let Some(one) = found.first() else { break all };
            all.push(one.id.to_string());
            after = Some(CompanyKey::from(one));
        }
    };
    assert_eq!(list(Some("a"), None).await, ["a", "ab", "ab-c"]);
    assert_eq!(list(Some("ab"), None).await, ["ab", "ab-c"]);
    assert_eq!(list(None, Some("Acme")).await, ["a", "z", "b"]);
    assert_eq!(list(Some("a"), Some("Acm")).await, ["a", "ab-c"]);
    assert_eq!(list(None, Some("Bö")).await, ["c", "d", "e"]);
    assert_eq!(list(None, Some("Bö\u{10ffff}")).await, ["d", "e"]);
    assert_eq!(list(None, Some("B%")).await, ["f"]);
    assert_eq!(list(None, Some("\u{10ffff}")).await, ["g"]);
    // Every name, in the order of the bytes.
    let by_name = ["ab", "a", "z", "b", "ab-c", "f", "c", "d", "e", "g"];
    assert_eq!(list(None, Some("")).await, by_name);
    assert_eq!(list(Some(""), None).await, ["a", "ab", "ab-c", "b", "c", "d", "e", "f", "g", "z"]);
    for none in ["%", "_", "a_", "A\0", "\0", "'"] {
        assert_eq!(list(Some(none), None).await, [] as [&str; 0], "{none:?}");
        assert_eq!(list(None, Some(none)).await, [] as [&str; 0], "{none:?}");
    }
}

fn update(company: &str, name: Option<&str>, limit: Option<u32>, expected: Option<Sequence>) -> Intent {
    Intent::UpdateCompany { id: id(company), name: name.map(id), credential_limit: limit, expected }
}
