//! Rows that no store of ours wrote: they cost their owner the answer, and nobody else.

use jeton_core::StoreError;
use jeton_core::id::{ApiId, ClientId, CompanyId};
use jeton_core::intent::Intent;
use jeton_core::model::{KeyState, Sequence};

use super::World;
use super::given::{
    add_grant, add_secret, create_api, create_company, create_company_with, create_credential, hash_key, id,
    sealed, secret, signing_key,
};
use super::world::NOW;

pub(crate) async fn a_poisoned_credential_harms_nobody_else(world: &World) {
    let poison = [
        "UPDATE credentials SET state = 'frozen' WHERE client_id = $",
        "UPDATE credentials SET state = '' WHERE client_id = $",
        "UPDATE credentials SET label = '' WHERE client_id = $",
        "UPDATE credentials SET owner = 'a' || X'0A' WHERE client_id = $",
        "UPDATE credentials SET networks = '' WHERE client_id = $",
        "UPDATE credentials SET networks = '192.0.2.0/24 ' WHERE client_id = $",
        "UPDATE credentials SET networks = '192.0.2.1/24' WHERE client_id = $",
        "UPDATE credentials SET networks = '2001:db8::/32 192.0.2.0/24' WHERE client_id = $",
        "UPDATE credentials SET handle = 'short' WHERE client_id = $",
        "UPDATE secrets SET kind = 'guessed' WHERE client_id = $",
        "UPDATE secrets SET hash_kind = 'md5' WHERE client_id = $",
        "UPDATE secrets SET hash_key = NULL WHERE client_id = $",
        "UPDATE secrets SET hash = X'00' WHERE client_id = $",
        "UPDATE secrets SET lookup_tag = X'' WHERE client_id = $",
        "UPDATE secrets SET id = '-' WHERE client_id = $",
        "UPDATE grants SET api = 'poisoned' WHERE client_id = $",
    ];
    world
        .commit(&[create_company_with("acme", 50), create_api("fax", &["f"]), create_api("poisoned", &[])])
        .await;
    world.backstage.sql("UPDATE apis SET algorithm = 'none' WHERE id = 'poisoned'").await;
    world.commit(&[create_api("plain", &[]), create_credential("good", "acme")]).await;
    for (number, poison) in poison.iter().enumerate() {
        let client_id = format!("bad{number}");
        let secret = secret(&format!("s{number}"), NOW);
        let intents = [
            create_credential(&client_id, "acme"),
            add_secret(&client_id, secret),
            add_grant(&client_id, "plain", None),
        ];
        world.commit(&intents).await;
        world.backstage.sql(&poison.replace('$', &format!("'{client_id}'"))).await;
        let named: ClientId = id(&client_id);
        let found = world.store.find_credentials(&id("production"), [Some(&named), None], NOW).await;
        assert_bad(found, poison);
        assert_bad(world.store.credential(&id("production"), &named).await, poison);
        let good: ClientId = id("good");
        let found = world.store.find_credentials(&id("production"), [Some(&good), None], NOW).await;
        assert!(found.unwrap().value[0].is_some());
    }
    // The rest of the company goes on, too.
    world.commit(&[create_credential("next", "acme")]).await;
}

pub(crate) async fn a_poisoned_company_or_api_is_named(world: &World) {
    world.commit(&[create_company("bad"), create_company("good")]).await;
    world.commit(&[create_api("bad", &["s"]), create_api("good", &["t"])]).await;
    for poison in ["name = ''", "name = 'Acme', state = 'gone'", "state = 'active', credential_limit = -1"] {
        world.backstage.sql(&format!("UPDATE companies SET {poison} WHERE id = 'bad'")).await;
        let why = assert_bad(world.store.company(&id::<CompanyId>("bad")).await, poison);
        assert!(why.contains("company \"bad\""), "{why}");
    }
    world.backstage.sql("UPDATE api_audiences SET audience = 'no uri' WHERE api = 'bad'").await;
    let why = assert_bad(world.store.api(&id::<ApiId>("bad")).await, "audience");
    assert!(why.contains("API \"bad\"") && !why.contains("no uri"), "{why}");
    world.backstage.sql("DELETE FROM api_audiences WHERE api = 'bad'").await;
    assert_bad(world.store.api(&id::<ApiId>("bad")).await, "no audience");
    assert!(world.company("good").await.is_some());
    assert!(world.api("good").await.is_some());
}

pub(crate) async fn a_poisoned_key_stops_all_keys(world: &World) {
    let add = |kid, state| Intent::AddSigningKey(signing_key(kid, state));
    let intents = [
        add("k1", KeyState::Active),
        add("k2", KeyState::Next),
        Intent::AddHashKey(hash_key(1)),
        Intent::SetMasterKeyCheck(sealed(b"check")),
    ];
    world.commit(&intents).await;
    world.backstage.sql("UPDATE signing_keys SET algorithm = 'HS256' WHERE kid = 'k2'").await;
    let why = assert_bad(world.store.keys().await, "algorithm");
    assert!(why.contains("signing key \"k2\""), "{why}");
    world.backstage.sql("UPDATE signing_keys SET state = 'removed' WHERE kid = 'k2'").await;
    world.backstage.sql("UPDATE settings SET master_key = NULL").await;
    assert_bad(world.store.keys().await, "master key");
}

pub(crate) async fn a_poisoned_change_stands_for_anything(world: &World) {
    world.commit(&[create_company("a")]).await;
    world.commit(&[create_company("b")]).await;
    world.commit(&[create_company("c")]).await;
    world.backstage.sql("UPDATE changes SET kind = 'company.sold' WHERE sequence = 1").await;
    world.backstage.sql("UPDATE changes SET company = 'No Id' WHERE sequence = 2").await;
    let rows = world.store.changes(Sequence(0), 9).await.unwrap().rows;
    assert_eq!((rows[0].kind, rows[0].target.as_str(), rows[0].invalidates), (None, "a", false));
    assert_eq!((rows[1].kind, &rows[1].company, rows[1].invalidates), (None, &None, true));
    assert_eq!(rows[2].company, Some(id("c")));
}

/// What the error says.
fn assert_bad<T: std::fmt::Debug>(result: Result<T, StoreError>, poison: &str) -> String {
    match result {
        Err(StoreError::BadRow(why)) => why,
        other => panic!("{poison}: {other:?}"),
    }
}
