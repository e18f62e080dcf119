//! What a store of millions of credentials changes: starting, memory, lists, and a credential that is not in memory.
//!
//! Credentials that can ask are filled in as ever; the others are rows like theirs, by `bench/fill/grow.sql`, between them in the
//! order of the keys. Requests come one after the other on one connection: what is measured is how long each takes.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::Stdio;

use super::Binaries;
use super::filled::{Filled, once};
use super::report::Section;
use super::side::Algorithm;
use crate::measure::http::{Answer, Connection};
use crate::measure::now;
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::quantile;
use crate::measure::usage::resident;
use crate::process::{self, Outcome, output_of, program};
use crate::workspace;

/// What grows a store.
const SCRIPT: &str = "bench/fill/grow.sql";

/// How often the server is started.
const STARTS: usize = 10;

/// Credentials that ask, one after the other.
const ASKING: usize = 5_000;

/// Pages that are read of a list.
const PAGES: usize = 400;

/// What was measured of one thing.
struct Figure {
    what: &'static str,
    values: Vec<f64>,
}

/// Measures all of it, and says it in Markdown.
pub(crate) fn measure(binaries: &Binaries, credentials: u32, stored: u32) -> Outcome<Section> {
    let filled = Filled::of(Algorithm::Es256, binaries, credentials)?;
    let data = grown(&filled, stored)?;
    let scratch = Scratch::new()?;
    let mut starts = Figure { what: "from start to ready", values: vec![] };
    let mut server = None;
    for _ in 0..STARTS {
        // The one before lets go of the store first.
        drop(server.take());
        let begun = now();
        let started = binaries.serve(&data, &scratch)?;
        while !started.is_ready() {}
        starts.values.push(begun.elapsed().as_secs_f64() * 1e3);
        server = Some(started);
    }
    let server = server.ok_or("the server was not started")?;
    let (at_rest, mut figures) = (resident(server.process())?, vec![starts]);
    figures.extend(lists(binaries, &data, &server)?);
    figures.extend(tokens(&filled, &server)?);
    let in_the_end = resident(server.process())?;
    let mut text =
        "| of the embedded store, ms | how many | median | p99 | most |\n|---|---|---|---|---|\n".to_owned();
    for Figure { what, values } in &figures {
        let [median, p99, most] = [0.5, 0.99, 1.0].map(|share| quantile(values, share));
        // Writing to a String does not fail.
        let _ = writeln!(text, "| {what} | {} | {median:.2} | {p99:.2} | {most:.2} |", values.len());
    }
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let _ = writeln!(
        text,
        "\n{stored} credentials of {} companies; resident memory {} MB once ready, {} MB in the end.",
        stored / 5,
        megabytes(at_rest),
        megabytes(in_the_end)
    );
    Ok(Section { text, picture: None, versions: vec![] })
}

/// The data folder of a store with so many, grown once from the filled one.
fn grown(filled: &Filled, stored: u32) -> Outcome<String> {
    let folder = once(&format!("scale-{}-{stored}", filled.credentials), |folder| {
        println!("a store is grown to {stored} credentials, which takes a minute for each four million");
        let data = folder.join("data").display().to_string();
        process::run(program("cp", &["--recursive", &filled.data, &data]))?;
        let cannot = |why: std::io::Error| format!("{SCRIPT}: {why}");
        let companies = stored.saturating_sub(filled.credentials) / 5;
        let sql = fs::read_to_string(workspace::root().join(SCRIPT)).map_err(cannot)?;
        let own = folder.join("grow.sql");
        fs::write(&own, sql.replace(":companies", &companies.to_string())).map_err(cannot)?;
        let mut grow = program("sqlite3", &["-bail", &format!("{data}/jeton.db")]);
        grow.stdin(File::open(&own).map_err(cannot)?).stdout(Stdio::null());
        process::run(grow)
    })?;
    Ok(folder.join("data").display().to_string())
}

/// Pages of lists, each to its end or for so many pages.
fn lists(binaries: &Binaries, data: &str, server: &Server) -> Outcome<Vec<Figure>> {
    let create = ["credential", "create", "--company", "operators", "--environment", "management"];
    let more = ["--grant", "management", "--data", data, "--output", "json"];
    let operator = output_of(program(&binaries.jeton, &[create.as_slice(), &more].concat()))?;
    let [id, secret] = ["client_id", "client_secret"].map(|name| text_of(&operator, name));
    let (id, secret) = (id.ok_or("no operator was made")?, secret.ok_or("the operator has no secret")?);
    let mut connection = Connection::open(&server.management)?;
    let answer = connection.token_request(id, secret)?;
    let token = text_of(&answer.body, "access_token").ok_or("the operator gets no token")?.to_owned();
    let lists = [
        ("a page of 100 companies", "companies?limit=100"),
        ("a page of 100 credentials", "credentials?limit=100"),
        (
            "a page of those of one environment, from the middle",
            "credentials?limit=100&environment=production&id_prefix=partner-5",
        ),
        ("all pages of a rare prefix of companies", "companies?limit=100&id_prefix=partner-4711"),
        ("all pages of a rare prefix of credentials", "credentials?limit=100&id_prefix=partner-4711"),
        ("a prefix that nobody has", "credentials?limit=100&id_prefix=nobody"),
    ];
    let pages = lists.map(|(what, list)| {
        let path = format!("/management/v1/{list}");
        let (mut values, mut next) = (vec![], Some(path.clone()));
        while let Some(page) = next.filter(|_| values.len() < PAGES) {
            let answer = good(connection.get_with_token(&page, &token)?)?;
            values.push(answer.took / 1e6);
            next = text_of(&answer.body, "next").map(|cursor| format!("{path}&cursor={cursor}"));
        }
        Ok(Figure { what, values })
    });
    pages.into_iter().collect()
}

/// Credentials from all over the store, that ask for the first time and again.
fn tokens(filled: &Filled, server: &Server) -> Outcome<[Figure; 2]> {
    let secrets = fs::read_to_string(&filled.secrets).map_err(|why| format!("{}: {why}", filled.secrets))?;
    let all: Vec<_> = secrets.lines().filter_map(|line| line.split_once(' ')).collect();
    // A step without a common divisor with their number visits all of them, far from each other.
    let asking = (0..all.len()).map(|place| all[place * 7919 % all.len()]).take(ASKING);
    let mut connection = Connection::open(&server.address)?;
    let mut ask = |what| -> Outcome<Figure> {
        let took = |(id, secret)| Ok(good(connection.token_request(id, secret)?)?.took / 1e6);
        Ok(Figure { what, values: asking.clone().map(took).collect::<Outcome<_>>()? })
    };
    Ok([ask("a token of a credential that is not in memory")?, ask("a token of one that is")?])
}

fn good(answer: Answer) -> Outcome<Answer> {
    if answer.status == 200 { Ok(answer) } else { Err(format!("status {}: {}", answer.status, answer.body)) }
}

/// The text of a field of that name, where it is one.
fn text_of<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn a_text_is_found_by_its_name() {
        let json = r#"{"items":[],"next":"abc","limit": "x","none":null}"#;
        assert_eq!(text_of(json, "next"), Some("abc"));
        assert_eq!(text_of(json, "limit"), Some("x"));
        assert_eq!((text_of(json, "none"), text_of(json, "other")), (None, None));
    }
}
