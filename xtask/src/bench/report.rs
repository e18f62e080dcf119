//! Tables of what was measured, for the terminal and for `docs/performance.md`, where they stand between markers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Part;
use super::wrk::{self, Run};
use crate::measure::statistics::quantile;
use crate::process::{Outcome, output_of, program};
use crate::workspace;

const DOCUMENT: &str = "docs/performance.md";

/// What a part came to.
pub(crate) struct Section {
    /// Tables and what was run, in Markdown; its last line ends with a sentence.
    pub(crate) text: String,
    /// As SVG.
    pub(crate) picture: Option<String>,
    /// What else than Jeton was measured, or measured with.
    pub(crate) versions: Vec<String>,
    /// What was aimed at, and whether it was met.
    pub(crate) verdicts: Vec<String>,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

impl Aim {
    /// Whether a figure meets it, in a sentence.
    pub(crate) fn verdict(self, what: &str, figure: f64) -> String {
        let (is_met, aim) = match self {
            Self::AtMost(most) => (figure <= most, format!("{most} at the most")),
            Self::AtLeast(least) => (figure >= least, format!("{least} at least")),
        };
        format!("{}: {what}: {figure:.2}, aimed at {aim}", if is_met { "met" } else { "NOT MET" })
    }
}

/// All runs of a side.
pub(crate) struct Row {
    pub(crate) name: String,
    /// The name of the row that it is compared with.
    against: Option<String>,
    pub(crate) runs: Vec<Run>,
}

impl Row {
    pub(crate) fn new(name: String, against: Option<String>) -> Self {
        Self { name, against, runs: Vec::new() }
    }

    /// The smallest, the median and the largest of a figure.
    pub(crate) fn spread(&self, of: impl Fn(&Run) -> f64) -> [f64; 3] {
        let values: Vec<f64> = self.runs.iter().map(of).collect();
        [0.0, 0.5, 1.0].map(|share| quantile(&values, share))
    }

    /// The same in a cell of a table.
    pub(crate) fn spread_said(&self, of: impl Fn(&Run) -> f64, digits: usize) -> String {
        spread(&self.runs.iter().map(of).collect::<Vec<_>>(), digits)
    }

    /// Whether it is compared with the other one.
    pub(crate) fn is_against(&self, other: &Self) -> bool {
        self.against.as_ref() == Some(&other.name)
    }

    /// The median, over the rounds, of a figure over the other one's.
    pub(crate) fn ratio(&self, other: &Self, of: impl Fn(&Run) -> f64) -> f64 {
        let ratios = self.runs.iter().zip(&other.runs).map(|(own, other)| of(own) / of(other));
        quantile(&ratios.collect::<Vec<_>>(), 0.5)
    }
}

/// The smallest, the median and the largest, in a cell of a table.
pub(crate) fn spread(values: &[f64], digits: usize) -> String {
    let [least, median, most] = [0.0, 0.5, 1.0].map(|share| quantile(values, share));
    format!("{least:.digits$} / **{median:.digits$}** / {most:.digits$}")
}

/// In Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text =
        "| server, one core | requests/s | processor time a request, µs | beside | p50, ms | p99, ms |\n\
                    |---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let beside = rows.iter().find(|other| row.is_against(other)).map_or_else(String::new, |other| {
            let (time, rate) = (row.ratio(other, |run| run.processor), row.ratio(other, Run::per_second));
            format!("{}: {time:.2} × the time, {rate:.2} × the rate", other.name)
        });
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {beside} | {} | {} |",
            row.name,
            row.spread_said(Run::per_second, 0),
            row.spread_said(|run| run.processor, 1),
            row.spread_said(|run| run.median, 2),
            row.spread_said(|run| run.p99, 2),
        );
    }
    text
}

