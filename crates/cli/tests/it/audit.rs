//! `jeton audit`: who changed what, and that nobody changes the record unseen.

use std::fs;

use serde_json::Value;

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
