//! Credentials as rows, in a script for the database's own client.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::ops::Range;

use jeton_core::hash_key::SecretHash;

use super::{Filling, Made, OF_A_COMPANY, Outcome};

/// What makes credentials of the rows of a temporary table.
const SCRIPT: &str = include_str!("../rows.sql");

/// Credentials of one transaction.
const AT_ONCE: usize = 100_000;

/// Rows of one statement of `sqlite3`.
const OF_A_STATEMENT: usize = 500;

/// Whose client reads the script.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Sqlite,
    Psql,
}

/// Writes what makes the credentials of these numbers to standard output, by the order of their names: so rows go to the ends of
/// tables and indexes.
pub(crate) fn write(
    form: Form,
    filling: &Filling<'_>,
    numbers: Range<u64>,
    told: &mut impl FnMut(&Made) -> Outcome,
) -> Outcome {
    let mut output = BufWriter::new(io::stdout().lock());
    if numbers.is_empty() {
        return Ok(());
    }
    output.write_all(form.prologue().as_bytes())?;
    let mut companies: Vec<u64> =
        (numbers.start / OF_A_COMPANY..numbers.end.div_ceil(OF_A_COMPANY)).collect();
    companies.sort_by_cached_key(u64::to_string);
    let of_a_company = |company| company * OF_A_COMPANY..numbers.end.min((company + 1) * OF_A_COMPANY);
    let in_order: Vec<u64> = companies.into_iter().flat_map(of_a_company).collect();
    let script = SCRIPT.replace(":environment", filling.environment.as_str());
    for numbers in in_order.chunks(AT_ONCE) {
        output.write_all(
            b"BEGIN;\nCREATE TEMP TABLE more (company TEXT, client_id TEXT, handle TEXT, secret TEXT, hash BYTEA, \
              lookup_tag BYTEA, last_four TEXT);\n",
        )?;
        for numbers in numbers.chunks(OF_A_STATEMENT) {
            let rows = numbers.iter().map(|number| {
                let made = filling.make(*number)?;
                told(&made)?;
                form.row(&made)
            });
            output.write_all(form.statement(&rows.collect::<Outcome<Vec<_>>>()?).as_bytes())?;
        }
        output.write_all(script.as_bytes())?;
    }
    output.write_all(form.epilogue().as_bytes())?;
    Ok(output.flush()?)
}

impl Form {
    /// Whoever fills loses nothing that cannot be filled again.
    fn prologue(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA journal_mode = OFF;\nPRAGMA synchronous = OFF;\nPRAGMA cache_size = -4000000;\n\
                 PRAGMA temp_store = MEMORY;\n"
            }
            // Foreign keys hold, since every row is like another that is there; to ask for each takes longer than all else.
            Self::Psql => "SET session_replication_role = replica;\nSET synchronous_commit = off;\n",
        }
    }

    /// A user's server would have done it by itself.
    fn epilogue(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Psql => "VACUUM (ANALYZE);\n",
        }
    }

    /// A row of `more`.
    fn row(self, made: &Made) -> Outcome<String> {
        let SecretHash::Hmac { code, .. } = made.stored.hash else {
            return Err("a new secret has a slow hash".into());
        };
        let tag = made.stored.lookup_tag.ok_or("a new secret has no look-up tag")?;
        let (code, tag) = (hex(&code), hex(&tag.0));
        let Made { company, client_id, handle, stored, .. } = made;
        let (id, last_four) = (&stored.id, &stored.last_four);
        Ok(match self {
            Self::Sqlite => {
                format!("('{company}','{client_id}','{handle}','{id}',X'{code}',X'{tag}','{last_four}')")
            }
            Self::Psql => {
                format!("{company}\t{client_id}\t{handle}\t{id}\t\\\\x{code}\t\\\\x{tag}\t{last_four}\n")
            }
        })
    }

    /// What puts rows into `more`.
    fn statement(self, rows: &[String]) -> String {
        match self {
            Self::Sqlite => format!("INSERT INTO more VALUES {};\n", rows.join(",")),
            Self::Psql => format!("COPY more FROM stdin;\n{}\\.\n", rows.concat()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
