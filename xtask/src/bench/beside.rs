//! Servers beside each other: each side runs in turn, as often as there are rounds, and a ratio is that of two sides within
//! a round.

use super::filled::Filled;
use super::report::{self, Row, Section};
use super::side::{Figure, Side};
use super::wrk::{CONNECTIONS, Run};
use super::{Binaries, Options, Part, peers, plot};
use crate::measure::scratch::Scratch;
use crate::process::Outcome;

/// Measures these sides.
pub(crate) fn measure(
    part: Part,
    sides: &[Side],
    binaries: &Binaries,
    options: &Options,
) -> Outcome<Section> {
    let scratch = Scratch::new()?;
    let mut rows: Vec<Row> = Vec::new();
    for side in sides {
        peers::install(*side)?;
        rows.push(Row::new(side.name(), side.against().map(Side::name)));
    }
    for round in 0..options.rounds {
        for (side, row) in sides.iter().zip(&mut rows) {
            let filled = Filled::for_side(*side, binaries, options.credentials)?;
            let run = side.measure(binaries, &filled, &scratch, options.seconds)?;
            println!("round {}: {}: {run}", round + 1, row.name);
            row.runs.push(run);
        }
    }
    let name = part.name();
    let text = format!(
        "{}\n![Processor time of a request, by server](performance/{name}.svg)\n\nMinimum / **median** / maximum of {} runs \
         of {} s, in turn, {CONNECTIONS} connections{}.",
        report::table(&rows),
        options.rounds,
        options.seconds,
        if part == Part::ForwardAuth {
            String::new()
        } else {
            format!(", {} credentials at random", options.credentials)
        },
    );
    let versions = if part == Part::Peers { vec![peers::versions()?] } else { vec![] };
    Ok(Section { text, picture: Some(plot::bars(&rows)), versions, verdicts: verdicts(sides, &rows) })
}

/// Of sides with an aim.
fn verdicts(sides: &[Side], rows: &[Row]) -> Vec<String> {
    let mut verdicts = vec![];
    for (side, row) in sides.iter().zip(rows) {
        let other = sides.iter().zip(rows).find(|(other, _)| side.against() == Some(**other));
        if let (Some((figure, aim)), Some((_, other))) = (side.aim(), other) {
            let (what, ratio) = match figure {
                Figure::Time => ("time", row.ratio(other, |run| run.processor)),
                Figure::Rate => ("rate", row.ratio(other, Run::per_second)),
            };
            verdicts.push(aim.verdict(&format!("{}: {what} beside {}", row.name, other.name), ratio));
        }
    }
    verdicts
}
