//! `jeton hash-key`.

use serde_json::json;

use crate::support::{Credential, Place, form_token};

#[test]
fn the_old_one_goes_once_every_secret_was_used() {
    for place in Place::both().map(Place::with_acme) {
        let known = Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() };
        place.credential("idle");
        let server = place.start();
        let list = place.json("hash-key list");
        assert_eq!(
            (&list[0]["number"], &list[0]["secrets"], &list[0]["newest"]),
            (&json!(1), &json!(2), &json!(true))
        );
        let told = place.refused(5, "hash-key drop 1");
        assert!(told.contains("newest"), "{told}");
        let list = place.json("hash-key add");
        assert_eq!((&list[1]["number"], &list[1]["newest"]), (&json!(2), &json!(true)), "{list}");
        let told = place.refused(5, "hash-key drop 1");
        assert!(told.contains("idle in production") && told.contains("--danger-locks-out"), "{told}");
        place.refused(3, "hash-key drop 7");
        assert_eq!(form_token(&server.production(), &known).status, 200);
        let dropped = place.json("hash-key drop 1 --danger-locks-out");
        assert_eq!(dropped["dropped"], json!(1), "{dropped}");
        assert!(
            dropped["locked_out"].as_array().unwrap().contains(&json!("idle in production")),
            "{dropped}"
        );
        server.stop();
    }
}
