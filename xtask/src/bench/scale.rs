//! What a store of millions of credentials changes: starting, memory, lists, and a credential that is not in memory.
//!
//! On either database. Credentials that can ask are from all over the store. Requests come one after the other on one
//! connection: what is measured is how long each takes.

use std::fmt::Write as _;
use std::fs;

use super::filled::{Database, Filled, Opened};
use super::report::{Aim, Section};
use super::side::Algorithm;
use super::{Binaries, Options};
use crate::measure::http::{Answer, Connection};
use crate::measure::scratch::Scratch;
use crate::measure::server::Server;
use crate::measure::statistics::quantile;
use crate::measure::usage::resident;
use crate::measure::{now, postgres};
use crate::packages;
use crate::process::{Outcome, output_of, program};

/// How often the server is started.
const STARTS: usize = 10;

/// Credentials that ask, one after the other.
const ASKING: usize = 5_000;

/// Pages that are read of a list.
const PAGES: usize = 400;

/// Milliseconds that a page may take.
const PAGE: Aim = Aim::AtMost(20.0);

/// What was measured of one thing.
struct Figure {
    what: &'static str,
    /// Milliseconds.
    values: Vec<f64>,
    /// Of its p99.
    aim: Option<Aim>,
}

/// What was measured on one database.
struct Column {
    database: Database,
    figures: Vec<Figure>,
    /// Bytes of resident memory: once ready, and in the end.
    memory: [u64; 2],
}

/// Measures all of it, on one database after the other.
pub(crate) fn measure(binaries: &Binaries, options: &Options) -> Outcome<Section> {
    let mut columns = vec![];
    for database in &options.stores {
        if *database == Database::Postgresql {
            packages::install(&[postgres::PROGRAM])?;
        }
        columns.push(Column::measure(*database, binaries, options)?);
    }
    let mut text =
        format!("{}\n\n{} credentials of {} companies.", table(&columns), options.stored, options.stored / 5);
    let mut verdicts = vec![];
    for Column { database, figures, memory } in &columns {
        let [at_rest, in_the_end] = memory.map(|bytes| bytes / 1_000_000);
        // Writing to a String does not fail.
        let _ = write!(
            text,
            " Resident memory on {}: {at_rest} MB once ready, {in_the_end} MB in the end.",
            database.name()
        );
        verdicts.extend(figures.iter().filter_map(|figure| {
            let what = format!("{}, {}, p99 in ms", figure.what, database.name());
            Some(figure.aim?.verdict(&what, quantile(&figure.values, 0.99)))
        }));
    }
    let is_there = options.stores.contains(&Database::Postgresql);
    let versions = if is_there { vec![postgres::version()?] } else { vec![] };
    Ok(Section { text, picture: None, versions, verdicts })
}

impl Database {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "the embedded store",
            Self::Postgresql => "PostgreSQL",
        }
    }

    /// Milliseconds that the p99 of a token may take whose credential is not in memory.
    fn miss(self) -> Aim {
        match self {
            Self::Sqlite => Aim::AtMost(5.0),
            Self::Postgresql => Aim::AtMost(10.0),
        }
    }
}

/// A row for each figure, in Markdown.
fn table(columns: &[Column]) -> String {
    let mut lines = vec!["| ms | how many |".to_owned(), "|---|---|".to_owned()];
    for column in columns {
        lines[0] += &[" ", column.database.name(), ", median / p99 / most |"].concat();
        lines[1] += "---|";
    }
    let rows = columns.first().map_or(0, |column| column.figures.len());
    for row in 0..rows {
        let figures: Vec<&Figure> = columns.iter().filter_map(|column| column.figures.get(row)).collect();
        let Some(first) = figures.first() else { continue };
        // Both databases hold the same, so each asked as often.
        let mut line = format!("| {} | {} |", first.what, first.values.len());
        for figure in figures {
            line += &[" ", &figure.said(), " |"].concat();
        }
        lines.push(line);
    }
    lines.join("\n")
}

impl Figure {
    fn said(&self) -> String {
        let [median, p99, most] = [0.5, 0.99, 1.0].map(|share| quantile(&self.values, share));
        format!("{median:.2} / {p99:.2} / {most:.2}")
    }
}

impl Column {
    fn measure(database: Database, binaries: &Binaries, options: &Options) -> Outcome<Self> {
        let known = options.credentials.min(options.stored);
        let filled = Filled::in_database(database, Algorithm::Es256, binaries, options.stored, known)?;
        let opened = filled.open(None)?;
        let scratch = Scratch::new()?;
        let mut starts = Figure { what: "from start to ready", values: vec![], aim: None };
        let mut start = || -> Outcome<Server> {
            let begun = now();
            let server = binaries.serve_with(&opened.options(), &[], scratch.path("log"))?;
            while !server.is_ready() {}
            starts.values.push(begun.elapsed().as_secs_f64() * 1e3);
            Ok(server)
        };
        // The one before lets go of the store first.
        for _ in 2..STARTS {
            drop(start()?);
        }
        let server = start()?;
        let at_rest = resident(server.process())?;
        let lists = lists(binaries, &opened, &server)?;
        let asking = asking(&filled)?;
        let tokens = |what, aim, server: &Server| tokens(&asking, what, aim, server);
        let first = tokens("a token of a credential that nobody has asked for", None, &server)?;
        let in_the_end = resident(server.process())?;
        drop(server);
        let server = start()?;
        let again = tokens("the same once Jeton was started anew", Some(database.miss()), &server)?;
        let hits = tokens("a token of a credential in memory", None, &server)?;
        let mut figures = vec![starts];
        figures.extend(lists);
        figures.extend([first, again, hits]);
        Ok(Self { database, figures, memory: [at_rest, in_the_end] })
    }
}

/// Pages of lists, each to its end or for so many pages.
fn lists(binaries: &Binaries, opened: &Opened, server: &Server) -> Outcome<Vec<Figure>> {
    let create = ["credential", "create", "--company", "operators", "--environment", "management"];
    let more = ["--grant", "management", "--output", "json"];
    let place = opened.options();
    let operator = output_of(program(&binaries.jeton, &[create.as_slice(), &more, &place].concat()))?;
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
        Ok(Figure { what, values, aim: Some(PAGE) })
    });
    pages.into_iter().collect()
}

/// Lines of client id and secret, from all over the store and far from each other.
fn asking(filled: &Filled) -> Outcome<Vec<String>> {
    let secrets = fs::read_to_string(&filled.secrets).map_err(|why| format!("{}: {why}", filled.secrets))?;
    let all: Vec<&str> = secrets.lines().collect();
    // A step without a common divisor with their number visits all of them.
    Ok((0..all.len()).map(|place| all[place * 7919 % all.len()].to_owned()).take(ASKING).collect())
}

/// Each of them asks once, one after the other.
fn tokens(asking: &[String], what: &'static str, aim: Option<Aim>, server: &Server) -> Outcome<Figure> {
    let mut connection = Connection::open(&server.address)?;
    let took = |line: &String| {
        let (id, secret) = line.split_once(' ').ok_or("a line has no secret")?;
        Ok(good(connection.token_request(id, secret)?)?.took / 1e6)
    };
    Ok(Figure { what, values: asking.iter().map(took).collect::<Outcome<_>>()?, aim })
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
