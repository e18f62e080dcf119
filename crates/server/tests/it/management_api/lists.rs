//! Pages, prefixes and cursors.

use jeton_testkit::{Management, ResponseExt as _};
use serde_json::json;

use super::problem;

async fn ids(api: &Management, path: &str) -> (Vec<String>, Option<String>) {
    let page = api.get(path).await.json();
    let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
    let ids = items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    (ids, page["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        for (id, name) in [("b1", "Zeta"), ("b2", "Beta"), ("b3", "Beta")] {
            let made = api.post("/companies", &json!({ "id": id, "name": name })).await;
            assert_eq!(made.status(), 201);
        }
        let (first, next) = ids(&api, "/companies?limit=2&id_prefix=b").await;
        assert_eq!(first, ["b1", "b2"]);
        let next = next.unwrap();
        let (second, end) = ids(&api, &format!("/companies?limit=2&id_prefix=b&cursor={next}")).await;
        assert_eq!((second, end), (vec!["b3".to_owned()], None));
        let (by_name, next) = ids(&api, "/companies?limit=2&name_prefix=").await;
        assert_eq!(by_name.len(), 2);
        let (rest, _) = ids(&api, &format!("/companies?name_prefix=&cursor={}", next.unwrap())).await;
        let by_name = [by_name, rest].concat();
        let at = |id: &str| by_name.iter().position(|one| one == id).unwrap();
        assert!(at("b2") < at("b3") && at("b3") < at("b1"), "{by_name:?}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_one_list_and_nobody_makes_one_up() {
    let api = Management::on_sqlite().await;
    assert_eq!(api.post("/companies", &json!({ "id": "b", "name": "B" })).await.status(), 201);
    let (_, next) = ids(&api, "/companies?limit=1").await;
    let next = next.unwrap();
    assert_eq!(api.get(&format!("/companies?limit=5&cursor={next}")).await.status(), 200);
    let mut forged = next.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let elsewhere = [
        format!("/companies?cursor={forged}"),
        format!("/companies?id_prefix=a&cursor={next}"),
        format!("/companies?name_prefix=&cursor={next}"),
        format!("/apis?cursor={next}"),
        "/companies?cursor=".to_owned(),
        "/companies?cursor=%00".to_owned(),
        "/companies?cursor=AAAA".to_owned(),
        format!("/companies?cursor={}", "A".repeat(4000)),
        format!("/companies?cursor={}", &next[..next.len() - 1]),
    ];
    for path in elsewhere {
        problem(&api.get(&path).await, 400, "malformed", 2);
    }
}