/// Puts what a part came to into the document, with its plot, and with when, where and with what it was measured.
pub(crate) fn write(part: Part, section: &Section, measured: &Measured) -> Outcome {
    let name = part.name();
    if let Some(picture) = &section.picture {
        let place = workspace::root().join(format!("docs/performance/{name}.svg"));
        fs::write(&place, picture).map_err(|why| cannot(&place, &why))?;
    }
    let place = workspace::root().join(DOCUMENT);
    let document = fs::read_to_string(&place).map_err(|why| cannot(&place, &why))?;
    let text = format!("{} {}\n", section.text.trim_end(), measured.said(&section.versions));
    let document = between_markers(&document, name, &text)
        .ok_or_else(|| format!("{DOCUMENT} has no markers of {name}"))?;
    fs::write(&place, document).map_err(|why| cannot(&place, &why))
}

fn cannot(path: &Path, why: &std::io::Error) -> String {
    format!("{}: {why}", path.display())
}

/// When, where and with what something is measured. It is asked for before the first part is written, which changes the
/// tree.
pub(crate) struct Measured {
    date_and_machine: String,
    versions: Vec<String>,
}

impl Measured {
    pub(crate) fn now() -> Outcome<Self> {
        let date = output_of(program("date", &["+%Y-%m-%d"]))?;
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or("a processor without a name", |(_, model)| model);
        let kernel = output_of(program("uname", &["--kernel-release"]))?;
        let rustc = output_of(program("rustc", &["--version"]))?;
        let rustc: Vec<&str> = rustc.split_whitespace().take(2).collect();
        let commit = output_of(program("git", &["describe", "--always", "--dirty"]));
        // A copy without a history has none to tell of.
        let commit =
            commit.map_or_else(|_| "of an unknown commit".to_owned(), |commit| commit.trim().to_owned());
        Ok(Self {
            date_and_machine: format!("{}, {model}, Linux {}", date.trim(), kernel.trim()),
            versions: vec![format!("Jeton {commit}"), rustc.join(" "), wrk::version()?],
        })
    }

    /// In a sentence, with these versions too.
    fn said(&self, more: &[String]) -> String {
        format!("{}; {}.", self.date_and_machine, [&self.versions, more].concat().join(", "))
    }
}

/// The text with another section between two markers; nothing where they are not there.
fn between_markers(text: &str, name: &str, section: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{section}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(requests: u32, processor: f64) -> Run {
        Run { requests, seconds: 2.0, processor, median: 1.5, p99: 3.0 }
    }

    #[test]
    fn a_ratio_is_that_of_a_round_and_the_median_of_all() {
        let mut ceiling = Row::new("ceiling".to_owned(), None);
        ceiling.runs = vec![run(60_000, 30.0), run(30_000, 60.0), run(60_000, 30.0)];
        let mut jeton = Row::new("Jeton".to_owned(), Some("ceiling".to_owned()));
        jeton.runs = vec![run(50_000, 33.0), run(25_000, 66.0), run(50_000, 60.0)];
        let table = table(&[ceiling, jeton]);
        let last = table.lines().last().unwrap();
        assert_eq!(
            last,
            "| Jeton | 12500 / **25000** / 25000 | 33.0 / **60.0** / 66.0 | ceiling: 1.10 × the time, 0.83 × the rate \
             | 1.50 / **1.50** / 1.50 | 3.00 / **3.00** / 3.00 |"
        );
    }

    #[test]
    fn an_aim_that_is_reached_is_met() {
        assert_eq!(Aim::AtMost(1.15).verdict("time", 1.15), "met: time: 1.15, aimed at 1.15 at the most");
        assert!(Aim::AtMost(1.15).verdict("time", 1.16).starts_with("NOT MET: "));
        assert!(Aim::AtLeast(0.6).verdict("rate", 0.61).starts_with("met: "));
        // Nothing was measured.
        assert!(Aim::AtLeast(0.6).verdict("rate", f64::NAN).starts_with("NOT MET: "));
    }

    #[test]
    fn a_section_takes_the_place_of_the_old_one() {
        let text = "a\n<!-- begin token -->\nold\n<!-- end token -->\nb\n";
        let new = between_markers(text, "token", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- begin token -->\n\nnew\n\n<!-- end token -->\nb\n");
        assert_eq!(between_markers(&new, "token", "new\n").unwrap(), new);
        assert!(between_markers(text, "peers", "new").is_none());
    }
}
