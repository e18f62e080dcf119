//! `jeton apply`, `diff` and `export`: files of every notation, on a store and on a database.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::support::{Place, Run, Store};

const TOML: &str = r#"
[[apis]]
id = "mail"
audience = "https://api.example/mail-of-the-file"
scopes = ["mail.send"]

[[companies]]
id = "beta"
name = "Beta & sons"
credential_limit = 2

[[credentials]]
environment = "production"
client_id = "beta-1"
company = "beta"
label = "nightly"
networks = ["192.0.2.0/24"]
grants = ["mail"]
"#;

const YAML: &str = "
companies:
  - id: gamma
    name: Gamma
credentials:
  - { environment: sandbox, client_id: gamma-1, company: gamma, grants: ['mail:mail.send'] }
";

fn written(place: &Place, name: &str, text: &str) -> String {
    let path = place.around().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_folder_of_files_is_made_so_by_one_change_and_once() {
    for place in Place::both() {
        let place = place.with_acme();
        written(&place, "manifests/a.toml", TOML);
        written(&place, "manifests/more/b.yaml", YAML);
        written(&place, "manifests/.hidden.toml", "no manifest");
        written(&place, "manifests/README.md", "no manifest");
        let folder = place.around().join("manifests").display().to_string();
        let sequence = place.sequence();
        let planned = place.json(&format!("apply -f {folder} --dry-run"));
        assert_eq!(place.sequence(), sequence);
        assert_eq!(planned["steps"].as_array().unwrap().len(), 5);
        let differs = place.run(&format!("-o json diff -f {folder}"));
        assert_eq!(differs.code, Some(7), "{differs:?}");
        let done = place.json(&format!("apply -f {folder}"));
        assert_eq!((&done["steps"], &done["digest"]), (&planned["steps"], &planned["digest"]));
        assert_eq!(place.sequence(), sequence + 1);
        let credential = place.json("credential get gamma-1 --environment sandbox");
        assert_eq!(credential["grants"], serde_json::json!(["mail:mail.send"]));
        assert_eq!(credential["secrets"], serde_json::json!([]));
        let again = place.json(&format!("apply -f {folder}"));
        assert_eq!((&again["steps"], &again["unchanged"]), (&serde_json::json!([]), &5.into()));
        place.ok(&format!("diff -f {folder}"));
        assert_eq!(place.sequence(), sequence + 1);
    }
}

#[test]
fn what_is_exported_is_as_it_says_in_every_notation() {
    for place in Place::both() {
        let place = place.with_acme();
        let file = written(&place, "a.toml", TOML);
        place.ok(&format!("apply -f {file}"));
        let whole = place.ok("export --format json");
        for notation in ["toml", "yaml", "json"] {
            let text = place.ok(&format!("export --format {notation}"));
            let file = written(&place, &format!("out.{notation}"), &text);
            let same = place.json(&format!("apply -f {file} --prune"));
            assert_eq!(same["steps"], serde_json::json!([]), "{notation}: {text}");
            assert_eq!(place.ok("export --format json"), whole);
        }
        let one: Value = serde_json::from_str(&place.ok("export --company beta --format json")).unwrap();
        assert_eq!(one["companies"].as_array().unwrap().len(), 1);
        assert_eq!(one["apis"][0]["id"], "mail");
        assert!(!whole.contains("operators") && !whole.contains("management"), "{whole}");
        let piped = Run::with_input(&mut place.command("apply -f -"), whole.as_bytes());
        piped.ok();
    }
}

#[test]
fn what_is_not_named_stays_unless_it_is_to_be_pruned() {
    for place in Place::both() {
        let place = place.with_acme();
        let file = written(&place, "a.toml", TOML);
        place.ok(&format!("apply -f {file}"));
        assert!(place.ok("company list").contains("acme"));
        place.ok("credential delete x --environment production");
        // Of what is not spoken of, nothing is pruned either.
        let companies = written(&place, "c.yaml", "companies: [{ id: beta }]");
        let steps = place.json(&format!("apply -f {companies} --prune"))["steps"].clone();
        assert_eq!(steps.as_array().unwrap().len(), 1, "{steps}");
        assert_eq!((&steps[0]["action"], &steps[0]["id"]), (&"delete".into(), &"acme".into()));
        assert!(place.ok("credential list").contains("beta-1"));
        assert!(place.ok("api list").contains("voice"));
    }
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line_and_nothing_of_it_shown() {
    let place = Place::folder().with_acme();
    let cases = [
        ("bad.toml", "[[companies]]\nid = \"x\"\nsecret = \"canary-secret\"\n", "bad.toml, line "),
        ("bad.toml", "[[companies]\n", "bad.toml, line 1"),
        ("bad.yaml", "companies:\n  - id: x\n    nam: canary-secret\n", "bad.yaml, line "),
        ("bad.yaml", "companies:\n  - id: x\n    id: y\n", "bad.yaml, line "),
        ("bad.yaml", "a: &a [*a, *a]\n", "bad.yaml"),
        ("bad.json", "{\"companies\": [], \"companies\": []}", "bad.json"),
        ("bad.json", "{\"companies\": [{\"id\": \"UPPER\"}]}", "bad.json, line 1"),
        ("bad.toml", "[[credentials]]\nclient_id = \"x\"\n", "bad.toml, line "),
    ];
    for (name, text, place_of_it) in cases {
        let file = written(&place, name, text);
        let told = place.refused(2, &format!("apply -f {file}"));
        assert!(told.contains(place_of_it) && !told.contains("canary"), "{text}: {told}");
    }
    let nothing = place.around().join("nothing.toml").display().to_string();
    assert!(place.refused(2, &format!("diff -f {nothing}")).contains("nothing.toml"));
    fs::create_dir(place.around().join("empty")).unwrap();
    let empty = place.around().join("empty").display().to_string();
    assert!(place.refused(2, &format!("diff -f {empty}")).contains("name the file"));
}

#[test]
fn what_cannot_be_done_is_said_whole_and_nothing_is_done() {
    for place in Place::both() {
        let place = place.with_acme();
        let sequence = place.sequence();
        let file = written(
            &place,
            "a.yaml",
            "companies: [{ id: ok, name: Fine }, { id: nameless }, { id: operators, name: x }]",
        );
        let told = place.refused(5, &format!("apply -f {file}"));
        assert!(told.contains("nameless") && told.contains("operators"), "{told}");
        let file = written(
            &place,
            "a.yaml",
            "companies: [{ id: ok, name: Fine }]\napis: [{ id: voice, scopes: [] }]",
        );
        let told = place.refused(5, &format!("apply -f {file}"));
        assert!(told.contains("update api voice") && told.contains("granted"), "{told}");
        assert_eq!(place.sequence(), sequence);
        assert!(!place.ok("company list").contains("Fine"));
    }
}

/// Journey d: an operator onboards fifty companies by one file.
#[test]
fn fifty_companies_come_by_one_file() {
    let store = Store::with_acme();
    let mut text = String::from("companies:\n");
    for number in 0..50 {
        writeln!(text, "- {{ id: c{number}, name: Company {number} }}").unwrap();
    }
    text.push_str("credentials:\n");
    for number in 0..50 {
        writeln!(
            text,
            "- {{ environment: production, client_id: c{number}-1, company: c{number}, grants: [voice] }}"
        )
        .unwrap();
    }
    let run = Run::with_input(&mut store.command("-o json apply -f -"), text.as_bytes());
    let done: Value = serde_json::from_str(&run.ok()).unwrap();
    assert_eq!(done["steps"].as_array().unwrap().len(), 100);
    assert_eq!(store.json("company list").as_array().unwrap().len(), 51);
    // Each gets its secret when it is asked for.
    let rotated = store.json("secret rotate c7-1 --environment production");
    assert!(rotated["client_secret"].is_string());
}
