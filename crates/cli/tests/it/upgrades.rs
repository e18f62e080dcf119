//! Stores whose schema is older or newer than the binary's, on both databases.

use serde_json::json;

use crate::killing::{kill_after, rounds};
use crate::support::{Credential, Place, Rows, Seeded, form_token};

/// What the fixture's makers told one of its credentials (`crates/store/tests/fixtures/make.sh`).
const SECRET: &str = "only-a-fixture-and-nobodys-secret-0001";

const VERSIONS: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";

fn first_schema() -> [Place; 2] {
    Place::both().map(|place| place.with_fixture("0001"))
}

/// A migration of a newer binary, as somebody else's hands write it.
fn migrated_by_a_newer(place: &Place, statements: &[&str]) {
    let (checksum, done) = if place.is_postgres() { ("'\\x00'", "TRUE") } else { ("X'00'", "1") };
    let row = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'newer', {done}, {checksum}, 1)"
    );
    for statement in statements.iter().copied().chain([row.as_str()]) {
        place.sql(statement);
    }
}

/// As a contracting migration says what a binary must know.
fn requires(place: &Place, number: &str) {
    let value =
        if place.is_postgres() { format!("'{number}'::bytea") } else { format!("CAST('{number}' AS BLOB)") };
    place.sql(&format!("INSERT INTO settings (name, value) VALUES ('least_schema', {value})"));
}

/// What the migrations make of these rows: a credential has one column more, which is empty.
fn migrated(mut rows: Rows) -> Rows {
    rows.get_mut("credentials").unwrap().iter_mut().for_each(|row| row.push('|'));
    rows
}

/// Without what the first start of the present version writes: environments, and the audit key with its commit.
fn without_the_start(mut rows: Rows) -> Rows {
    for table in ["environments", "audit_chain", "counter"] {
        rows.remove(table);
    }
    let of_the_start = |row: &String| {
        let made = ["|audit_key.set|", "|management|", "|operators|"];
        made.iter().any(|word| row.contains(word)) || row.starts_with("operators|")
    };
    for table in ["changes", "companies", "signing_keys"] {
        rows.get_mut(table).unwrap().retain(|row| !of_the_start(row));
    }
    rows
}

#[test]
fn a_plan_says_what_a_migration_does_and_does_nothing() {
    for place in first_schema() {
        let before = place.rows();
        let plan = place.json("db migrate --plan");
        assert_eq!(plan["to_do"][0], json!({ "number": 2, "name": "leases" }), "{plan}");
        assert_eq!((&plan["schema"], &plan["done"]), (&json!(1), &json!([])), "{plan}");
        assert!(place.ok("db migrate --plan").contains("2 leases"));
        assert_eq!(place.json("db migrate --plan"), plan, "nothing was done");

        std::fs::remove_file(place.key()).unwrap();
        let done = place.json("db migrate");
        assert_eq!((&done["done"], &done["to_do"]), (&plan["to_do"], &json!([])), "{done}");
        let newest = &plan["to_do"].as_array().unwrap().last().unwrap()["number"];
        assert_eq!((&done["schema_before"], &done["schema"]), (&json!(1), newest), "{done}");
        assert_eq!(place.rows(), migrated(before));
        assert_eq!(place.json("db migrate")["done"], json!([]));
    }
}

#[test]
fn a_database_is_prepared_and_a_folder_must_have_a_store() {
    let [folder, postgres] = Place::both();
    for line in ["db migrate --plan", "db migrate"] {
        let told = folder.refused(78, line);
        assert!(told.contains("--data"), "{told}");
    }
    let plan = postgres.json("db migrate --plan");
    assert_eq!((&plan["schema"], &plan["to_do"][0]["number"]), (&json!(null), &json!(1)), "{plan}");
    assert_eq!(postgres.rows(), Rows::new());
    assert_eq!(postgres.json("db migrate")["done"], plan["to_do"]);
    postgres.with_acme();
}

