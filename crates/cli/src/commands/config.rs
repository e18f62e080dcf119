//! `jeton config`: the configuration as `serve` would read it. No data folder is needed, and none is made.

use std::path::Path;

use jeton_server::Certificates;
use jeton_server::config::{Resolved, Setting, TlsFiles};
use serde_json::{Map, Value, json};

use crate::args::{Configuration, Format};
use crate::configuration::Given;
use crate::data::{self, Place};
use crate::failure::Failure;
use crate::output;

/// Runs one of them.
pub(crate) fn run(command: Configuration, given: &Given, format: Format) -> Result<(), Failure> {
    match command {
        Configuration::Check { overrides } => check(&given.resolve(Some(&overrides))?, format),
        Configuration::Show { origin, overrides } => {
            let mut resolved = given.resolve(Some(&overrides))?;
            resolved.config.make_paths_absolute();
            show(&resolved, origin, format)
        }
    }
}

/// The configuration itself has been judged by now; what is left is what the files that it names hold.
fn check(resolved: &Resolved, format: Format) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for (at, files) in resolved.config.tls.iter().enumerate() {
        problems.extend(tls(resolved, at, files));
    }
    if let Some(path) = &resolved.config.master_key_file
        && let Err(why) = data::parse_master_key(path, "")
    {
        problems.push(format!("{}: {}", resolved.origin("master_key.file"), why.message()));
    }
    if let Err(why) = Place::of(resolved) {
        problems.push(why.message().to_owned());
    }
    if resolved.config.postgres.url.is_none()
        && let Err(why) = folder(&resolved.config.data)
    {
        let origin = resolved.origin("store.data");
        problems.push(format!("{origin}: the data folder {} {why}", resolved.config.data.display()));
    }
    if !problems.is_empty() {
        return Err(Failure::configuration(problems.join("\n")));
    }
    if format.is_for_people() {
        output::line("The configuration is good.");
        return Ok(());
    }
    output::one(format, &json!({ "ok": true }))
}

/// What is wrong with a certificate and its key.
fn tls(resolved: &Resolved, at: usize, files: &TlsFiles) -> Option<String> {
    let why = Certificates::load(std::slice::from_ref(files)).err()?;
    Some(format!("{}: {why}", resolved.origin(&format!("tls[{at}].certificate"))))
}

/// A folder that is not there yet is made by the first start.
fn folder(path: &Path) -> Result<(), String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err("is a file: name a folder".to_owned()),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(format!("cannot be reached: {why}")),
    }
}

fn show(resolved: &Resolved, origin: bool, format: Format) -> Result<(), Failure> {
    if format.is_for_people() {
        return output::text_as_it_is(&resolved.to_toml(origin));
    }
    let values = resolved.settings().into_iter().map(|setting| as_json(setting, origin));
    output::many(format, &[], &values.collect::<Vec<_>>())
}

fn as_json(setting: Setting, with_origin: bool) -> Value {
    let mut object = Map::new();
    object.insert("key".to_owned(), Value::String(setting.key));
    // A TOML value of ours is a text, a number, a boolean or a list of texts.
    object.insert("value".to_owned(), json!(setting.value));
    if with_origin {
        object.insert("origin".to_owned(), Value::String(setting.origin.to_string()));
    }
    Value::Object(object)
}
