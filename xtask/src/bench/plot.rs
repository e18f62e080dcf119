//! A picture of the processor time of a request: a bar for each server to the median, a line from the least to the most.

use std::fmt::Write as _;

use super::report::Row;

/// Pixels.
const WIDTH: f64 = 760.0;
const LABELS: f64 = 260.0;
const FIGURES: f64 = 90.0;
const ROW: f64 = 30.0;

/// As SVG. Texts take the colour of the page in light and in dark.
pub(crate) fn bars(rows: &[Row]) -> String {
    let spreads: Vec<[f64; 3]> = rows.iter().map(|row| row.spread(|run| run.processor)).collect();
    let most = spreads.iter().fold(0.0, |most: f64, spread| most.max(spread[2]));
    let scale = |value: f64| value / most * (WIDTH - LABELS - FIGURES);
    #[expect(clippy::cast_precision_loss, reason = "nobody compares 2^52 servers")]
    let height = ROW * (rows.len() as f64 + 1.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\">\n<title>Microseconds of processor time a request</title>\n<style>text{{fill:#222}}\
         line{{stroke:#222}}@media(prefers-color-scheme:dark){{text{{fill:#ddd}}line{{stroke:#ddd}}}}</style>\n<text x=\"{LABELS}\" \
         y=\"18\">microseconds of processor time a request</text>\n"
    );
    let mut y = ROW;
    for (row, [least, median, largest]) in rows.iter().zip(spreads) {
        let (colour, label) =
            (if row.name.contains("Jeton") { "#3b82f6" } else { "#9ca3af" }, escaped(&row.name));
        let (from, to, middle) = (LABELS + scale(least), LABELS + scale(largest), y + 11.0);
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{label}</text><rect x=\"{LABELS}\" y=\"{y:.0}\" \
             width=\"{:.1}\" height=\"22\" fill=\"{colour}\"/><line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{middle:.0}\" \
             y2=\"{middle:.0}\" stroke-width=\"2\"/><text x=\"{:.1}\" y=\"{:.0}\">{median:.1}</text>",
            LABELS - 8.0,
            y + 16.0,
            scale(median),
            to + 6.0,
            y + 16.0,
        );
        y += ROW;
    }
    text + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::wrk::Run;

    #[test]
    fn a_bar_is_as_long_as_its_median() {
        let row = |name: &str, processors: [f64; 3]| {
            let mut row = Row::new(name.to_owned(), None);
            row.runs = processors
                .map(|processor| Run { requests: 1, seconds: 1.0, processor, median: 1.0, p99: 1.0 })
                .to_vec();
            row
        };
        let text = bars(&[row("one", [10.0, 20.0, 30.0]), row("a < b", [90.0, 100.0, 41.0])]);
        assert!(text.contains("width=\"82.0\""), "20 of 100 in 410 pixels: {text}");
        assert!(text.contains("width=\"369.0\"") && text.contains("a &lt; b"), "{text}");
    }
}