/// The whole circle: what the first schema held answers a token request, and can be changed.
#[test]
fn a_store_of_the_first_schema_serves() {
    for place in first_schema() {
        let before = place.rows();
        let server = place.start();
        assert_eq!(without_the_start(place.rows()), without_the_start(migrated(before)));
        let given = |id: &str| Credential { id: id.to_owned(), secret: SECRET.to_owned() };
        assert_eq!(form_token(&server.production(), &given("given")).status, 200);
        for other in ["made", "off", "deleted", "rests"] {
            assert_eq!(form_token(&server.production(), &given(other)).status, 401, "{other}");
        }
        let states = |line: &str, id: &str| -> Vec<String> {
            let list = place.json(line);
            let text = |one: &serde_json::Value, field: &str| one[field].as_str().unwrap().to_owned();
            list.as_array()
                .unwrap()
                .iter()
                .map(|one| format!("{} {}", text(one, id), text(one, "state")))
                .collect()
        };
        assert_eq!(states("company list", "id"), ["acme active", "resting suspended", "shne active"]);
        assert_eq!(
            states("credential list", "client_id"),
            ["given active", "made active", "off suspended", "rests active", "made active"]
        );
        assert_eq!(place.json("company get shne")["name"], "söhne & Co. 😀");
        place.ok("company resume resting");
        place.ok("credential resume off --environment production");
        place.ok("grant add given --environment production mail");
        let told = place.refused(5, "company create closed --name Again");
        assert!(told.contains("closed"), "{told}");
        server.stop();
    }
}

#[test]
fn a_migration_that_is_killed_is_finished_by_the_next() {
    for kind in 0..2 {
        let fresh = || first_schema().into_iter().nth(kind).unwrap();
        let place = fresh();
        let before = migrated(place.rows());
        let whole = kill_after(u64::MAX, &mut place.command("db migrate")).looks;
        let all = place.sql(VERSIONS);
        let mut seeded = Seeded(11);
        for round in 0..rounds() {
            let place = fresh();
            let killed = kill_after(seeded.below(whole + whole / 4), &mut place.command("db migrate"));
            let left = place.json("db migrate")["done"].as_array().unwrap().len();
            assert!(left == 0 || !killed.succeeded, "round {round}");
            assert_eq!(place.rows(), before, "round {round}");
            assert_eq!(place.sql(VERSIONS), all, "round {round}");
            assert_eq!(place.sql("SELECT COUNT(*) FROM leases"), ["0"], "round {round}");
        }
    }
}

/// A node of the version before works on what a newer one has added.
#[test]
fn a_newer_schema_that_adds_is_worked_on() {
    for place in Place::both().map(Place::with_acme) {
        let added = ["CREATE TABLE news (a TEXT NOT NULL)", "ALTER TABLE credentials ADD COLUMN colour TEXT"];
        migrated_by_a_newer(&place, &added);
        requires(&place, "2");
        let server = place.start();
        place.credential("y");
        let y = Credential { id: "y".to_owned(), secret: Place::SECRET.to_owned() };
        assert_eq!(form_token(&server.production(), &y).status, 200);
        let plan = place.json("db migrate --plan");
        assert_eq!((&plan["schema"], &plan["to_do"]), (&json!(99), &json!([])), "{plan}");
        assert_eq!(place.json("db status")["schema"], 99);
        server.stop();
        // A copy would leave out what only the newer one knows.
        let other = Place::folder();
        let told = place.refused(78, &format!("db copy {}", other.as_target()));
        assert!(told.contains("schema 99") && told.contains("newer version"), "{told}");
    }
}

#[test]
fn a_newer_schema_that_takes_away_is_refused() {
    for place in Place::both().map(Place::with_acme) {
        migrated_by_a_newer(&place, &["ALTER TABLE credentials DROP COLUMN label"]);
        requires(&place, "99");
        for line in ["api list", "db migrate", "db migrate --plan", "serve --listen 127.0.0.1:0"] {
            let told = place.refused(78, line);
            assert!(told.contains("schema 99") && told.contains("newer version"), "{line}: {told}");
        }
        let told = place.run("db status");
        assert_eq!(told.code, Some(7), "{told:?}");
        assert!(told.stderr.contains("newer version"), "{told:?}");
    }
}
