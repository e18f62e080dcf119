//! Shows things: data on standard output, the rest on standard error.
//!
//! What a command shows is JSON, whoever answers it, and every [`Format`] is a way to write that. To add a format: a
//! variant there, and its arms in [`one_as_text`] and [`many`].

use std::io::{self, ErrorKind, Write as _};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use jeton_core::Timestamp;
use serde_json::Value;

use crate::args::Format;
use crate::failure::Failure;

/// A line on standard output, for whoever listens.
#[expect(clippy::let_underscore_must_use, reason = "a reader that went away has seen what it wanted")]
pub(crate) fn line(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// A line on standard error.
#[expect(clippy::let_underscore_must_use, reason = "there is nowhere left to say it")]
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// One thing: for people its fields below one another.
pub(crate) fn one(format: Format, value: &Value) -> Result<(), Failure> {
    say(&one_as_text(format, value))
}

/// One thing with a secret that is shown this once. If it cannot be shown it is lost: `if_lost` says what to do then.
pub(crate) fn once(format: Format, value: &Value, if_lost: &str) -> Result<(), Failure> {
    write(&one_as_text(format, value)).map_err(|why| {
        Failure::failed(format!("the secret could not be shown ({why}), and is lost: {if_lost}"))
    })?;
    if format.is_for_people() {
        note("The secret is shown this once: hand it to its owner over a safe way.");
    }
    Ok(())
}

/// Many things: for people a row each, of these fields; where it may be wide, of all that any of them has.
pub(crate) fn many(format: Format, columns: &[&str], values: &[Value]) -> Result<(), Failure> {
    match format {
        Format::Json => say(&json(&Value::Array(values.to_vec()))),
        Format::Jsonl => values.iter().try_for_each(|value| say(&value.to_string())),
        Format::Env => Err(Failure::usage(
            "-o env shows one thing, and these are many: take -o json or -o jsonl, or ask for one",
        )),
        Format::Table => rows(columns, values),
        Format::Wide => {
            let mut columns = columns.to_vec();
            for name in values.iter().filter_map(Value::as_object).flat_map(|fields| fields.keys()) {
                if !columns.contains(&name.as_str()) {
                    columns.push(name);
                }
            }
            rows(&columns, values)
        }
    }
}

fn rows(columns: &[&str], values: &[Value]) -> Result<(), Failure> {
    let mut table = empty();
    table.set_header(columns.iter().map(|name| name.to_uppercase().replace('_', " ")));
    for value in values {
        table.add_row(columns.iter().map(|name| text(&value[*name])));
    }
    say(&as_text(&mut table))
}

/// A text that is shown as it is.
pub(crate) fn text_as_it_is(shown: &str) -> Result<(), Failure> {
    say(shown.trim_end())
}

/// A point in time as RFC 3339 has it, to the second.
pub(crate) fn time(at: Timestamp) -> Value {
    match jiff::Timestamp::from_second(at.seconds()) {
        Ok(time) => Value::String(time.to_string()),
        Err(_) => Value::Null,
    }
}

/// What was asked for. A reader that went away has seen what it wanted.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    match write(text) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output cannot be written: {why}. Send it elsewhere")))
        }
        _ => Ok(()),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

fn one_as_text(format: Format, value: &Value) -> String {
    match format {
        Format::Json => json(value),
        Format::Jsonl => value.to_string(),
        Format::Env => variables(value),
        Format::Table | Format::Wide => {
            let mut table = empty();
            for (name, field) in value.as_object().into_iter().flatten() {
                table.add_row([name.clone(), text(field)]);
            }
            as_text(&mut table)
        }
    }
}

/// Lines that a shell reads: the fields that are one value, `CLIENT_ID=acme-1`.
fn variables(value: &Value) -> String {
    let line = |(name, field): (&String, &Value)| {
        let field = match field {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => field.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(format!("{}={}", name.to_uppercase(), shell_word(&field)))
    };
    let lines = value.as_object().into_iter().flatten().filter_map(line);
    lines.collect::<Vec<_>>().join("\n")
}

/// A text as a shell reads it: as one word, whatever is in it.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn json(value: &Value) -> String {
    format!("{value:#}")
}

fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

fn as_text(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// A field as people read it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let one = |item: &Value| {
                let fields = item.as_object().into_iter().flat_map(|fields| fields.values());
                fields.filter(|field| !field.is_null()).map(text).collect::<Vec<_>>().join(" ")
            };
            items.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            // Sentences would run into each other.
            let between = if items.iter().any(|item| item.contains(' ')) { "; " } else { " " };
            items.join(between)
        }
        Value::Object(fields) if fields.is_empty() => "-".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}={}", text(field)));
            fields.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
