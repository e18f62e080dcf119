//! `jeton audit`: who changed what, and that nobody changes the record unseen.

use std::fs;

use serde_json::{Value, json};

use crate::support::Place;

#[test]
fn an_export_ends_with_a_checkpoint_that_finds_what_is_touched() {
    for place in Place::both() {
        let place = place.with_acme();
        place.ok("company update acme --name Other --reason 'they were bought'");
        let listed = place.json("audit list --target acme");
        assert_eq!(listed[0]["type"], "jeton.company.updated");
        assert_eq!(listed[0]["data"]["reason"], "they were bought");
        let table = place.ok("audit list --kind company.created");
        assert!(table.contains("jeton.company.created") && table.contains("cli:"), "{table}");
        assert_eq!(place.json("audit list --company nobody"), serde_json::json!([]));
        let export = place.ok("audit export");
        let lines: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.last().unwrap()["checkpoint"].is_string());
        let first = lines[0]["data"]["sequence"].as_i64().unwrap();
        assert!(lines[..lines.len() - 1].iter().all(|line| line["data"]["sequence"].as_i64() >= Some(first)));
        let file = place.around().join("export.jsonl");
        fs::write(&file, &export).unwrap();
        let verify = format!("audit verify --checkpoint {}", file.display());
        assert_eq!(place.json(&verify)["checkpoint"], "holds");
        // Sentences do not run into each other.
        let table = place.ok(&verify);
        assert!(table.contains("with the head; anything, if the master key"), "{table}");
        // Nobody says afterwards that it was somebody else.
        place.sql("UPDATE changes SET actor = 'cli:mallory' WHERE kind = 'company.updated'");
        for line in [verify.as_str(), "audit verify"] {
            let run = place.run(&format!("-o json {line}"));
            assert_eq!(run.code, Some(7), "{run:?}");
            let report: Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(report["whole"], false);
            assert!(report["found"].as_u64() >= Some(1));
        }
        // And nobody vouches for it.
        assert_eq!(place.run("audit export").code, Some(7));
        fs::write(&file, "{}\n").unwrap();
        assert!(place.refused(2, &verify).contains("cut off"));
    }
}

/// Each pair of databases with the same master key: a store with some history, and none.
fn pairs() -> Vec<(Place, Place)> {
    let pair = |from: Place, to: Place| {
        let from = from.with_acme();
        let to = to.with_key_of(&from);
        (from, to)
    };
    let [folder, database] = Place::both();
    vec![pair(folder, Place::postgres()), pair(database, Place::folder())]
}

/// The report, and whether the exit code says the same.
fn verify(place: &Place, more: &str) -> Value {
    let run = place.run(&format!("-o json audit verify {more}"));
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    assert_eq!(run.code, Some(if report["whole"] == true { 0 } else { 7 }), "{run:?}");
    report
}

/// What is found of a row that was changed, removed, or put elsewhere; the table is as before afterwards.
#[track_caller]
fn finds_what_is_touched(place: &Place) {
    let last = "(SELECT MAX(sequence) FROM changes)";
    let before = format!("(SELECT MAX(sequence) FROM changes WHERE sequence < {last})");
    place.sql("CREATE TABLE kept AS SELECT * FROM changes");
    for statement in [
        "UPDATE changes SET target = 'forged' WHERE kind = 'company.created'".to_owned(),
        format!("DELETE FROM changes WHERE sequence = {before}"),
        format!("DELETE FROM changes WHERE sequence = {last}"),
        format!("UPDATE changes SET sequence = sequence + 100 WHERE sequence = {before}"),
    ] {
        place.sql(&statement);
        assert_eq!(verify(place, "")["whole"], false, "{statement}");
        place.sql("DELETE FROM changes");
        place.sql("INSERT INTO changes SELECT * FROM kept");
        assert_eq!(verify(place, "")["whole"], true, "{statement}");
    }
    place.sql("DROP TABLE kept");
}

#[test]
fn the_chain_holds_after_a_copy_and_after_a_restore_on_either_database() {
    for (from, to) in pairs() {
        let checkpoint = from.around().join("checkpoint.jsonl");
        fs::write(&checkpoint, from.ok("audit export")).unwrap();
        let since = format!("--checkpoint {}", checkpoint.display());
        from.ok("db backup backup.db");
        from.ok("company create later --name Later");
        from.ok(&format!("db copy {}", to.as_target()));
        let (here, there) = (verify(&from, &since), verify(&to, &since));
        assert_eq!(
            (&there["whole"], &there["checkpoint"], &there["signature"]),
            (&json!(true), &json!("holds"), &json!("holds"))
        );
        assert_eq!((&here["head"], &here["rows"]), (&there["head"], &there["rows"]));
        to.ok("company create more --name More");
        finds_what_is_touched(&to);

        // Back to before the company.
        let restore =
            format!("db restore {} --replace --danger-older", from.around().join("backup.db").display());
        from.ok(&restore);
        let restored = verify(&from, &since);
        assert_eq!(
            (&restored["whole"], &restored["checkpoint"]),
            (&json!(true), &json!("holds")),
            "{restored}"
        );
        from.ok("company create after --name After");
        finds_what_is_touched(&from);
    }
}

#[test]
fn a_forged_signature_is_refused_and_a_key_that_is_gone_is_said() {
    for place in Place::both() {
        let place = place.with_acme();
        let export = place.ok("audit export");
        let line: Value = serde_json::from_str(export.lines().last().unwrap()).unwrap();
        let checkpoint = line["checkpoint"].as_str().unwrap();
        let (signed, _) = checkpoint.rsplit_once('.').unwrap();
        let file = place.around().join("checkpoint");
        let verify_it = format!("--checkpoint {}", file.display());
        fs::write(&file, format!("{signed}.{}", "A".repeat(86))).unwrap();
        let told = place.refused(2, &format!("audit verify {verify_it}"));
        assert!(told.contains("signature"), "{told}");
        fs::write(&file, checkpoint).unwrap();
        assert_eq!(verify(&place, &verify_it)["signature"], "holds");
        place.sql("DELETE FROM signing_keys WHERE environment = 'management'");
        let report = verify(&place, &verify_it);
        assert_eq!((&report["whole"], &report["signature"]), (&json!(true), &json!("key_unknown")));
    }
}
